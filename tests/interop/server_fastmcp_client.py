"""Drives the demo and the fixture server with FastMCP 4 over HTTP, and prints what it saw as JSON.

Usage: server_fastmcp_client.py MODE DEMO_URL FIXTURE_URL < tools.json
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


async def demo(mode, url, tools):
    logs = []

    async def log(message):
        logs.append(message.data)

    async with Client(url, mode=mode, log_handler=log) as client:
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
    return seen


async def fixture(mode, url):
    asked = []

    async def elicit(message, response_type, params, context):
        asked.append(message)
        return {"username": "ada", "email": "ada@example.com"}

    async def sample(messages, params, context):
        asked.append(messages[0].content.text)
        return "sampled"

    async with Client(url, mode=mode, elicitation_handler=elicit, sampling_handler=sample) as client:
        prompt = types.PromptReference(name="test_prompt_with_arguments")
        arguments = {"arg1": "one", "arg2": "two"}
        return {
            "elicited": plain(await client.call_tool_mcp("test_elicitation", {"message": "Who?"}))["content"],
            "sampled": plain(await client.call_tool_mcp("test_sampling", {"prompt": "Say something"}))["content"],
            "asked": asked,
            "resources": [str(resource.uri) for resource in await client.list_resources()],
            "templates": [template.uri_template for template in await client.list_resource_templates()],
            "text": [plain(part) for part in await client.read_resource("test://static-text")],
            "filled": [plain(part) for part in await client.read_resource("test://template/123/data")],
            "prompts": [prompt.name for prompt in await client.list_prompts()],
            "prompt": plain(await client.get_prompt("test_prompt_with_arguments", arguments))["messages"],
            "completed": (await client.complete(prompt, {"name": "arg1", "value": ""})).values,
        }


async def main(mode, demo_url, fixture_url):
    tools = json.load(sys.stdin)
    seen = {"demo": await demo(mode, demo_url, tools), "fixture": await fixture(mode, fixture_url)}
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
