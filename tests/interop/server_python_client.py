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
from pydantic import AnyUrl  # noqa: E402


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


async def elicit(context, params):
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def sample(context, params):
    content = types.TextContent(type="text", text="short")
    return types.CreateMessageResult(role="assistant", model="none", content=content)


def plain(value):
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


async def browse(session, updated):
    """Resources, prompts and completion; and a resource that changes while it is subscribed to."""
    uri = AnyUrl("demo://notes")
    resources = [str(resource.uri) for resource in (await session.list_resources()).resources]
    await session.subscribe_resource(uri)
    await session.call_tool("add_note", {"text": "a note"})
    reference = types.PromptReference(type="ref/prompt", name="review_code")
    arguments = {"topic": "rain", "reader": "a child"}
    return {
        "updated": await asyncio.wait_for(updated.get(), 5),
        "resources": resources,
        "templates": [t.uriTemplate for t in (await session.list_resource_templates()).resourceTemplates],
        "note": plain(await session.read_resource(AnyUrl("demo://notes/1")))["contents"],
        "prompts": [prompt.name for prompt in (await session.list_prompts()).prompts],
        "prompt": plain(await session.get_prompt("explain", arguments))["messages"],
        "completed": (await session.complete(reference, {"name": "language", "value": "ja"})).completion.values,
    }


async def main(url, tools):
    logs, updated = [], asyncio.Queue()

    async def log(params):
        logs.append(params.data)

    async def message(received):
        notification = getattr(received, "root", None)
        if isinstance(notification, types.ResourceUpdatedNotification):
            updated.put_nowait(str(notification.params.uri))

    seen = {}
    callbacks = {"logging_callback": log, "elicitation_callback": elicit, "sampling_callback": sample}
    async with websocket_client(url) as (read, write):
        async with ClientSession(read, write, message_handler=message, **callbacks) as session:
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
            seen["elicited"] = (await session.call_tool("ask_name", {})).content[0].text
            seen["sampled"] = (await session.call_tool("summarize", {"text": "a lot"})).content[0].text
            seen["browsed"] = await browse(session, updated)
            await session.set_logging_level("error")
            seen["quiet"] = (await call(session, logs, "backup_database", {}))["logs"]
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1], json.load(sys.stdin)))
