"""A server of one of the Python libraries, with a tool that reports progress: `real_server.py LIBRARY PORT`, or `stdio` for a port."""

import asyncio
import sys

LIBRARY = sys.argv[1]
PORT = None if sys.argv[2] == "stdio" else int(sys.argv[2])


def serve(app):
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="info", timeout_graceful_shutdown=1)


def fastmcp():
    from fastmcp import Context, FastMCP

    app = FastMCP("counter")

    @app.tool
    async def count(steps: int, pause: float, ctx: Context) -> str:
        """Counts to a number."""
        for i in range(steps):
            await ctx.report_progress(i + 1, steps, f"step {i + 1}")
            await asyncio.sleep(pause)
        return f"counted to {steps}"

    if PORT is None:
        app.run(transport="stdio", show_banner=False)
    else:
        serve(app.http_app(path="/mcp"))


def mcp1():
    from mcp.server.fastmcp import Context, FastMCP

    app = FastMCP("counter")

    @app.tool()
    async def count(steps: int, pause: float, ctx: Context) -> str:
        """Counts to a number."""
        for i in range(steps):
            await ctx.report_progress(i + 1, steps, f"step {i + 1}")
            await asyncio.sleep(pause)
        return f"counted to {steps}"

    serve(app.streamable_http_app())


def mcp2():
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context

    app = MCPServer("counter")

    @app.tool()
    async def count(steps: int, pause: float, ctx: Context) -> str:
        """Counts to a number."""
        for i in range(steps):
            await ctx.report_progress(i + 1, steps, f"step {i + 1}")
            await asyncio.sleep(pause)
        return f"counted to {steps}"

    serve(app.streamable_http_app())


def chuk():
    from chuk_mcp_server import ChukMCPServer, send_progress

    app = ChukMCPServer("counter")

    @app.tool
    async def count(steps: int, pause: float) -> str:
        """Counts to a number."""
        for i in range(steps):
            await send_progress(i + 1, steps, f"step {i + 1}")
            await asyncio.sleep(pause)
        return f"counted to {steps}"

    if LIBRARY == "chuk-stdio":
        app.run(stdio=True)
    else:
        app.run(host="127.0.0.1", port=PORT, stdio=False, log_level="info")


{"fastmcp": fastmcp, "mcp1": mcp1, "mcp2": mcp2, "chuk": chuk, "chuk-stdio": chuk}[LIBRARY]()
