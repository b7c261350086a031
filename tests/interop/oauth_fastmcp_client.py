"""Logs in at the demo server with FastMCP's own OAuth, and prints what it saw as JSON.

Usage: oauth_fastmcp_client.py URL
Prints `visit ADDRESS` where a browser would open: whoever plays the person ends at the address that
FastMCP itself listens at.
"""

import asyncio
import json
import sys
import warnings
import webbrowser

warnings.simplefilter("ignore")  # tokens are to be forgotten

from fastmcp import Client  # noqa: E402
from fastmcp.client.auth import OAuth  # noqa: E402


def visit(address, *more, **options):
    print("visit", address, flush=True)
    return True


webbrowser.open = visit


async def main(url):
    auth = OAuth(client_name="program", callback_host="127.0.0.1", additional_client_metadata={"application_type": "native"})
    async with Client(url, auth=auth) as client:
        seen = {
            "version": client.protocol_version,
            "first": (await client.call_tool("process_items", {"items": ["a"]})).structured_content,
            # Refused at first: it asks for more rights by itself, and calls again.
            "second": (await client.call_tool("backup_sqlite")).structured_content,
        }
        seen["scope"] = auth.context.current_tokens.scope
        # It believes that its token has ended: it gets another by its refresh token.
        before = auth.context.current_tokens.access_token
        auth.context.token_expiry_time = 1.0
        seen["third"] = (await client.call_tool("process_items", {"items": ["a"]})).structured_content
        seen["renewed"] = auth.context.current_tokens.access_token != before
    print("seen", json.dumps(seen), flush=True)


asyncio.run(main(*sys.argv[1:]))
