"""The tools that servers are measured with, as a FastMCP server.

Usage: fastmcp_server.py http|websocket
HTTP is FastMCP's own; WebSocket comes from the SDK below FastMCP 3.
Prints `listening on ADDRESS` when it is ready.
"""

import asyncio
import logging
import socket
import sys
import warnings

warnings.simplefilter("ignore")

import uvicorn  # noqa: E402
from fastmcp import Context, FastMCP  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.routing import WebSocketRoute  # noqa: E402

logging.disable(logging.CRITICAL)
app = FastMCP("bench")


@app.tool
async def flood(n: int, ctx: Context) -> str:
    for i in range(1, n + 1):
        await ctx.report_progress(i, n, f"Processing item {i} of {n}")
    return "done"


@app.tool
async def tick(n: int, every: int, ctx: Context) -> str:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for i in range(1, n + 1):
        await asyncio.sleep(max(0, start + (i - 1) * every / 1000 - loop.time()))
        await ctx.report_progress(i, n, f"Processing item {i} of {n}")
    return "done"


async def connect(websocket):
    from mcp.server.websocket import websocket_server

    server = app._mcp_server
    async with websocket_server(websocket.scope, websocket.receive, websocket.send) as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def main():
    if sys.argv[1] == "websocket":
        routes = Starlette(routes=[WebSocketRoute("/mcp", connect)])
    else:
        routes = app.http_app(path="/mcp")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    config = uvicorn.Config(routes, log_level="critical", ws="websockets", timeout_graceful_shutdown=1)
    print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
