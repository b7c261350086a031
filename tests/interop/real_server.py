"""A server of one of the Python libraries, with a tool that reports progress: `real_server.py LIBRARY PORT`, or `stdio` for a port."""

import asyncio
import os
import sys
import time

LIBRARY = sys.argv[1]
PORT = None if sys.argv[2] == "stdio" else int(sys.argv[2])


def serve(app):
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="info", timeout_graceful_shutdown=1)


def counter(kind):
    """The tool, for the libraries whose contexts report progress."""

    async def count(steps: int, pause: float, ctx: kind) -> str:
        """Counts to a number."""
        for i in range(steps):
            await ctx.report_progress(i + 1, steps, f"step {i + 1}")
            await asyncio.sleep(pause)
        return f"counted to {steps}"

    return count


def fastmcp():
    from fastmcp import Context, FastMCP

    app = FastMCP("counter")
    app.tool(counter(Context))
    if PORT is None:
        app.run(transport="stdio", show_banner=False)
    else:
        serve(app.http_app(path="/mcp"))


def mcp1():
    from mcp.server.fastmcp import Context, FastMCP

    app = FastMCP("counter")
    app.tool()(counter(Context))
    serve(app.streamable_http_app())


def mcp2():
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context

    app = MCPServer("counter")
    app.tool()(counter(Context))
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


def gradio():
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    def count(steps: int, pause: float, progress=gr.Progress()) -> str:
        """Counts to a number."""
        for i in range(int(steps)):
            progress((i + 1, int(steps)), desc=f"step {i + 1}")
            time.sleep(pause)
        return f"counted to {int(steps)}"

    app = gr.Interface(fn=count, inputs=[gr.Number(), gr.Number()], outputs="text", api_name="count")
    app.launch(mcp_server=True, server_name="127.0.0.1", server_port=PORT)


{"fastmcp": fastmcp, "mcp1": mcp1, "mcp2": mcp2, "chuk": chuk, "chuk-stdio": chuk, "gradio": gradio}[LIBRARY]()
