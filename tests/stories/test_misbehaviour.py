"""What each host makes of a hook that is missing, broken or cannot write: nothing, in any of them.

The commands are those of the shipped profiles, run by a shell; how each host reads exit code and output was measured on
it, or stands in its documentation.
"""

from __future__ import annotations

import itertools
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import Project, script
from tests.support.dialects import ANTIGRAVITY, CURSOR, DROID, EDIT, ID, KIRO, QODER, READ, VSCODE, WINDSURF, Act, Json

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the commands of a POSIX shell")

HOOKS = Path(__file__).parents[2] / "hooks"
OPEN, DENIED, ASKS, HANGS = "open", "denied", "asks", "hangs"


# --- how each host reads what a hook before a call gives back


@dataclass(frozen=True)
class Result:
    """How a hook ended and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Json | None:
        """What was printed as a JSON object, None when it is none."""
        try:
            found = json.loads(self.stdout)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def nested(self) -> str:
        """Return the decision inside Claude Code's own object."""
        return str(((self.json or {}).get("hookSpecificOutput") or {}).get("permissionDecision", ""))


def _exit_2(result: Result) -> str:
    return DENIED if result.code == 2 else OPEN


def _exit_2_and_words(result: Result) -> str:
    return DENIED if result.code == 2 and result.stderr.strip() else OPEN


def _claude(result: Result) -> str:
    return DENIED if result.nested() == "deny" else _exit_2(result)


def _codex(result: Result) -> str:
    reply = result.json or {}
    specific = reply.get("hookSpecificOutput") or {}
    known = set(reply) <= {"hookSpecificOutput", "systemMessage", "decision", "reason", "continue"}
    whole = specific.get("permissionDecisionReason") and result.code == 0
    return DENIED if result.nested() == "deny" and known and whole else _exit_2_and_words(result)


def _gemini(result: Result) -> str:
    decision = (result.json or {}).get("decision")
    if decision == "ask":
        return HANGS
    return DENIED if decision in {"deny", "block"} else _exit_2_and_words(result)


def _copilot(result: Result) -> str:
    denies = (result.json or {}).get("permissionDecision") == "deny"
    return DENIED if denies or result.code else OPEN


def _cursor(result: Result) -> str:
    if result.code:
        return _exit_2(result)
    return DENIED if result.json is None or result.json.get("permission") == "deny" else OPEN


def _antigravity(result: Result) -> str:
    decision = (result.json or {}).get("decision")
    return {"deny": DENIED, "allow": OPEN}.get(str(decision), ASKS)


@dataclass(frozen=True)
class Engine:
    """A host: the payload of a call, and what becomes of the call."""

    host: str
    before: Callable[[str, Act], Json]
    after: Callable[[str, Act], Json]
    outcome: Callable[[Result], str]


_numbers = itertools.count()


def _payloads(names: dict[str, tuple[str, Json]], event: str) -> Callable[[str, Act], Json]:
    def payload(root: str, act: Act) -> Json:
        tool, given = names[act.kind]
        about = {"session_id": ID, "cwd": root, "hook_event_name": event, "transcript_path": "/t.jsonl"}
        return {**about, "tool_name": tool, "tool_input": given, "tool_use_id": f"t{next(_numbers)}"}

    return payload


def _copilot_payload(root: str, act: Act) -> Json:
    tool = {"read": "view", "edit": "edit"}[act.kind]
    return {"sessionId": ID, "timestamp": 1, "cwd": root, "toolName": tool, "toolArgs": {"path": f"{root}/a.py"}}


_CLAUDE = {"read": ("Read", {"file_path": "a.py"}), "edit": ("Edit", {"file_path": "a.py"})}
_CODEX = {"read": ("view_image", {"path": "a.png"}), "edit": ("apply_patch", {"command": "*** Begin Patch"})}
_GEMINI = {"read": ("read_file", {"file_path": "a.py"}), "edit": ("replace", {"file_path": "a.py"})}
ENGINES = (
    Engine("claude-code", _payloads(_CLAUDE, "PreToolUse"), _payloads(_CLAUDE, "PostToolUse"), _claude),
    Engine("codex", _payloads(_CODEX, "PreToolUse"), _payloads(_CODEX, "PostToolUse"), _codex),
    Engine("gemini-cli", _payloads(_GEMINI, "BeforeTool"), _payloads(_GEMINI, "AfterTool"), _gemini),
    Engine("copilot", _copilot_payload, _copilot_payload, _copilot),
    Engine("cursor", CURSOR.before, CURSOR.after, _cursor),
    Engine("vscode-copilot", VSCODE.before, VSCODE.after, _claude),
    Engine("windsurf", WINDSURF.before, WINDSURF.after, _exit_2),
    Engine("antigravity", ANTIGRAVITY.before, ANTIGRAVITY.after, _antigravity),
    Engine("qoder", QODER.before, QODER.after, _claude),
    Engine("kiro", KIRO.before, KIRO.after, _exit_2),
    Engine("droid", DROID.before, DROID.after, _claude),
)
EVERY_HOST = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.host)


# --- the shipped commands


def commands(value: Any) -> Iterator[str]:
    """Yield every command for a POSIX shell that a profile holds."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {"command", "bash"} and isinstance(inner, str):
                yield inner
            else:
                yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)


def shipped(host: str, event: str) -> str:
    """Return the command of a host's profile for one event."""
    profile = json.loads((HOOKS / host / "full.json").read_text(encoding="utf-8"))
    found = {command for command in commands(profile) if f"ocm-hook {event} " in command}
    (only,) = found
    return only


def run(command: str, payload: bytes, folder: Path, search_path: str) -> Result:
    """Run a command as a host does."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        input=payload,
        env={**os.environ, "PATH": search_path},
        capture_output=True,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def stand_in(folder: Path, text: str) -> str:
    """Return a search path on which `ocm-hook` is `text`."""
    folder.mkdir()
    program = folder / "ocm-hook"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return os.pathsep.join([str(folder), "/usr/bin", "/bin"])


MISSING = "/usr/bin:/bin"
BROKEN = {
    "its interpreter is gone": "#!/no/such/python\n",
    "its package is gone": f"#!{sys.executable}\nimport ocm_is_no_more\n",
    "Python cannot open it": f"#!/bin/sh\nexec {shlex.quote(sys.executable)} /no/such/file.py\n",
    "it fails": "#!/bin/sh\ncat >/dev/null; exit 1\n",
    "it ends with 2 and words": "#!/bin/sh\ncat >/dev/null; echo 'usage: ocm-hook' >&2; exit 2\n",
    "it ends with 2": "#!/bin/sh\ncat >/dev/null; exit 2\n",
    "it is killed": "#!/bin/sh\ncat >/dev/null; kill -9 $$\n",
}


@EVERY_HOST
def test_a_machine_without_ocm_notices_nothing(engine: Engine, tmp_path: Path) -> None:
    for name in ("minimal", "full"):
        for command in set(commands(json.loads((HOOKS / engine.host / f"{name}.json").read_text(encoding="utf-8")))):
            found = run(command, b"{}", tmp_path, MISSING)
            assert (found.code, found.stderr) == (0, "")
            assert found.stdout.strip() in {"", "{}", '{"decision":"allow"}'}
            assert engine.outcome(found) == OPEN or "pre-tool-use" not in command


@EVERY_HOST
@pytest.mark.parametrize("how", BROKEN)
def test_a_hook_that_breaks_holds_no_call_back(engine: Engine, how: str, tmp_path: Path) -> None:
    search_path = stand_in(tmp_path / "bin", BROKEN[how])
    payload = json.dumps(engine.before(str(tmp_path), EDIT)).encode()
    assert engine.outcome(run(shipped(engine.host, "pre-tool-use"), payload, tmp_path, search_path)) == OPEN


@EVERY_HOST
def test_a_shut_gate_denies_and_a_read_passes(engine: Engine, project: Project) -> None:
    """The control: the same commands, read by the same rules, do hold a call back where that is meant."""
    search_path = os.pathsep.join([str(Path(script("ocm-hook")).parent), MISSING])
    root = str(project.root)
    for act in (EDIT, READ, READ, READ, READ):
        made = json.dumps(engine.after(root, act)).encode()
        run(shipped(engine.host, "post-tool-use"), made, project.root, search_path)
    command = shipped(engine.host, "pre-tool-use")
    outcomes = {
        act.kind: engine.outcome(run(command, json.dumps(engine.before(root, act)).encode(), project.root, search_path))
        for act in (EDIT, READ)
    }
    assert outcomes == {"edit": DENIED, "read": OPEN}


@EVERY_HOST
@pytest.mark.parametrize(
    "payload", [b"", b"no JSON", b"[1]", b"null", b'{"a":', b"\xff\xfe", b"{}", b'{"session_id":7}']
)
def test_a_payload_that_is_broken_holds_no_call_back(engine: Engine, payload: bytes, project: Project) -> None:
    search_path = os.pathsep.join([str(Path(script("ocm-hook")).parent), MISSING])
    found = run(shipped(engine.host, "pre-tool-use"), payload, project.root, search_path)
    assert engine.outcome(found) == OPEN
    assert found.code == 0


@EVERY_HOST
@pytest.mark.parametrize("event", ["pre-tool-use", "post-tool-use"])
def test_a_store_that_cannot_be_written_holds_no_call_back(engine: Engine, event: str, project: Project) -> None:
    """A folder where the journal and the log should be stops every user, the superuser too."""
    for name in (f"active_{ID}.jsonl", "hook.log"):
        (Path(project.store.path) / name).mkdir()
    search_path = os.pathsep.join([str(Path(script("ocm-hook")).parent), MISSING])
    before = event == "pre-tool-use"
    payload = json.dumps((engine.before if before else engine.after)(str(project.root), EDIT)).encode()
    found = run(shipped(engine.host, event), payload, project.root, search_path)
    assert (found.code, found.stderr) == (0, "")
    assert not before or engine.outcome(found) == OPEN


@pytest.mark.parametrize(("outcome", "result"), [
    (_copilot, Result(127, "", "not found")), (_cursor, Result(0, "", "")), (_cursor, Result(0, "a line", "")),
    (_gemini, Result(2, "", "usage")), (_codex, Result(2, "", "usage")), (_exit_2, Result(2, "", "")),
])  # fmt: skip
def test_without_its_guard_a_command_would_hold_calls_back(outcome: Callable[[Result], str], result: Result) -> None:
    assert outcome(result) == DENIED
