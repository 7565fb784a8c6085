"""What is fuzzed: each target takes any bytes, and raises only when the program broke one of its laws."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from ocm.base import sanitize
from ocm.base.errors import BadInputError, UnreadableSessionError
from ocm.base.model import Checkpoint, Session, clean_text
from ocm.hook import main
from ocm.hosts import adapters
from ocm.markdown import parse, render
from ocm.recall import search
from ocm.redaction import redact
from ocm.redaction.user_rules import NONE
from ocm.sessions import gather, merge
from ocm.sources import combine, extract, registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.story import Story
from ocm.store import gate, journal
from ocm.store.events import hook_event, moment
from ocm.store.paths import Store

_EVENTS = ("user-prompt", "pre-tool-use", "post-tool-use", "file-edited", "stop", "session-start")
_ROUNDS = 100
_NAMES = (
    "a.jsonl", "rollout-a.jsonl", "session-a.jsonl", "session-a.json", "api_conversation_history.json", "a.messages.json",
    "a.md", "a.db", "rollout-a.json", "events.jsonl", "history.jsonl", "export.json", "memory-bank/progress.md",
    "projects/-a/memory/MEMORY.md",
)  # fmt: skip
_NOW = datetime(2026, 3, 1, tzinfo=UTC)


def session(data: bytes) -> None:
    """A session file is read or refused with its line; what was read is written back as it was."""
    text = data.decode("utf-8", "replace")
    try:
        found = parse.parse(text)
        again = render.update(text, found)
    except UnreadableSessionError as error:  # something left open in it would swallow what is added
        _says_where(error)
    else:
        assert parse.parse(again) == found
        said = merge.merge(found, Checkpoint(found.session_id, goal="go on"), merge.Observed(_NOW))
        assert said.goal == "go on"


def journals(data: bytes) -> None:
    """A journal of any bytes is read line by line, and counted."""
    events, rejected = journal.parse(data)
    assert len(events) + len(rejected) <= data.count(b"\n") + 1
    tally = gate.count([("1-1", data), ("", data)])
    assert min(tally.calls, tally.due, tally.denials) >= 0
    journal.has_work(data)
    for event in events:
        moment(event)
        hook_event(event)
    gather.events_redacted(events, NONE)


def payload(data: bytes) -> None:
    """A hook of any host answers any payload, with JSON, plain text or nothing."""
    store = _store()
    names = sorted(adapters.ADAPTERS)
    first, second, rest = data[:1] or b"\0", data[1:2] or b"\0", data[2:]
    event, host = _EVENTS[first[0] % len(_EVENTS)], names[second[0] % len(names)]
    os.environ["OCM_PROJECT_DIR"] = store.root
    answer, code = main.run([event, "--tool", host], rest, [])
    assert code in {0, 2}
    if answer[:1] == b"{":
        json.loads(answer)
    _tidy(store)


def query(data: bytes) -> None:
    """Any question finds something, or nothing, or is refused in one sentence."""
    text = data.decode("utf-8", "replace")
    try:
        hits = search.search(_store(), text)
    except BadInputError:
        return
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))


def texts(data: bytes) -> None:
    """Redacting twice changes nothing more; a note has no escape, and cannot end its fence."""
    text = data.decode("utf-8", "replace")
    once = redact.redact(text)[0]
    assert redact.redact(once)[0] == once
    noted = sanitize.note(text)
    assert "\x1b" not in noted
    assert "ocm-notes" not in noted.lower()


def transcript(data: bytes) -> None:
    """A history of any bytes is read as far as it goes, and whatever it tells can be written as a session file."""
    name = _NAMES[(data[:1] or b"\0")[0] % len(_NAMES)]
    with tempfile.TemporaryDirectory(prefix="ocm-fuzz-") as folder:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data[1:])
        for head in registry.heads(path if "/" not in name else folder, Unreadable()):
            story = Story(clean=lambda text: clean_text(redact.redact(text)[0]), inside=lambda path: path.strip("/"))
            registry.read(head, story)
            told = extract.draft(head, story, "1", {})
            whole = combine.combined(None, told, "1", _NOW.isoformat())
            assert parse.parse(render.render(whole)) == whole
            assert combine.combined(whole, told, "1", _NOW.isoformat()) is whole


def _says_where(error: UnreadableSessionError) -> None:
    assert error.line >= 1


TARGETS: dict[str, Callable[[bytes], None]] = {
    "session": session,
    "journal": journals,
    "payload": payload,
    "query": query,
    "text": texts,
    "transcript": transcript,
}
_calls = [0]


@cache
def _store() -> Store:
    """Return a store in a folder that lasts as long as this process."""
    root = tempfile.mkdtemp(prefix="ocm-fuzz-")
    os.environ["OCM_HOME"] = os.path.join(root, "home")
    store = Store(os.path.join(root, ".openCodeMemory"), root)
    os.makedirs(store.sessions)
    words = (
        ("one", "Move embeddings to TEI", "修复登录页面的缓存错误"),
        ("two", "RetryPolicy in client_pool.py", "node.js v1.2.3"),
    )
    for name, goal, decision in words:
        found = Session(name, goal=goal, decisions=[decision], started_at="2026-03-03T14:32:10+01:00")
        with open(os.path.join(store.sessions, f"{name}.md"), "w", encoding="utf-8") as file:
            file.write(render.render(found))
    return store


def _tidy(store: Store) -> None:
    """Drop what hooks left behind, now and then."""
    _calls[0] += 1
    if _calls[0] % _ROUNDS == 0:
        for name in os.listdir(store.path):
            if name.endswith(".jsonl") or name.startswith("hook.log"):
                os.unlink(os.path.join(store.path, name))
        if os.path.getsize(store.path) > 1_000_000:
            shutil.rmtree(store.root)
            _store.cache_clear()
