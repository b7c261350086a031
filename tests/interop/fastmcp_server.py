"""The five demo tools, and the rest of what a server may have, as a FastMCP server.

Usage: fastmcp_server.py http|http-documented|websocket
HTTP needs FastMCP 4, which speaks both eras; WebSocket needs FastMCP 3, whose SDK has the transport.
`http-documented` allows pages the headers that FastMCP's documentation lists, which lack Mcp-Method
and Mcp-Name: pages cannot use the modern era then, and are not told why.
Prints `listening on URL` when it is ready.
"""

import asyncio
import logging
import socket
import sys
import warnings

warnings.simplefilter("ignore")  # what is deprecated is tested here because it is still in use

import uvicorn  # noqa: E402
from fastmcp import Context, FastMCP  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.middleware.cors import CORSMiddleware  # noqa: E402
from starlette.routing import WebSocketRoute  # noqa: E402

try:
    import mcp_types as types  # FastMCP 4
except ImportError:
    from mcp import types  # FastMCP 3

logging.disable(logging.CRITICAL)
app = FastMCP("FastMCP demo", instructions="Tools that report how far they are.")
cancelled = 0


# ---- the five tools ----


@app.tool
async def process_items(items: list[str], ctx: Context) -> dict:
    for i in range(len(items)):
        await ctx.report_progress(i, len(items))
    await ctx.report_progress(len(items), len(items))
    return {"processed": len(items), "results": [item.upper() for item in items]}


@app.tool
async def download_file(url: str, ctx: Context) -> str:
    for done in range(50, 1001, 50):
        await ctx.report_progress(done / 1000 * 100, 100)
    return f"Downloaded file from {url}"


@app.tool
async def backup_database(ctx: Context) -> str:
    tables = ["users", "orders", "products", "inventory", "logs"]
    for i, table in enumerate(tables):
        await ctx.info(f"Backing up table: {table}")
        await ctx.report_progress(i + 1, len(tables))
    return "Database backup completed"


@app.tool
async def scan_directory(directory: str, ctx: Context) -> dict:
    for found in range(1, 11):
        await ctx.report_progress(found)
    return {"files_found": 10, "directory": directory}


@app.tool
async def data_migration(source: str, destination: str, ctx: Context) -> str:
    stages = [
        ("Validating source data", range(0, 25, 5)),
        ("Exporting data from source", range(25, 60, 5)),
        ("Transforming data format", range(60, 80, 5)),
        ("Importing to destination", range(80, 100, 5)),
    ]
    for stage, values in stages:
        await ctx.info(stage)
        for value in values:
            await ctx.report_progress(value, 100)
    await ctx.report_progress(100, 100)
    return f"Migration from {source} to {destination} completed"


# ---- odd progress, failures, cancellation ----


@app.tool
async def with_messages(ctx: Context) -> str:
    """Stands still, steps back, and says odd things."""
    for value, message in [(1, "one"), (1, ""), (0.5, "back\nagain"), (2, "naïve ✓")]:
        await ctx.report_progress(value, 3, message)
    return "done"


@app.tool
async def fail() -> str:
    raise ValueError("this tool always fails")


@app.tool
async def slow(ctx: Context) -> str:
    global cancelled
    try:
        for i in range(1000):
            await ctx.report_progress(i, message=f"step {i}")
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        cancelled += 1
        raise
    return "never"


@app.tool
async def how_many_cancelled() -> str:
    return str(cancelled)


# ---- tools that ask: by a request of the server's before 2026-07-28, by their result since ----


class Person(BaseModel):
    name: str
    age: int


def is_modern(ctx):
    return hasattr(ctx, "_is_modern_protocol") and ctx._is_modern_protocol()


def ask(ctx, key, request):
    """The answer to a request; without one, the result that asks for it."""
    answers = ctx.input_responses or {}
    if key in answers:
        return answers[key], None
    return None, types.InputRequiredResult(input_requests={key: request}, request_state=f"asked for {key}")


@app.tool
async def ask_name(ctx: Context):
    if is_modern(ctx):
        params = types.ElicitRequestFormParams(message="Who are you?", requested_schema=Person.model_json_schema())
        answer, question = ask(ctx, "person", types.ElicitRequest(params=params))
        if question:
            return question
        if answer.action != "accept":
            return answer.action
        return f"{answer.content['name']} is {answer.content['age']}"
    answer = await ctx.elicit("Who are you?", Person)
    return f"{answer.data.name} is {answer.data.age}" if answer.action == "accept" else answer.action


@app.tool
async def summarize(text: str, ctx: Context):
    content = types.TextContent(type="text", text=f"Summarize: {text}")
    messages = [types.SamplingMessage(role="user", content=content)]
    if is_modern(ctx):
        params = types.CreateMessageRequestParams(messages=messages, max_tokens=100)
        answer, question = ask(ctx, "summary", types.CreateMessageRequest(params=params))
        if question:
            return question
    else:
        answer = await ctx.session.create_message(messages, max_tokens=100, related_request_id=ctx.request_id)
    return f"{answer.model}: {answer.content.text}"


@app.tool
async def list_roots(ctx: Context):
    if is_modern(ctx):
        answer, question = ask(ctx, "roots", types.ListRootsRequest())
        if question:
            return question
    else:
        answer = await ctx.session.list_roots()
    return " ".join(str(root.uri) for root in answer.roots)


# ---- resources, prompts, completion ----


@app.resource("notes://today", mime_type="text/plain")
def today() -> str:
    """What is on today."""
    return "Test everything."


@app.resource("notes://picture", mime_type="image/png")
def picture() -> bytes:
    """Four bytes."""
    return b"\x89PNG"


@app.resource("notes://{day}/plan", mime_type="text/plain")
def plan(day: str) -> str:
    """The plan of a day."""
    return f"On {day}: rest."


@app.prompt
def greet(name: str, style: str = "plain") -> str:
    """Greets somebody."""
    return f"Greet {name} in a {style} way."


async def complete(ref, argument, context):
    styles = ["plain", "playful", "formal"] if argument.name == "style" else []
    return types.Completion(values=[style for style in styles if style.startswith(argument.value)])


if hasattr(app, "completion"):
    app.completion(complete)
else:
    app._mcp_server.completion()(complete)


# ---- hosting ----


async def connect(websocket):
    from mcp.server.websocket import websocket_server

    server = app._mcp_server
    async with websocket_server(websocket.scope, websocket.receive, websocket.send) as (read, write):
        await server.run(read, write, server.create_initialization_options())


def host(kind):
    if kind == "websocket":
        return Starlette(routes=[WebSocketRoute("/mcp", connect)]), "ws"
    # It has no CORS of its own.
    documented = ["mcp-protocol-version", "mcp-session-id", "Authorization", "Content-Type"]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        allow_headers=documented if kind == "http-documented" else ["*"],
        expose_headers=["mcp-session-id"],
    )
    return app.http_app(path="/mcp", middleware=[cors]), "http"


async def main():
    routes, scheme = host(sys.argv[1])
    # Made by hand it would have Nagle's algorithm on, unless the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(routes, log_level="critical", ws="websockets", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    print(f"listening on {scheme}://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
    await server.serve(sockets=[listener])


asyncio.run(main())
