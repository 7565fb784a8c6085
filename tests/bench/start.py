"""Starting the server, and what its tools cost every conversation in tokens."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.bench.table import Detail, Row
from tests.bench.timing import alternate, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.setting import Setting
    from tests.bench.sides import Side

MOST_OVER_SDK, MOST_TOKENS = 1.15, 1_000
# Every program that serves needs this much of the SDK: the class, and the event loop with its pipes.
_IMPORT = "from mcp.server.mcpserver import MCPServer; MCPServer('bare'); print('ready', flush=True); input()"
_BARE = """
from mcp.server.mcpserver import MCPServer
server = MCPServer("bare")
@server.tool()
def echo(text: str) -> str:
    return text
server.run("stdio")
"""


def start(setting: Setting) -> list[Row | Detail]:
    """Measure from the start of the process to the answer to `tools/list`, over importing the SDK."""
    here, there = setting.ours, setting.reference
    jobs = {"here": _until_tools(here), "sdk": _until_ready(here, _IMPORT)}
    if not setting.short:
        jobs |= {"bare server": _until_tools(here, _BARE), "reference": _until_tools(there)}
    samples = alternate(jobs, setting.runs)
    ratio, low, runs = samples.ratio("here", "sdk"), samples.low("here", "sdk"), samples.count(*jobs)
    name, over = "server start to `tools/list`, over importing the SDK until ready", f"SDK imported {samples.ms('sdk')}"
    if setting.short:
        return [Row(name, ratio, MOST_OVER_SDK, runs, samples.ms("here"), over, low=low)]
    over += f"; reference {samples.ms('reference')}"
    beside = Detail("the same beside a bare server of the SDK", samples.ms("here"), samples.ms("bare server"), runs)
    return [Row(name, ratio, MOST_OVER_SDK, runs, samples.ms("here"), over, low=low), beside]


def _until_tools(side: Side, program: str = "") -> Callable[[], float]:
    """Return a job that starts a server, and asks it for its tools."""
    from tests.bench.wire import Stdio

    project = side.project()
    words = [str(side.commands / "python"), "-c", program]

    def job() -> float:
        servers = []

        def answer() -> None:
            servers.append(Stdio(words, project, side.environment) if program else side.serve(project))
            servers[0].tools()

        took = timed(answer)
        servers[0].close()
        return took

    return job


def _until_ready(side: Side, program: str) -> Callable[[], float]:
    """Return a job that starts a program and waits for a line of it."""
    words = [str(side.commands / "python"), "-c", program]
    project, pipe = side.project(), subprocess.PIPE

    def job() -> float:
        processes: list[subprocess.Popen[bytes]] = []

        def answer() -> None:
            process = subprocess.Popen(words, cwd=project, env=side.environment, stdin=pipe, stdout=pipe)
            processes.append(process)
            if process.stdout is None or process.stdout.readline().strip() != b"ready":
                raise RuntimeError("the SDK cannot be imported")

        took = timed(answer)
        processes[0].communicate(b"\n")
        return took

    return job


def tokens(setting: Setting) -> list[Row | Detail]:
    """Count what the tools' names, descriptions and input schemas take of every conversation."""
    costs = []
    for side in (setting.ours, setting.reference):
        with closing(side.serve(side.project())) as server:
            costs.append((len(server.tools()), cost(server.tools())))
    (count, here), (other, there) = costs
    name = f"names, descriptions and input schemas of {count} tools, characters / 4"
    theirs = f"reference {there:,.0f} with {other}"
    return [Row(name, here, MOST_TOKENS, 1, f"{here:,.0f}", theirs, least=1, unit=" tokens")]


def cost(tools: list[dict[str, Any]]) -> float:
    """Return the length of the compact JSON of what a model is shown, in tokens of four characters."""
    shown = [{key: tool[key] for key in ("name", "description", "inputSchema")} for tool in tools]
    return len(json.dumps(shown, separators=(",", ":"), ensure_ascii=False)) / 4
