"""Codex CLI: `sessions/YYYY/MM/DD/rollout-….jsonl` below `CODEX_HOME`, an envelope a line; older files are bare items.

Edits are taken from what was applied (`patch_apply_end`, since 0.149 `FileChange`), else from the patch that was sent.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from ocm.sources import hunks
from ocm.sources.head import Head
from ocm.sources.json_lines import Position, Record, Unreadable, number, part, parts, records, seconds, text
from ocm.sources.sample import Sample, beginning, document
from ocm.sources.story import Story

NAME = "codex"
VERSION = "1"
_PEEKED = 13
_ITEMS = frozenset(
    {
        "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
        "local_shell_call", "reasoning", "web_search_call", "tool_search_call", "tool_search_output",
        "image_generation_call", "compaction", "agent_message", "ghost_snapshot",
    }
)  # fmt: skip
_TYPES = frozenset(
    {
        "session_meta", "turn_context", "response_item", "event_msg", "compacted", "world_state", "token_usage_record",
        "inter_agent_communication", "security_risk_score",
    }
)  # fmt: skip
_INJECTED = (
    "<environment_context", "<user_instructions", "# AGENTS.md instructions", "<permissions", "<collaboration_mode",
    "<skills_instructions", "<turn_aborted", "<subagent_notification", "<goal_context", "<codex_internal_context",
    "<recommended_plugins", "<user_shell_command", "<INSTRUCTIONS", "<skill>", "<apps_instructions", "<plugins_",
    "<hook_prompt",  # what a hook asks at the end of a turn
)  # fmt: skip
_IDE = re.compile(r"# Context from my IDE setup:.*?## My request for Codex:\s*", re.DOTALL)
_EXIT = re.compile(r"(?:Process exited with code|Exit code:|exited with code) (-?\d{1,10})")
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=\.jsonl?\Z)")
_APPLIED = "Success"  # how what applies a patch begins to say so
_SHELLS = ("exec_command", "shell", "shell_command", "local_shell", "container.exec")


def places() -> list[str]:
    """Return the folders in which Codex keeps its conversations."""
    home = _home()
    return [os.path.join(home, name) for name in ("sessions", "archived_sessions")] if os.path.isabs(home) else []


def _home() -> str:
    return os.environ.get("CODEX_HOME") or os.path.join(os.path.expanduser("~"), ".codex")


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Codex's."""
    first = sample.records[0] if sample.records else {}
    is_old = "instructions" in first and "timestamp" in first and "id" in first
    is_oldest = bool(part(sample.document, "session")) and isinstance(part(sample.document).get("items"), list)
    is_new = any(r.get("type") in ("session_meta", "response_item") and "payload" in r for r in sample.records)
    return is_new or is_old or is_oldest


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a file, or in a folder and those below it; sub-agents go with who started them."""
    found: dict[str, Head] = {}
    children: list[tuple[str, Head]] = []
    for one in _files(path, unread):
        head, parent = _peek(one, unread)
        if head and parent and os.path.isdir(path):
            children.append((parent, head))
        elif head:
            found[head.session_id] = head
    for parent, child in children:
        if parent in found:
            whole = found[parent]
            mark = f"{whole.mark}+{child.mark}"
            found[parent] = replace(whole, parts=(*whole.parts, child.path), mark=mark, size=whole.size + child.size)
    for head in found.values():
        if head.key in found:
            head.origins = (found[head.key].path,)
    yield from found.values()


def _files(path: str, unread: Unreadable) -> Iterator[str]:
    if os.path.isfile(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".jsonl", ".json")) and (name.startswith("rollout-") or not name.startswith("session_")):
                yield os.path.join(folder, name)
            elif name.endswith(".jsonl.zst") and name.removesuffix(".zst") not in names:
                unread.note("compressed by zstd: unpack it")


def _peek(path: str, unread: Unreadable) -> tuple[Head | None, str]:
    """Return what the beginning of a file says, and the conversation that started it as a sub-agent."""
    stem = _ID.search(path)
    head = Head(NAME, stem[0] if stem else "", path)
    is_ours, parent = False, ""
    first = (record for record, _ in _records(path, Unreadable()))
    for record in beginning(head, first, _PEEKED, unread):
        meta = record["payload"] if record.get("type") == "session_meta" else {}
        is_ours = is_ours or record.get("type") in ("session_meta", "response_item")
        head.session_id = head.session_id or text(meta, "id") or text(meta, "session_id")
        head.cwd = head.cwd or text(meta, "cwd") or text(record, "payload", "cwd")
        head.start = head.start or seconds(record.get("timestamp"))
        head.repository = head.repository or text(meta, "git", "repository_url")
        if not parent and not head.key and meta:
            head.key = text(meta, "forked_from_id")
            parent = text(meta, "source", "subagent", "thread_spawn", "parent_thread_id")
    return (head if is_ours and head.session_id else None), parent


def _records(path: str, unread: Unreadable, position: Position | None = None) -> Iterator[tuple[Record, str]]:
    """Yield the records of a file in the form of the newest, each with its place."""
    if path.endswith(".json"):
        tree = document(path)
        session = part(tree, "session")
        if session:
            yield {"type": "session_meta", "timestamp": session.get("timestamp"), "payload": session}, "0"
        for place, item in enumerate(parts(tree, "items"), 1):
            yield {"type": "response_item", "timestamp": item.get("timestamp"), "payload": item}, str(place)
        return
    for line, record in records(path, unread, '{"timestamp"', position):
        if isinstance(record.get("payload"), dict):
            yield record, str(line)
        elif text(record, "type") in _ITEMS:
            yield {"type": "response_item", "timestamp": record.get("timestamp"), "payload": record}, str(line)
        elif "instructions" in record and "id" in record:
            yield {"type": "session_meta", "timestamp": record.get("timestamp"), "payload": record}, str(line)
        elif record.get("record_type") != "state":
            unread.note(f"type {text(record, 'type')}")


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation, and what its sub-agents edited and ran.

    Raises:
        OSError: a file of it cannot be read.
    """
    reader = _Reader(story)
    skipped = {turn for path in head.origins for turn in _turn_ids(path)}
    story.parent = head.key
    for record, place in _records(head.path, story.unread, story.position):
        turn = text(record, "payload", "turn_id")
        if skipped and turn and turn not in skipped and record.get("type") == "turn_context":
            skipped = set()
        if not skipped or record.get("type") == "session_meta":
            reader.take(record, place)
            story.position.waiting = len(reader.calls) + reader.undated
    for path in head.parts:
        inner = _Reader(story, is_aside=True)
        for record, place in _records(path, story.unread):
            inner.take(record, f"{os.path.basename(path)}:{place}")
    index = os.path.join(head.path.partition(f"{os.sep}sessions{os.sep}")[0], "session_index.jsonl")
    story.titled(_titles(index).get(head.session_id, ""), 3)
    story.close_turn()


def _turn_ids(path: str) -> set[str]:
    found = (text(record, "payload", "turn_id") for record, _ in _records(path, Unreadable()))
    return set(filter(None, found))


@lru_cache(4)
def _titles(path: str) -> dict[str, str]:
    """Return the titles in an index of conversations, by id."""
    if not os.path.isfile(path):
        return {}
    return {text(record, "id"): text(record, "thread_name") for _, record in records(path, Unreadable())}


class _Reader:
    """One conversation on its way in: calls that wait for what they returned, and edits that were told already."""

    def __init__(self, story: Story, *, is_aside: bool = False) -> None:
        self.story = story
        self.is_aside = is_aside
        self.calls: dict[str, tuple[str, str]] = {}
        self.applied: set[str] = set()
        self.at = 0.0
        self.undated = 0
        self.has_meta = False

    def take(self, record: Record, place: str) -> None:
        """Take one record."""
        kind, payload = text(record, "type"), part(record, "payload")
        at = seconds(record.get("timestamp"))
        self.at, self.undated = at or self.at, self.undated + (not at)
        if not self.is_aside:
            self.story.seen(self.at)
        if kind == "session_meta" and not self.has_meta and not self.is_aside:
            self.has_meta = True
            self.story.version = text(payload, "cli_version")
            self.story.branch = text(payload, "git", "branch")
            self.story.sha = text(payload, "git", "commit_hash")
        elif kind == "turn_context" and not self.is_aside:
            self.story.model = text(payload, "model") or self.story.model
        elif kind == "response_item":
            self.item(payload, place)
        elif kind == "event_msg":
            self.event(payload)
        elif kind not in _TYPES:
            self.story.unread.note(f"type {kind}")

    def item(self, item: Record, place: str) -> None:
        """Take a message, a call, or what a call returned."""
        kind, call = text(item, "type") or ("message" if "role" in item else ""), text(item, "call_id")
        if kind == "message" and not self.is_aside:
            self.message(item, place)
        elif kind in ("function_call", "custom_tool_call"):
            self.called(text(item, "name"), text(item, "arguments") or text(item, "input"), call, place)
        elif kind == "local_shell_call":
            words = part(item, "action").get("command")
            self.calls[call] = ("shell", " ".join(map(str, words)) if isinstance(words, list) else "")
        elif kind in ("function_call_output", "custom_tool_call_output"):
            self.returned(call, item.get("output"), place)
        elif kind not in _ITEMS:
            self.story.unread.note(f"item {kind}")

    def message(self, item: Record, place: str) -> None:
        """Take what a person or the model said."""
        said = [text(block, "text") for block in parts(item, "content")]
        if item.get("role") == "assistant":
            self.story.answer("\n".join(filter(None, said)), self.at, place)
        elif item.get("role") == "user":
            typed = [_IDE.sub("", one) for one in said if not one.lstrip().startswith(_INJECTED)]
            self.story.prompt("\n".join(filter(None, typed)), self.at, place)

    def called(self, name: str, given: str, call: str, place: str) -> None:
        """Remember a call, or take a plan."""
        if name == "update_plan":
            plan = parts(_json(given), "plan")
            if not self.is_aside:
                self.story.todo_list(((text(one, "step"), text(one, "status")) for one in plan), place)
        elif name == "apply_patch":
            patch = given if "*** Begin Patch" in given and not given.startswith("{") else text(_json(given), "input")
            self.calls[call] = ("apply_patch", patch)
        elif name in _SHELLS:
            self.calls[call] = ("shell", _command(_json(given)))

    def returned(self, call: str, output: object, place: str) -> None:
        """Take how a call ended."""
        name, given = self.calls.pop(call, ("", ""))
        said, code = _output(output)
        if name == "shell":
            self.story.ran(given, said, self.at, place, failed=None if code is None else code != 0)
        done = code == 0 if code is not None else not said or _APPLIED in said  # a hook or a person may have refused it
        if "*** Begin Patch" in given and call not in self.applied and done:
            for edit in hunks.edits(given):
                self.edited(edit.path, edit.kind, edit.moved, edit.lines)

    def event(self, event: Record) -> None:
        """Take what was applied, and turns that were taken back."""
        kind, item = text(event, "type"), part(event, "item")
        if kind == "patch_apply_end" and event.get("success") is not False:
            self.changed(text(event, "call_id"), part(event, "changes"))
        elif kind == "item_completed" and item.get("type") == "FileChange" and item.get("status") != "failed":
            self.changed(text(item, "id"), part(item, "changes"))
        elif kind == "thread_rolled_back" and not self.is_aside:
            self.story.take_back(int(number(event, "num_turns")))

    def changed(self, call: str, changes: Record) -> None:
        """Take the files that a patch changed."""
        self.applied.add(call)
        for path, change in changes.items():
            if isinstance(change, dict):
                kind = {"add": "created", "delete": "deleted"}.get(text(change, "type"), "modified")
                diff = text(change, "unified_diff")
                lines = hunks.of_unified(diff) if diff else hunks.added(text(change, "content"))
                self.edited(path, kind, text(change, "move_path"), [] if kind == "deleted" else list(lines))

    def edited(self, path: str, kind: str, moved: str, lines: list[bytes]) -> None:
        """Take one edit."""
        if moved:
            self.story.moved(path, moved, lines, self.at)
        else:
            self.story.edit(path, kind, lines, self.at)


def _json(given: str) -> Record:
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _command(given: Record) -> str:
    words = given.get("command")
    if isinstance(words, list):
        return str(words[-1]) if len(words) == 3 and words[1] in ("-lc", "-c") else " ".join(map(str, words))  # noqa: PLR2004 - bash -lc COMMAND
    return text(given, "cmd") or text(given, "command")


def _output(output: object) -> tuple[str, int | None]:
    """Return what a call printed, and its exit code where it has one."""
    if isinstance(output, list):
        output = "\n".join(text(one, "text") for one in output if isinstance(one, dict))
    said = output if isinstance(output, str) else text(output, "content") or text(output, "output")
    inner = _json(said) if said.startswith("{") else {}
    if "output" in inner:
        code = part(inner, "metadata").get("exit_code")
        return text(inner, "output"), code if isinstance(code, int) else None
    found = _EXIT.search(said[:400])
    return said, int(found[1]) if found else None
