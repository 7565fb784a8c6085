"""Gemini CLI: `tmp/<project>/chats/session-….jsonl` (before: `.json`) below `.gemini`, a log of operations on messages.

A resumed conversation repeats its messages without their calls, so calls are kept by their ids, apart from messages.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ocm.sources import hunks
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, part, parts, records, seconds, text
from ocm.sources.sample import Sample, beginning, document
from ocm.sources.story import MAX_ANSWER, Story

NAME = "gemini-cli"
VERSION = "1"
_PEEKED = 9
_EDITORS = ("replace", "write_file", "edit", "smart_edit")
_EXIT = re.compile(r"^Exit Code: (-?\d{1,10})", re.MULTILINE)
_WORKSPACE = re.compile(r"(?:Workspace Directories:\*\*\s*-|working in the directory:?)\s*(\S[^\n]*)")
_INJECTED = ("<session_context", "<hook_context", "This is the Gemini CLI. We are setting up")
_KINDS = ("user", "gemini", "info", "warning", "error", "")


@dataclass(slots=True)
class _Message:
    """A message as it is last, and the calls that any version of it made."""

    kind: str
    at: float
    said: str
    place: str
    calls: dict[str, Record] = field(default_factory=dict)
    is_gone: bool = False


def places() -> list[str]:
    """Return the folders in which Gemini CLI keeps its conversations."""
    moved = os.environ.get("GEMINI_CLI_HOME")
    root = os.path.join(moved or os.path.expanduser("~"), ".gemini", "tmp")
    return [root] if os.path.isabs(root) else []


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Gemini CLI's."""
    first = sample.records[0] if sample.records else part(sample.document)
    is_log = "sessionId" in first and ("projectHash" in first or "kind" in first) and "uuid" not in first
    kinds = {text(record, "type") for record in sample.records}
    is_bare = "gemini" in kinds and "user" in kinds
    listed = parts(sample.document, "messages")
    return is_log or is_bare or any(one.get("type") == "gemini" for one in listed)


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a file, or in a folder and those below it; sub-agents go with their parent."""
    if os.path.isfile(path):
        head = _peek(path, unread)
        if head:
            yield head
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        chats = [name for name in sorted(names) if name.endswith((".jsonl", ".json")) and name.startswith("session")]
        for name in chats:
            head = _peek(os.path.join(folder, name), unread)
            if head:
                yield _with_parts(head, os.path.join(folder, head.session_id))


def _with_parts(head: Head, folder: str) -> Head:
    if not os.path.isdir(folder):
        return head
    own = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith((".jsonl", ".json"))]
    sizes = [os.path.getsize(path) for path in own]
    return replace(head, parts=tuple(own), mark="+".join(map(str, [head.mark, *sizes])), size=head.size + sum(sizes))


def _peek(path: str, unread: Unreadable) -> Head | None:
    head = Head(NAME, "", path)
    is_ours = False
    first = (record for record, _ in _records(path, Unreadable()))
    for record in beginning(head, first, _PEEKED, unread):
        head.session_id = head.session_id or text(record, "sessionId") or text(record, "$set", "sessionId")
        head.start = head.start or seconds(record.get("startTime")) or seconds(record.get("timestamp"))
        is_ours = is_ours or "projectHash" in record or record.get("type") in ("gemini", "user")
        found = _WORKSPACE.search(json.dumps(record)[:20_000].replace("\\n", "\n")) if not head.cwd else None
        head.cwd = head.cwd or (found[1].strip() if found else "")
    head.session_id = head.session_id or os.path.splitext(os.path.basename(path))[0]
    head.cwd = _root_beside(path) or head.cwd
    return head if is_ours else None


def _root_beside(path: str) -> str:
    """Return the project that the folder of a conversation belongs to, as the client noted it there."""
    folder = os.path.dirname(os.path.dirname(path))
    try:
        with open(os.path.join(folder, ".project_root"), encoding="utf-8", errors="replace") as file:
            return file.readline(4096).strip()
    except OSError:
        projects = part(document(os.path.join(os.path.dirname(os.path.dirname(folder)), "projects.json")), "projects")
        return next((root for root, slug in projects.items() if slug == os.path.basename(folder)), "")


def _records(path: str, unread: Unreadable) -> Iterator[tuple[Record, str]]:
    if path.endswith(".json"):
        tree = part(document(path))
        yield {name: value for name, value in tree.items() if name != "messages"}, "0"
        for place, message in enumerate(parts(tree, "messages"), 1):
            yield message, str(place)
    else:
        for line, record in records(path, unread, '{"id"'):
            yield record, str(line)


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation, and what its sub-agents edited and ran.

    Raises:
        OSError: a file of it cannot be read.
    """
    reader = _Reader(story)
    for record, place in _records(head.path, story.unread):
        reader.take(record, place)
    reader.tell()
    for path in head.parts:
        inner = _Reader(story, is_aside=True)
        for record, place in _records(path, story.unread):
            inner.take(record, f"{os.path.basename(path)}:{place}")
        inner.tell()
    story.close_turn()


class _Reader:
    """One conversation: its messages in order, as the last operation on each left them."""

    def __init__(self, story: Story, *, is_aside: bool = False) -> None:
        self.story = story
        self.is_aside = is_aside
        self.messages: dict[str, _Message] = {}

    def take(self, record: Record, place: str) -> None:
        """Take one operation."""
        if "$rewindTo" in record:
            names = list(self.messages)
            mark = text(record, "$rewindTo")
            for name in names[names.index(mark) :] if mark in names else ():
                self.messages[name].is_gone = True
        changed = part(record, "$set")
        for message in parts(changed, "messages"):
            self.message(message, place)
        self.story.titled(text(changed, "summary") or text(record, "summary"), 2)
        if "type" in record:
            self.message(record, place)
        elif "$set" not in record and "sessionId" not in record and "$rewindTo" not in record and record:
            self.story.unread.note("operation")

    def message(self, record: Record, place: str) -> None:
        """Take a message, which replaces one with its id."""
        kind = text(record, "type")
        if kind not in _KINDS:
            self.story.unread.note(f"type {kind}")
        said = _said(record)[:MAX_ANSWER]
        name = text(record, "id") or f"{text(record, 'timestamp')} {said[:100]}"
        known = self.messages.setdefault(name, _Message(kind, seconds(record.get("timestamp")), said, place))
        known.said = said or known.said
        known.is_gone = False
        if kind == "gemini" and text(record, "model") and not self.is_aside:
            self.story.model = text(record, "model")
        for call in parts(record, "toolCalls"):
            known.calls[text(call, "id") or str(len(known.calls))] = call

    def tell(self) -> None:
        """Tell the messages in order, each with its calls."""
        for message in self.messages.values():
            if not self.is_aside and not message.is_gone:
                self.story.seen(message.at)
                if message.kind == "user" and not message.said.startswith((*_INJECTED, "/", "?")):
                    self.story.prompt(message.said, message.at, message.place)
                elif message.kind == "gemini":
                    self.story.answer(message.said, message.at, message.place)
            for call in message.calls.values():
                self.call(call, message)

    def call(self, call: Record, message: _Message) -> None:
        """Take a call and what it returned."""
        name, given, shown = text(call, "name"), part(call, "args"), part(call, "resultDisplay")
        is_done = call.get("status") in ("success", None)
        at = seconds(call.get("timestamp")) or message.at
        responses = [part(one, "functionResponse", "response") for one in parts(call, "result")]
        output = "\n".join(text(one, "output") or text(one, "error") for one in responses)
        if name == "run_shell_command":
            found = _EXIT.search(output)
            failed = bool(int(found[1])) if found else not is_done
            self.story.ran(text(given, "command"), output.replace("Output: ", ""), at, message.place, failed=failed)
        elif is_done and (name in _EDITORS or "fileDiff" in shown):
            self.edited(given, shown, at)
        elif name == "write_todos" and is_done and not self.is_aside:
            todos = parts(given, "todos")
            self.story.todo_list(((text(one, "description"), text(one, "status")) for one in todos), message.place)

    def edited(self, given: Record, shown: Record, at: float) -> None:
        """Take an edit: with its diff, else with the texts that the call named."""
        path = text(given, "file_path") or text(shown, "filePath") or text(shown, "fileName")
        diff = text(shown, "fileDiff")
        if diff:
            lines = hunks.of_unified(diff)
        elif "content" in given:
            lines = hunks.added(text(given, "content"))
        else:
            lines = hunks.between(text(given, "old_string"), text(given, "new_string"))
        if path:
            self.story.edit(path, "created" if shown.get("isNewFile") else "modified", lines, at)


def _said(record: Record) -> str:
    """Return the text of a message; what a tool returned to the model is none."""
    content = record.get("displayContent") or record.get("content")
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, list):
        return "\n".join(text(one, "text") for one in content if isinstance(one, dict)).strip()
    return ""
