"""Drives the demo server with the Python SDK 1.30 over WebSocket, and prints what it saw as JSON.

Usage: server_python_client.py ws://127.0.0.1:PORT/mcp < tools.json
where the input is a list of {"name", "arguments"}.
"""

import asyncio
import json
import sys
import warnings

warnings.simplefilter("ignore")  # the transport is deprecated; that is why it is tested here

from mcp import ClientSession, McpError, types  # noqa: E402
from mcp.client.websocket import websocket_client  # noqa: E402


async def call(session, logs, name, arguments):
    logs.clear()
    progress = []

    async def report(value, total, message):
        progress.append([value, total, message])

    result = await session.call_tool(name, arguments, progress_callback=report)
    return {
        "progress": progress,
        "logs": list(logs),
        "result": result.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


async def cancel(session):
    """Starts `slow`, cancels it by hand (this SDK never does), and shows that the session lives."""
    started = asyncio.Event()
    request_id = session._request_id

    async def report(value, total, message):
        started.set()

    task = asyncio.create_task(session.call_tool("slow", {"seconds": 60}, progress_callback=report))
    await started.wait()
    params = types.CancelledNotificationParams(requestId=request_id, reason="enough")
    notification = types.CancelledNotification(method="notifications/cancelled", params=params)
    await session.send_notification(types.ClientNotification(notification))
    await session.send_ping()
    await asyncio.sleep(0.3)
    unanswered = not task.done()
    task.cancel()
    return unanswered


async def main(url, tools):
    logs = []

    async def log(params):
        logs.append(params.data)

    seen = {}
    async with websocket_client(url) as (read, write):
        async with ClientSession(read, write, logging_callback=log) as session:
            hello = await session.initialize()
            seen["protocolVersion"] = hello.protocolVersion
            seen["server"] = hello.serverInfo.name
            seen["tools"] = [tool.name for tool in (await session.list_tools()).tools]
            seen["calls"] = [await call(session, logs, tool["name"], tool["arguments"]) for tool in tools]
            flood = await call(session, logs, "flood", {"count": 2000})
            seen["flood"] = [value for value, _, _ in flood["progress"]]
            failed = await session.call_tool("fail", {})
            seen["fail"] = failed.isError
            try:
                await session.call_tool("nope", {})
            except McpError as error:
                seen["nope"] = error.error.code
            seen["cancelled"] = await cancel(session)
            await session.set_logging_level("error")
            seen["quiet"] = (await call(session, logs, "backup_database", {}))["logs"]
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1], json.load(sys.stdin)))
