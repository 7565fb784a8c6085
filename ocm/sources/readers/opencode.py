"""OpenCode: `opencode.db` in its data folder, before that a file a message and part, and what `opencode export` writes.

All of them hold the same objects: a session, its messages, and the parts of each.
"""

import os
from collections.abc import Iterator

from ocm.sources import databases, hunks
from ocm.sources.databases import Database, parsed
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, number, part, parts, seconds, text
from ocm.sources.sample import Sample, document
from ocm.sources.story import Story

NAME = "opencode"
VERSION = "1"
ASIDE = ("message", "part", "session_diff")  # folders that hold no conversation of their own
_TABLES = frozenset({"session", "message", "part"})
_PARTS = frozenset(
    {
        "text", "tool", "patch", "step-start", "step-finish", "reasoning", "file", "compaction", "subtask", "snapshot",
        "agent", "retry",
    }
)  # fmt: skip
_Talk = Iterator[tuple[Record, list[Record]]]


def places() -> list[str]:
    """Return the files and folders in which OpenCode keeps its conversations."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    folder = os.path.join(data, "opencode")
    if not os.path.isabs(folder):
        return []
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    stores = [os.path.join(folder, name) for name in names if name.startswith("opencode") and name.endswith(".db")]
    return [*stores, os.path.join(folder, "storage")]


def knows(sample: Sample) -> bool:
    """Return whether a file is one of OpenCode's."""
    if sample.tables >= _TABLES:
        return True
    tree = part(sample.document)
    is_export = "info" in tree and isinstance(tree.get("messages"), list)
    is_session = text(tree, "id") != "" and "directory" in tree and "time" in tree
    return is_export or is_session


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a database, an export, or a folder of them; sub-agents go with their parent."""
    if os.path.isfile(path):
        yield from _in_database(path, unread) if Sample(path).tables else _in_file(path)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        if os.path.basename(folder) in ASIDE:
            folders.clear()
            continue
        for name in sorted(names):
            if name.endswith(".db"):
                yield from _in_database(os.path.join(folder, name), unread)
            elif name.endswith(".json"):
                yield from _in_file(os.path.join(folder, name))


def _in_database(path: str, unread: Unreadable) -> Iterator[Head]:
    with databases.opened(path, unread) as db:
        sessions = list(db.rows("session", "time_created"))
        children: dict[str, list[Record]] = {}
        for session in sessions:
            if session.get("parent_id"):
                children.setdefault(_root_of(session, sessions), []).append(session)
        for session in sessions:
            if not session.get("parent_id"):
                own = children.get(text(session, "id"), [])
                yield _head(path, session, own, seconds(session.get("time_created")))


def _root_of(session: Record, sessions: list[Record]) -> str:
    """Return the conversation that a sub-agent works for in the end; a circle of parents has none."""
    parents = {text(one, "id"): text(one, "parent_id") for one in sessions}
    name, seen = text(session, "id"), set[str]()
    while parents.get(name) and name not in seen:
        seen.add(name)
        name = parents[name]
    return name


def _head(path: str, session: Record, children: list[Record], start: float) -> Head:
    updated = [number(one, "time_updated") or number(one, "time", "updated") for one in (session, *children)]
    ids = tuple(text(one, "id") for one in children)
    directory = text(session, "directory")
    return Head(
        NAME, text(session, "id"), path, directory, start, _size(path) if not children else 0, f"{max(updated):.0f}",
        ids, key=text(session, "id"),
    )  # fmt: skip


def _size(path: str) -> int:
    return 0 if path.endswith(".db") else os.path.getsize(path)


def _in_file(path: str) -> Iterator[Head]:
    tree = part(document(path))
    session = part(tree, "info") or tree
    if text(session, "id") and ("directory" in session or "messages" in tree) and not text(session, "parentID"):
        head = _head(path, session, [], seconds(part(session, "time").get("created")))
        head.size = os.path.getsize(path)
        yield head


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation, and what its sub-agents edited and ran.

    Raises:
        OSError: it cannot be read.
    """
    if Sample(head.path).tables:
        with databases.opened(head.path, story.unread) as db:
            for session in db.rows("session", id=head.key):
                _begin(session, parsed(session.get("model")), story)
            _tell(_messages_in(db, head.key), story)
            for row in db.rows("todo", "position", session_id=head.key):
                story.todo(f"todo {row.get('position')}", text(row, "content"), text(row, "status"), "todo")
            for child in head.parts:
                _tell(_messages_in(db, child), story, is_aside=True)
    else:
        tree = part(document(head.path))
        session = part(tree, "info") or tree
        _begin(session, part(session, "model"), story)
        told = ((part(one, "info"), parts(one, "parts")) for one in parts(tree, "messages"))
        _tell(told if "messages" in tree else _messages_beside(head), story)
    story.close_turn()


def _begin(session: Record, model: Record, story: Story) -> None:
    title = text(session, "title")
    story.titled("" if title.startswith(("New session - ", "Child session - ")) else title, 2)
    story.version = text(session, "version")
    story.model = text(model, "id") or text(model, "modelID")


def _messages_in(db: Database, session: str) -> _Talk:
    found: dict[str, list[Record]] = {}
    for row in db.rows("part", "id", session_id=session):
        found.setdefault(text(row, "message_id"), []).append(parsed(row.get("data")))
    for row in db.rows("message", "time_created", session_id=session):
        info = parsed(row.get("data"))
        yield {**part(info), "time": info.get("time") or {"created": row.get("time_created")}}, found.get(row["id"], [])


def _messages_beside(head: Head) -> _Talk:
    """Yield the messages of a session that is a file of its own, from the folders beside its own."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(head.path)))
    for path in _json_files(os.path.join(root, "message", head.session_id)):
        info = part(document(path))
        yield info, [part(document(one)) for one in _json_files(os.path.join(root, "part", text(info, "id")))]


def _json_files(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".json")]
    except OSError:
        return []


def _tell(talk: _Talk, story: Story, *, is_aside: bool = False) -> None:
    for place, (info, pieces) in enumerate(talk, 1):
        at = seconds(part(info, "time").get("created"))
        role = text(info, "role")
        said = [
            text(one, "text")
            for one in pieces
            if one.get("type") == "text" and not one.get("synthetic") and not one.get("ignored")
        ]
        if not is_aside:
            story.seen(at)
            story.seen(seconds(part(info, "time").get("completed")))
        if role == "user" and not is_aside:
            story.prompt("\n".join(map(_unquoted, said)), at, str(place))
        for piece in pieces:
            kind = text(piece, "type")
            if kind == "tool":
                _take_call(piece, story, at, str(place), is_aside=is_aside)
            elif kind not in _PARTS:
                story.unread.note(f"part {kind}")
        if role == "assistant" and not is_aside and not info.get("summary"):
            story.model = text(info, "modelID") or story.model
            story.answer("\n".join(filter(None, said)), at, str(place))


def _unquoted(said: str) -> str:
    """Return a prompt without the quotes that `opencode run` puts around it."""
    return said[1:-1] if len(said) > 2 and said[0] == said[-1] == '"' and '"' not in said[1:-1] else said  # noqa: PLR2004 - two quotes and more


def _take_call(piece: Record, story: Story, at: float, place: str, *, is_aside: bool) -> None:
    tool, state = text(piece, "tool"), part(piece, "state")
    given, more = part(state, "input"), part(state, "metadata")
    is_done = state.get("status") == "completed"
    at = seconds(part(state, "time").get("end")) or at
    if not is_aside:
        story.seen(at)
    if tool == "bash":
        code = more.get("exit")
        failed = code != 0 if isinstance(code, int) else None if is_done else True
        story.ran(text(given, "command"), text(state, "output") or text(state, "error"), at, place, failed=failed)
    elif is_done and tool in ("edit", "multiedit", "write", "patch", "apply_patch"):
        _take_edit(tool, given, more, story, at)
    elif tool == "todowrite" and is_done and not is_aside:
        todos = parts(given, "todos") or parts(more, "todos")
        story.todo_list(((text(one, "content"), text(one, "status")) for one in todos), place)
    elif tool == "question" and is_done:
        for question, answer in zip(parts(given, "questions"), _answers(more), strict=False):
            story.chosen(text(question, "question"), answer, place)


def _answers(more: Record) -> list[str]:
    found = more.get("answers")
    answers = found if isinstance(found, list) else []
    return [", ".join(map(str, one)) if isinstance(one, list) else str(one) for one in answers]


def _take_edit(tool: str, given: Record, more: Record, story: Story, at: float) -> None:
    path = text(given, "filePath") or text(more, "filepath") or text(more, "filediff", "file")
    patch = text(given, "patchText") or text(given, "patch")
    if "*** Begin Patch" in patch:
        for edit in hunks.edits(patch):
            story.edit(edit.moved or edit.path, edit.kind, edit.lines, at)
        return
    if not path:
        return
    if tool == "write":
        story.edit(path, "modified" if more.get("exists") else "created", hunks.added(text(given, "content")), at)
    elif "oldString" in given:  # the diff beside it has lost its indentation, which a key does not hold either
        story.edit(path, "modified", hunks.between(text(given, "oldString"), text(given, "newString")), at)
    else:
        story.edit(path, "modified", hunks.of_unified(text(more, "diff")), at)
