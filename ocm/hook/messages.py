"""What the hooks say to the model and to the user; loaded only when there is something to say."""

import json
import os

from ocm.base.text import cut
from ocm.redaction import token_patterns
from ocm.store import config, journal
from ocm.store.events import Event, text_of
from ocm.store.paths import Store, find_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hosts.adapter import Adapter

RELEASED = (
    "ocm: no checkpoint came through after several denials, so the gate lets calls pass for now. "
    "The checkpoint tool seems unreachable; `ocm status` shows where things stand."
)
_SAFE_WORDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-+@,; ")
_NAMED = 8
_READ, _TITLE = 4000, 200  # characters of a prompt that are looked at, and that become a title


def broken(argument: str) -> str:
    """Return why a call is held back whose argument no JSON reader would take."""
    return f"ocm: {argument} contains a lone surrogate. Send it as valid Unicode."


def reminder(host: "Adapter", calls: int, settings: dict[str, int | str]) -> str:
    """Return what the result of a call carries once a checkpoint is due."""
    held = "every other call is" if settings["gate.deny"] == "all" else "edits, shell commands and other MCP tools are"
    shut = settings["gate.mode"] == "block" and calls >= int(settings["gate.threshold"])
    then = f"; until then {held} held back" if shut else ""
    return (
        f"ocm: {calls} tool calls since the last checkpoint of this session. Call {host.checkpoint_tool} now "
        "with goal, work_completed, work_pending, work_summary, decisions and problems, as far as there is something "
        f"to say{then}."
    )


def denial(host: "Adapter", session_id: str, store: Store, settings: dict[str, int | str], cwd: str) -> str:
    """Return why a call is held back, with the call to make, filled with what the journal knows."""
    here = find_store(cwd)
    project = "" if here and here.path == store.path else f"--project {_quoted(store.root)} "
    everything = settings["gate.deny"] == "all"
    summary = _summary(journal.read_events(store.path, session_id), store.root)
    named = {} if host.can_change_calls else {"session_id": session_id}
    call = json.dumps({**named, "work_summary": [summary]}, ensure_ascii=False)
    words = "".join(letter if letter in _SAFE_WORDS else "?" for letter in summary)
    return (
        f"ocm: a checkpoint is due before anything else is {'done' if everything else 'changed'}. "
        "Send this, better with goal, work_completed, "
        f"work_pending, decisions and problems added: {host.checkpoint_tool} {call}"
        f"{host.loading_hint}. Without that tool, this shell command "
        f"does the same: ocm checkpoint --session-id {_quoted(session_id)} {project}--summary {_quoted(words)}. "
        f"Then repeat the call{'' if everything or not host.has_read_tools else '; reading and searching are free'}."
    )


def title(typed: str, *stores: str) -> str:
    """Return what the user typed as one redacted line of at most 200 characters."""
    head = typed[:_READ]
    if len(typed) > _READ:
        head = _without_last_token(head) or head
    has_rules = any(name.startswith("redact.") for store in stores for name in config.read(store))
    if has_rules or token_patterns.may_need_redaction(head):
        from ocm.redaction import redact, user_rules

        head = redact.redact(head, user_rules.load(*stores) if stores else user_rules.NONE)[0]
    return cut(" ".join(head.split()), _TITLE)


def _without_last_token(text: str) -> str:
    """Return `text` without the unspaced ASCII at its end: half a secret would not be recognized as one."""
    end = len(text)
    while end and text[end - 1].isascii() and not text[end - 1].isspace():
        end -= 1
    return text[:end]


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"


def _summary(events: list[Event], root: str) -> str:
    edited = dict.fromkeys(_short(text_of(event, "path"), root) for event in events if text_of(event, "path"))
    ran = dict.fromkeys(cmd for event in events if (cmd := text_of(event, "cmd")))
    parts = ["edited " + ", ".join(list(edited)[-_NAMED:])] if edited else []
    parts += ["ran " + ", ".join(list(ran)[-_NAMED:])] if ran else []
    words = "; ".join(parts) or "looked around, changed nothing yet"
    return words[0].upper() + words[1:]


def _short(path: str, root: str) -> str:
    return path[len(root) + 1 :] if path.startswith(root + os.sep) else path
