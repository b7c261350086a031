"""Drives the demo server with FastMCP 4 over HTTP, and prints what it saw as JSON.

Usage: server_fastmcp_client.py MODE URL < tools.json
where MODE is `legacy` or `auto` and the input a list of {"name", "arguments"}.
"""

import asyncio
import json
import sys
import warnings

warnings.simplefilter("ignore")  # what is deprecated is tested here because it is still in use

import mcp_types as types  # noqa: E402
from fastmcp import Client  # noqa: E402
from fastmcp.exceptions import ToolError  # noqa: E402
from mcp import MCPError  # noqa: E402
from mcp.client.subscriptions import listen  # noqa: E402


def plain(value):
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


async def call(client, logs, name, arguments):
    logs.clear()
    progress = []

    async def report(value, total, message):
        progress.append([value, total, message])

    result = await client.call_tool_mcp(name, arguments, progress_handler=report)
    return {"progress": progress, "logs": list(logs), "result": plain(result)}


async def cancel(client):
    """Starts `slow`, gives it up, and shows that the session lives."""
    started = asyncio.Event()

    async def report(value, total, message):
        started.set()

    task = asyncio.create_task(client.call_tool("slow", {"seconds": 60}, progress_handler=report))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])
    await client.list_tools()
    return task.cancelled()


async def follow(client, updated):
    """Subscribes to the notes, adds one, and waits to be told."""
    uri = "demo://notes"
    if client.protocol_version < "2026-07-28":
        await client.session.subscribe_resource(uri)
        await client.call_tool("add_note", {"text": "from FastMCP"})
        return await asyncio.wait_for(updated.get(), 5)
    async with listen(client.session, resource_subscriptions=[uri]) as subscription:
        await client.call_tool("add_note", {"text": "from FastMCP"})
        async with asyncio.timeout(5):
            async for event in subscription:
                return event.uri


async def main(mode, url):
    logs, asked, updated = [], [], asyncio.Queue()
    tools = json.load(sys.stdin)

    async def log(message):
        logs.append(message.data)

    async def elicit(message, response_type, params, context):
        asked.append(message)
        return {"name": "Ada"}

    async def sample(messages, params, context):
        asked.append(messages[0].content.text)
        return "short"

    async def message(notification):
        if isinstance(notification, types.ResourceUpdatedNotification):
            updated.put_nowait(notification.params.uri)

    handlers = {"log_handler": log, "elicitation_handler": elicit, "sampling_handler": sample}
    async with Client(url, mode=mode, message_handler=message, **handlers) as client:
        seen = {
            "version": client.protocol_version,
            "server": client.server_info.name,
            "tools": [tool.name for tool in await client.list_tools()],
            "calls": [await call(client, logs, tool["name"], tool["arguments"]) for tool in tools],
            "flood": [value for value, _, _ in (await call(client, logs, "flood", {"count": 2000}))["progress"]],
        }
        try:
            await client.call_tool("fail")
        except ToolError as error:
            seen["fail"] = str(error)
        try:
            await client.call_tool("nope")
        except MCPError as error:
            seen["nope"] = error.error.code
        seen["cancelled"] = await cancel(client)
        seen["elicited"] = (await client.call_tool("ask_name")).content[0].text
        seen["sampled"] = (await client.call_tool("summarize", {"text": "a lot"})).content[0].text
        seen["asked"] = asked
        seen["resources"] = [str(resource.uri) for resource in await client.list_resources()]
        seen["templates"] = [template.uri_template for template in await client.list_resource_templates()]
        seen["updated"] = await follow(client, updated)
        seen["note"] = [plain(part) for part in await client.read_resource("demo://notes/1")]
        seen["picture"] = [plain(part) for part in await client.read_resource("demo://picture")]
        seen["prompts"] = [prompt.name for prompt in await client.list_prompts()]
        prompt = await client.get_prompt("explain", {"topic": "rain", "reader": "a child"})
        seen["prompt"] = plain(prompt)["messages"]
        reference = types.PromptReference(name="review_code")
        seen["completed"] = (await client.complete(reference, {"name": "language", "value": "ja"})).values
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
