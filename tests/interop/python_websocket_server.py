"""The five demo tools as a server of the Python SDK 1.30 over WebSocket.

Prints `listening on ws://127.0.0.1:PORT/mcp` when it is ready.
"""

import asyncio
import socket
import warnings

warnings.simplefilter("ignore")  # the transport is deprecated; that is why it is tested here

import uvicorn  # noqa: E402
from mcp.server.fastmcp import Context, FastMCP  # noqa: E402
from mcp.server.websocket import websocket_server  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.routing import WebSocketRoute  # noqa: E402

app = FastMCP("PythonDemo")
cancelled = 0


@app.tool()
async def process_items(items: list[str], ctx: Context) -> dict:
    for i in range(len(items)):
        await ctx.report_progress(i, len(items))
    await ctx.report_progress(len(items), len(items))
    return {"processed": len(items), "results": [item.upper() for item in items]}


@app.tool()
async def download_file(url: str, ctx: Context) -> str:
    for done in range(50, 1001, 50):
        await ctx.report_progress(done / 1000 * 100, 100)
    return f"Downloaded file from {url}"


@app.tool()
async def backup_database(ctx: Context) -> str:
    tables = ["users", "orders", "products", "inventory", "logs"]
    for i, table in enumerate(tables):
        await ctx.info(f"Backing up table: {table}")
        await ctx.report_progress(i + 1, len(tables))
    return "Database backup completed"


@app.tool()
async def scan_directory(directory: str, ctx: Context) -> dict:
    for found in range(1, 11):
        await ctx.report_progress(found)
    return {"files_found": 10, "directory": directory}


@app.tool()
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


@app.tool()
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


@app.tool()
async def how_many_cancelled() -> str:
    return str(cancelled)


async def connect(websocket):
    server = app._mcp_server
    async with websocket_server(websocket.scope, websocket.receive, websocket.send) as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    routes = Starlette(routes=[WebSocketRoute("/mcp", connect)])
    server = uvicorn.Server(uvicorn.Config(routes, log_level="error", ws="websockets"))
    print(f"listening on ws://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
    await server.serve(sockets=[listener])


asyncio.run(main())
