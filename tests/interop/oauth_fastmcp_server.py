"""A FastMCP server that asks for tokens: JWTs of an authorization server that is elsewhere.

Usage: oauth_fastmcp_server.py ISSUER
Prints `listening on URL` when it is ready.
"""

import asyncio
import logging
import socket
import sys

import uvicorn
from fastmcp import Context, FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import AnyHttpUrl

logging.disable(logging.CRITICAL)


async def main(issuer):
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{place.getsockname()[1]}"
    tokens = JWTVerifier(jwks_uri=f"{issuer}/jwks", issuer=issuer, audience=f"{base}/mcp", required_scopes=["read"])
    auth = RemoteAuthProvider(token_verifier=tokens, authorization_servers=[AnyHttpUrl(issuer)], base_url=base)
    app = FastMCP("guarded", auth=auth)

    @app.tool
    async def work(ctx: Context) -> str:
        await ctx.report_progress(1, 2)
        await ctx.report_progress(2, 2)
        return get_access_token().claims["sub"]

    server = uvicorn.Server(uvicorn.Config(app.http_app(), log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[place]))
    while not server.started:
        await asyncio.sleep(0.01)
    print(f"listening on {base}/mcp", flush=True)
    await serving


asyncio.run(main(*sys.argv[1:]))
