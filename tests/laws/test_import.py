"""Whatever a conversation was, and whatever was there: importing it again changes nothing, and undoing leaves no byte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.sessions import import_batches
from ocm.sources import importer
from ocm.sources.importer import Wish
from tests.laws import strategies
from tests.support import memories
from tests.support.builders import Project
from tests.support.session_store import everything
from tests.support.transcripts import SESSION, Claude

_texts = strategies.texts | st.sampled_from(
    ["yes", "Implement the following plan:\n\n# A plan\n\nwith words", "/review"]
)
_steps = st.lists(
    st.tuples(st.sampled_from(["prompt", "says", "edit", "write", "fail", "commit", "todo", "choose"]), _texts),
    min_size=1,
    max_size=12,
)


def conversation(root: str, steps: list[tuple[str, str]]) -> Claude:
    """Return the conversation that these steps make."""
    one = Claude(cwd=root).prompt("Begin the work").prompt("And go on")
    for number, (kind, text) in enumerate(steps):
        path = os.path.join(root, f"file{number % 3}.py")
        if kind == "prompt":
            one.prompt(text)
        elif kind == "says":
            one.says(text)
        elif kind == "edit":
            one.edits(path, "an old line", text)
        elif kind == "write":
            one.writes(path, text)
        elif kind == "fail":
            one.runs("pytest", f"FAILED tests/test_a.py::test_b - {text}", failed=True)
        elif kind == "commit":
            one.runs("git commit", f"[main abc{number:04}] {text.splitlines()[0] if text else 'x'}")
        elif kind == "todo":
            todos = [{"content": text, "status": ("completed", "pending")[number % 2]}]
            one.calls("TodoWrite", {"todos": todos}, {"newTodos": todos})
        else:
            one.calls("AskUserQuestion", {}, {"answers": {text or "Q": "A"}})
    return one


@settings(max_examples=30)
@given(_steps, _steps, st.booleans())
def test_import_again_and_undo_leave_the_store_byte_for_byte(
    first: list[tuple[str, str]], more: list[tuple[str, str]], recorded: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        root.mkdir()
        project = Project(root)
        if recorded:
            project.checkpoint(SESSION, goal="said before", decisions=["kept"])
        path = Path(folder, "t")
        assert_taken_back(project, (conversation(str(root), steps).put(path) for steps in (first, first + more)))


_notes = st.lists(
    st.tuples(st.sampled_from(["decision", "warning", "fact", "omen"]), strategies.texts, st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20)
@given(_notes, _notes)
def test_import_of_another_memory_again_and_undo_leave_the_store_byte_for_byte(
    first: list[tuple[str, str, bool]], more: list[tuple[str, str, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "shop")
        root.mkdir()
        project = Project(root)
        paths = enumerate((first, first + more))
        assert_taken_back(project, (memory(Path(folder, f"{number}.db"), notes) for number, notes in paths))


def assert_taken_back(project: Project, grown: Iterable[Path]) -> None:
    """Import what lies at a path and grows, each time twice, and take it all back: every state is there again."""
    states, batches = [kept(project)], []
    for path in grown:
        wish = Wish((str(path),))
        batches.append(importer.run(project.store, wish).batch)
        states.append(kept(project))
        assert importer.run(project.store, wish).same == [SESSION]
        assert kept(project) == states[-1]
    for batch, state in zip(reversed(batches), reversed(states[:-1]), strict=True):
        if batch:
            assert import_batches.undo(project.store, batch).kept == []
        assert kept(project) == state


def memory(path: Path, notes: list[tuple[str, str, bool]]) -> Path:
    """Write a database of sessionmem that holds these notes."""
    base = {"project_id": "shop-0123abcd", "session_id": SESSION, "created_at": "2026-11-20T10:00:00Z"}
    rows = [
        {**base, "id": str(number), "kind": kind, "content": f"said {text}".encode("utf-8", "replace").decode(),
         "expires_at": "2026-11-21T00:00:00Z" if is_over else None}
        for number, (kind, text, is_over) in enumerate(notes)
    ]  # fmt: skip
    return memories.database(path, memories.SESSIONMEM, {"memories": rows})


def kept(project: Project) -> dict[str, bytes]:
    """Return what a store holds but for its cache."""
    return {name: data for name, data in everything(project.store.path).items() if name != "memory.db"}
