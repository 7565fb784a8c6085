"""What a hook adds to a tool call, as a command and as a tool of the running server: one run of the real Claude Code.

`python -m tests.hosts.measure_transports [CALLS]`: reads of files in three folders take turns, one without hooks, one
with commands, one with tools; the time is from the model's reply to the client's next request. Exits 1 where the tools
add more than `MOST` of what the commands add.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from .bench import Bench, make_bench
from .clients import CLAUDE
from .headless import HOOKS
from .network import Network
from .scripted_api import say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

MOST = 0.4
CALLS = 40
WARM = 3
FOLDERS = ("none", "command", "mcp")
PROFILES = {"command": "minimal", "mcp": "mcp"}
EVENTS = ("PreToolUse", "PostToolUse")


def hooks() -> dict[str, list[dict[str, Any]]]:
    """Return the shipped hooks of both transports before and after a call, each for the reads of one folder."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for folder, profile in PROFILES.items():
        shipped = json.loads((HOOKS / f"claude-code/{profile}.json").read_text(encoding="utf-8"))["hooks"]
        for event in EVENTS:
            handler = {**shipped[event][0]["hooks"][0], "if": f"Read({folder}/**)"}
            found[event].append({"matcher": "Read", "hooks": [handler]})
    return dict(found)


def set_up(folder: Path, network: Network) -> Bench:
    """Make a repository with a file in each folder; the gate only counts, so that all replies are alike."""
    bench = make_bench(CLAUDE.binary, folder, network, {f"{name}/a.txt": "one\n" for name in FOLDERS})
    bench.claude.variables = {**bench.claude.variables, "OCM_GATE_MODE": "off"}
    bench.command("ocm", "init", "--claude-hooks", "none")
    settings = bench.project / ".claude/settings.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"hooks": hooks()}), encoding="utf-8")
    bench.commit()
    return bench


def measure(bench: Bench, calls: int) -> dict[str, list[float]]:
    """Return how long each call took, by folder, without the first few."""
    took: dict[str, list[float]] = defaultdict(list)

    def script(_first: Request) -> Play:
        for _ in range(calls + WARM):
            for folder in FOLDERS:
                reply = bench.read(f"{folder}/a.txt")
                began = time.perf_counter()
                yield reply
                took[folder].append(time.perf_counter() - began)
        yield say("Done.")

    run = bench.claude.run(script)
    counted = bench.active(run.session_id)["calls"]
    if counted != 2 * (calls + WARM):
        raise RuntimeError(f"{counted} calls were counted, not {2 * (calls + WARM)}: a hook did not fire")
    return {folder: times[WARM:] for folder, times in took.items()}


def main() -> int:
    """Print the figures and return 1 where they miss."""
    calls = int(sys.argv[1]) if sys.argv[1:] else CALLS
    network = Network()
    with tempfile.TemporaryDirectory() as folder:
        took = measure(set_up(Path(folder), network), calls)
    network.close()
    bare = median(took["none"])
    added = {folder: median(took[folder]) - bare for folder in PROFILES}
    ratio = added["mcp"] / added["command"]
    for name, value in (("none", bare), *added.items()):
        print(f"{'' if name == 'none' else '+'}{value * 1000:.1f} ms a read, {name}, {calls} reads")
    print(f"mcp adds {ratio:.2f}x of what command adds; at most {MOST}x")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
