"""Cursor: transcripts of its agent, and the conversations of the IDE in `state.vscdb`.

The agent's transcripts have no times and no results; the IDE's hold calls of tools as texts of JSON.
"""

import os
import re
import sys
from collections.abc import Iterator
from itertools import takewhile

from ocm.sources import databases, hunks
from ocm.sources.databases import Database, parsed
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, part, parts, records, seconds, text
from ocm.sources.sample import Sample
from ocm.sources.story import Story

NAME = "cursor"
VERSION = "1"
_TABLE = "cursorDiskKV"
_QUERY = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL)
_AROUND = re.compile(r"<(\w+)>.*?</\1>\s*", re.DOTALL)
_EDITORS = re.compile(r"write|edit|replace|patch|create_file", re.IGNORECASE)
_SHELLS = re.compile(r"shell|bash|terminal", re.IGNORECASE)
_USER, _ASSISTANT = 1, 2  # kinds of bubbles


def places() -> list[str]:
    """Return the places in which Cursor keeps its conversations."""
    home = os.path.expanduser("~")
    root = os.environ.get("CURSOR_CONFIG_DIR") or os.path.join(home, ".cursor")
    if sys.platform == "darwin":  # pragma: no cover - by platform
        user = os.path.join(home, "Library", "Application Support")
    else:
        user = os.environ.get("APPDATA") or os.path.join(home, ".config")
    found = [os.path.join(root, "projects"), os.path.join(user, "Cursor", "User", "globalStorage", "state.vscdb")]
    return [path for path in found if os.path.isabs(path)]


def knows(sample: Sample) -> bool:
    """Return whether a file is one of Cursor's."""
    if _TABLE in sample.tables:
        return True
    first = sample.records[0] if sample.records else {}
    return first.get("role") in ("user", "assistant") and "content" in part(first, "message") and "type" not in first


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a transcript, a database, or a folder of transcripts."""
    if os.path.isfile(path):
        yield from _in_database(path, unread) if Sample(path).tables else _in_file(path)
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name != "subagents")
        for name in sorted(names):
            if name.endswith(".jsonl") and knows(Sample(os.path.join(folder, name))):
                yield from _in_file(os.path.join(folder, name))
            elif name == "state.vscdb":
                yield from _in_database(os.path.join(folder, name), unread)


def _in_file(path: str) -> Iterator[Head]:
    found = os.stat(path)
    named = [text(given, "path") or text(given, "file_path") for _, given in _calls_in(path)]
    absolute = [os.path.dirname(one) for one in named if one.startswith("/")]
    cwd = os.path.commonpath(absolute) if absolute else ""
    name = os.path.basename(path).removesuffix(".jsonl")
    yield Head(NAME, name, path, "" if cwd == "/" else cwd, found.st_mtime, found.st_size, str(found.st_size))


def _calls_in(path: str) -> Iterator[tuple[str, Record]]:
    for _, record in records(path, Unreadable()):
        for block in parts(record, "message", "content"):
            if block.get("type") == "tool_use":
                yield text(block, "name"), part(block, "input")


def _in_database(path: str, unread: Unreadable) -> Iterator[Head]:
    with databases.opened(path, unread) as db:
        for row in db.like(_TABLE, "key", "composerData:"):
            data = part(parsed(row.get("value")))
            name = text(row, "key").removeprefix("composerData:")
            if data.get("fullConversationHeadersOnly") or data.get("conversation"):
                start = seconds(data.get("createdAt"))
                mark = f"{seconds(data.get('lastUpdatedAt')) or start:.3f}"
                folder = text(data, "workspaceIdentifier", "uri", "fsPath")
                yield Head(NAME, name, path, folder, start, 0, mark, key=name)


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    story.seen(head.start)
    if head.key:
        with databases.opened(head.path, story.unread) as db:
            _tell_bubbles(db, head, story)
    else:
        for line, record in records(head.path, story.unread, '{"role"'):
            _tell(record, story, head.start, str(line))
    story.close_turn()


def _tell(record: Record, story: Story, at: float, place: str) -> None:
    blocks = parts(record, "message", "content")
    said = "\n".join(text(one, "text") for one in blocks if one.get("type") == "text")
    said = said or text(record, "message", "content")
    if record.get("role") == "user":
        queries = _QUERY.findall(said)
        story.prompt("\n".join(queries) if queries else _AROUND.sub("", said), at, place)
    elif record.get("role") == "assistant":
        story.answer(said.replace("[REDACTED]", "").strip(), at, place)
        for block in blocks:
            if block.get("type") == "tool_use":
                _call(text(block, "name"), part(block, "input"), "", story, at, place)
    elif record.get("type") != "turn_ended":
        story.unread.note(f"type {text(record, 'type')}")


def _tell_bubbles(db: Database, head: Head, story: Story) -> None:
    data: Record = {}
    for row in db.rows(_TABLE, key=f"composerData:{head.key}"):
        data = part(parsed(row.get("value")))
    story.titled(text(data, "name"), 2)
    story.model = text(data, "modelConfig", "modelName")
    story.seen(seconds(data.get("lastUpdatedAt")))
    stored = {
        text(row, "key"): part(parsed(row.get("value"))) for row in db.like(_TABLE, "key", f"bubbleId:{head.key}:")
    }
    listed = parts(data, "fullConversationHeadersOnly")
    bubbles = [stored.get(f"bubbleId:{head.key}:{text(one, 'bubbleId')}", {}) for one in listed]
    for place, bubble in enumerate(bubbles or parts(data, "conversation"), 1):
        at = (
            seconds(part(bubble, "timingInfo").get("clientStartTime")) or seconds(bubble.get("createdAt")) or head.start
        )
        story.seen(at)
        if bubble.get("type") == _USER:
            story.prompt(text(bubble, "text"), at, str(place))
        elif bubble.get("type") == _ASSISTANT:
            story.answer(text(bubble, "text"), at, str(place))
            call = part(bubble, "toolFormerData")
            given = part(parsed(call.get("rawArgs"))) or part(parsed(call.get("params")))
            if call.get("status") in ("completed", None, "success") and call.get("userDecision") != "rejected":
                _call(text(call, "name"), given, text(call, "result"), story, at, str(place))


def _call(name: str, given: Record, result: str, story: Story, at: float, place: str) -> None:  # noqa: PLR0913, PLR0917 - as told
    path = next(
        (text(given, one) for one in ("path", "file_path", "target_file", "relativeWorkspacePath") if text(given, one)),
        "",
    )
    if _SHELLS.search(name):
        printed = text(parsed(result), "output") or text(parsed(result), "contents") or result
        story.ran(text(given, "command"), printed, at, place, failed=None)
    elif path and _EDITORS.search(name):
        content = next(
            (text(given, one) for one in ("contents", "content", "code_edit", "file_text") if text(given, one)), ""
        )
        old, new = text(given, "old_string"), text(given, "new_string")
        story.edit(path, "modified", hunks.added(content) if content else hunks.between(old, new), at)
    elif re.search("todo", name, re.IGNORECASE):
        todos = parts(given, "todos")
        done = list(takewhile(bool, [text(one, "content") for one in todos]))
        story.todo_list(((one, text(todo, "status")) for one, todo in zip(done, todos, strict=False)), place)
