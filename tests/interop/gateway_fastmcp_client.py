"""Calls a tool by FastMCP's client, and prints what it got as JSON: `gateway_fastmcp_client.py MODE URL`."""

import asyncio
import json
import sys

from fastmcp import Client


async def main(mode, url):
    reports = []

    async def report(value, total, message):
        reports.append(value)

    async with Client(url, mode=mode) as client:
        result = await client.call_tool("count", {"steps": 3, "pause": 0.02}, progress_handler=report)
        print(json.dumps({"version": client.protocol_version, "reports": reports, "text": result.content[0].text}))


asyncio.run(main(*sys.argv[1:]))
