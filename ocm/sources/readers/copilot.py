"""Copilot CLI: `session-state/<id>/events.jsonl` below its home, one event a line, and `workspace.yaml` beside it."""

import os
import re
from collections.abc import Iterator

from ocm.sources import hunks
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, part, parts, records, seconds, text
from ocm.sources.sample import Sample, beginning
from ocm.sources.story import Story

NAME = "copilot"
VERSION = "1"
_PEEKED = 21
_EDITORS = ("edit", "create", "apply_patch", "str_replace_editor", "write", "str_replace", "insert")
_SHELLS = ("bash", "powershell", "shell")
_EXIT = re.compile(r"exit(?:ed with)?(?: exit)? code:? (-?\d{1,10})")
_TODO = re.compile(r"\s*[-*] \[([ xX~/-])\] (\S.*)")
_EVENTS = (
    "session.", "user.", "assistant.", "tool.", "hook.", "system.", "subagent.", "agent.", "skill.", "abort", "model.",
    "permission.", "external_tool.", "mcp.", "command.", "elicitation.", "pending_messages.", "user_input.", "plan.",
)  # fmt: skip


def places() -> list[str]:
    """Return the folders in which Copilot keeps its conversations."""
    moved = os.environ.get("COPILOT_HOME")
    home = moved or os.path.join(os.path.expanduser("~"), ".copilot")
    return [os.path.join(home, "session-state")] if os.path.isabs(home) else []


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Copilot's."""
    return any(
        isinstance(record.get("data"), dict) and text(record, "type").startswith(("session.start", "user.message"))
        for record in sample.records
    )


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a file, or in a folder and those below it."""
    for one in [path] if os.path.isfile(path) else _files(path):
        head = _peek(one, unread)
        if head:
            yield head


def _files(path: str) -> Iterator[str]:
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".jsonl"))


def _peek(path: str, unread: Unreadable) -> Head | None:
    stem = os.path.basename(os.path.dirname(path)) if path.endswith("events.jsonl") else os.path.basename(path)[:-6]
    head = Head(NAME, "", path)
    is_ours = False
    first = (record for _, record in records(path, Unreadable()))
    for record in beginning(head, first, _PEEKED, unread):
        data = part(record, "data")
        is_ours = is_ours or text(record, "type").startswith(("session.start", "user.message"))
        head.session_id = head.session_id or text(data, "sessionId")
        head.cwd = head.cwd or text(data, "context", "gitRoot") or text(data, "context", "cwd")
        head.repository = head.repository or text(data, "context", "repository")
        head.start = head.start or seconds(record.get("timestamp"))
    head.session_id = head.session_id or stem
    return head if is_ours else None


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    reader = _Reader(story)
    for line, record in records(head.path, story.unread, '{"type"'):
        reader.take(record, str(line))
    story.close_turn()


class _Reader:
    """One conversation on its way in: calls that wait for their end."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.calls: dict[str, tuple[str, Record]] = {}

    def take(self, record: Record, place: str) -> None:
        """Take one event."""
        kind, data = text(record, "type"), part(record, "data")
        at = seconds(record.get("timestamp"))
        self.story.seen(at)
        is_aside = bool(text(record, "agentId") or text(data, "parentToolCallId") or text(data, "agentId"))
        if kind in ("session.start", "session.resume"):
            self.begun(data)
        elif kind == "session.model_change":
            self.story.model = text(data, "newModel") or self.story.model
        elif kind == "session.title_changed":
            self.story.titled(text(data, "title"), 2)
        elif kind == "user.message" and not is_aside and not text(data, "source").startswith("skill"):
            self.story.prompt(text(data, "content"), at, place)
        elif kind == "assistant.message":
            self.said(data, at, place, is_aside=is_aside)
        elif kind == "tool.execution_start":
            self.calls[text(data, "toolCallId")] = (text(data, "toolName"), part(data, "arguments"))
        elif kind == "tool.execution_complete":
            self.ended(data, at, place)
        elif not kind.startswith(_EVENTS):
            self.story.unread.note(f"type {kind}")

    def begun(self, data: Record) -> None:
        """Take what a start says of the client and the repository."""
        self.story.version = text(data, "copilotVersion") or self.story.version
        self.story.model = text(data, "selectedModel") or self.story.model
        self.story.branch = text(data, "context", "branch") or self.story.branch
        self.story.sha = self.story.sha or text(data, "context", "headCommit")

    def said(self, data: Record, at: float, place: str, *, is_aside: bool) -> None:
        """Take what the model said, and the calls it made."""
        if not is_aside:
            self.story.model = text(data, "model") or self.story.model
            self.story.answer(text(data, "content"), at, place)
        for call in parts(data, "toolRequests"):
            self.calls.setdefault(text(call, "toolCallId"), (text(call, "name"), part(call, "arguments")))

    def ended(self, data: Record, at: float, place: str) -> None:
        """Take how a call ended."""
        name, given = self.calls.pop(text(data, "toolCallId"), ("", {}))
        name = name or text(data, "toolName")
        content = text(data, "result", "content")
        edits = parts(data, "fileEdits")
        if name in _SHELLS:
            code = part(data, "shellExecution").get("exitCode")
            found = _EXIT.search(content[-200:])
            code = code if isinstance(code, int) else int(found[1]) if found else None
            self.story.ran(text(given, "command"), content, at, place, failed=None if code is None else code != 0)
        elif data.get("success") is not False and (edits or name in _EDITORS):
            self.edited(given, edits, text(data, "result", "detailedContent"), at)
        elif name == "update_todo":
            self.todos(text(given, "todos"), place)
        elif name == "ask_user" and data.get("success") is not False:
            self.story.chosen(text(given, "question"), content, place)

    def edited(self, given: Record, edits: list[Record], diff: str, at: float) -> None:
        """Take the files that a call edited, with their diffs, else with the texts that it was given."""
        kinds = {text(edit, "path"): text(edit, "kind") for edit in edits}
        path = text(given, "path") or next(iter(kinds), "")
        shown = dict(hunks.of_git(diff))
        patch = next((value for value in given.values() if isinstance(value, str) and "*** Begin Patch" in value), "")
        if not shown and patch:
            for edit in hunks.edits(patch):
                self.story.edit(edit.path, edit.kind, edit.lines, at)
            return
        for name in kinds or {path: ""}:
            lines = next((found for shown_name, found in shown.items() if name.endswith(shown_name)), None)
            kind = "created" if kinds.get(name) == "create" or "file_text" in given else "modified"
            kind = "deleted" if kinds.get(name) == "delete" else kind
            if name:
                self.story.edit(name, kind, _given(given) if lines is None else lines, at)

    def todos(self, text_of_list: str, place: str) -> None:
        """Take a checklist."""
        found = [_TODO.fullmatch(line) for line in text_of_list.split("\n")]
        status = {"x": "completed", "X": "completed", " ": "pending"}
        self.story.todo_list(((one[2], status.get(one[1], "in_progress")) for one in found if one), place)


def _given(given: Record) -> list[bytes]:
    if "file_text" in given:
        return list(hunks.added(text(given, "file_text")))
    return list(hunks.between(text(given, "old_str"), text(given, "new_str")))
