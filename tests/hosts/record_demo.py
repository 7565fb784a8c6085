"""Records the conversation that `ocm demo` replays: `python -m tests.hosts.record_demo`.

The real client holds it, in a repository set up by `ocm init`; a second hook on every event keeps what hooks are given,
in true order.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .bench import Bench, make_bench
from .clients import CLAUDE
from .demo_script import FILES, PROMPT, conversation
from .network import Network

if TYPE_CHECKING:
    from .scripted_api import Json

TARGET = Path(__file__).parents[2] / "ocm" / "cli" / "demo_conversation.json"
SESSION_ID = "5f2b8c1e-7d43-4a96-b0e8-3c9d1a64f702"
LONGEST_RESPONSE = 300

EVENTS = ("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop", "SessionEnd")

RECORDER = """import os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(log, b" ".join(sys.stdin.buffer.read().splitlines()) + b"\\n")
"""


def record(folder: Path) -> list[Json]:
    """Hold the conversation, and return what each hook was given."""
    network = Network()
    bench = make_bench(CLAUDE.binary, folder, network, FILES)
    log = put_recorder(bench)
    bench.command("git", "config", "user.name", "Ada")
    bench.command("git", "config", "user.email", "ada@example.org")
    bench.command("ocm", "init", "--host", "claude-code", "--claude-hooks", "full")
    bench.commit()
    bench.claude.run(conversation(bench), "--session-id", SESSION_ID, prompts=(PROMPT,))
    network.close()
    text = without_own_paths(log.read_text(encoding="utf-8"), bench)
    return [json.loads(line) for line in text.splitlines()]


def put_recorder(bench: Bench) -> Path:
    """Make the client give every event to a recorder too, and return where that writes."""
    recorder, log = bench.claude.home / "recorder.py", bench.claude.home / "hooks.jsonl"
    recorder.write_text(RECORDER, encoding="utf-8")
    hook = {"type": "command", "command": shlex.join([sys.executable, str(recorder), str(log)])}
    settings = bench.claude.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"hooks": {event: [{"hooks": [hook]}] for event in EVENTS}}), encoding="utf-8")
    return log


def without_own_paths(text: str, bench: Bench) -> str:
    """Replace the paths of the recording by placeholders."""
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(bench.project))
    for path, placeholder in ((slug, "project"), (bench.project, "${PROJECT}"), (bench.claude.home, "${HOME}")):
        text = text.replace(str(path), placeholder)
    return text


def short(value: object) -> object:
    """Return a tool's response with its long texts cut."""
    if isinstance(value, dict):
        return {key: short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [short(inner) for inner in value]
    if isinstance(value, str) and len(value) > LONGEST_RESPONSE:
        return value[:LONGEST_RESPONSE] + " …"
    return value


def as_event(payload: Json) -> Json:
    """Return a payload under the name of its event."""
    cut = {key: short(value) if key == "tool_response" else value for key, value in payload.items()}
    return {"event": payload["hook_event_name"], "payload": cut}


def main() -> None:
    """Record the conversation into the package."""
    with tempfile.TemporaryDirectory() as folder:
        payloads = record(Path(folder).resolve())
    demo = {"repository": FILES, "prompt": PROMPT, "events": [as_event(payload) for payload in payloads]}
    text = json.dumps(demo, indent=1, ensure_ascii=False) + "\n"
    assert folder not in text
    TARGET.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{TARGET}: {len(payloads)} events, {len(text)} characters\n")


if __name__ == "__main__":
    main()
