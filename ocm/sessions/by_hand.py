"""A change by hand is one transaction: what the files said before is kept first, so that it can be taken back.

Only the last change is taken back, and only where the files still say what it wrote: nobody's later words are lost.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ocm.base.errors import NotFoundError, OcmError
from ocm.base.model import Session
from ocm.base.text import one_line
from ocm.markdown import facts, render
from ocm.markdown.facts import digest
from ocm.sessions import archive, backups, export_format, session_files
from ocm.sessions.backups import Wrote
from ocm.sessions.export_format import Bundle, Entry
from ocm.sessions.session_files import Known
from ocm.store import files, journal
from ocm.store.paths import Store

_ATTEMPTS = 5
_UNDONE = "undone"
_SECTION = re.compile(rf"^(?=## |```{facts.NAME}$)", re.MULTILINE)
_FRONT, _FACTS = "the front matter", "facts"
Edit = Callable[[Session], Session]


class Change:
    """What a person changes with one command: one file, or several that belong together."""

    def __init__(self, store: Store, what: str) -> None:
        """Begin with nothing; `what` is the name of the command, and says nothing of what was typed."""
        self._store, self._what = store, what
        self._path = ""
        self._entries: dict[str, Entry] = {}
        self._wrote: dict[str, Wrote] = {}

    def session(self, session_id: str, edit: Edit, new: Session | None = None, place: Store | None = None) -> None:
        """Write a session as `edit` makes it, over its file or as a new one; again when somebody saved it in between.

        Raises:
            NotFoundError: there is no such session, and it is not to be a new one.
            OcmError: the file is saved all the time, or cannot be written.
        """
        place = place or self._store
        self.text(
            session_id,
            lambda known: session_files.rendered(place, known, edit(known.session)),
            place,
            new and edit(new),
        )

    def text(self, session_id: str, made: Callable[[Known], str], place: Store, new: Session | None = None) -> None:
        """Write the text that is `made` of a session's file likewise."""
        from ocm.index import scan

        files.make_private_dir(place.sessions)
        with files.locked(session_files.lock_path(self._store, session_id)):
            for _ in range(_ATTEMPTS):
                folder = scan.folder_stamp(place)
                known = session_files.read(place, session_id, [])
                if known:
                    is_done = self.over(place, known, made(known))
                elif new:
                    is_done = self._anew(place, new, folder)
                else:
                    raise NotFoundError(f"There is no session {session_id!r} any more.", "See: ocm list")
                if is_done:
                    return
        raise OcmError("The session file is being changed all the time.", "Try again.")

    def over(self, place: Store, known: Known, text: str) -> bool:
        """Write a text over a file, whose lock the caller holds; False where somebody changed it meanwhile."""
        before = session_files.text(place, known.name)
        if text == before:
            return True
        self._note(known.session.session_id, Entry(known.name, before, _is_archive(self._store, place)), marks(text))
        folder = session_files.replace_text(place, known, text)
        if folder is not None:
            _refresh(place, known.name, folder)
        return folder is not None

    def _anew(self, place: Store, session: Session, folder: int) -> bool:
        self._note(session.session_id, None, marks(render.render(session)))
        written = session_files.write(place, None, session, "", seen=folder)
        if written:
            _refresh(place, written.name, written.folder)
        return written is not None

    def remove(self, place: Store, known: Known) -> bool:
        """Take a session's file away, whose lock the caller holds; False where somebody changed it meanwhile."""
        entry = Entry(known.name, session_files.text(place, known.name), _is_archive(self._store, place))
        self._note(known.session.session_id, entry, "")
        if not session_files.is_unchanged(place, known):
            return False
        session_files.remove(place, [known.name])
        _refresh(place, known.name, None)
        return True

    def _note(self, session_id: str, before: Entry | None, after: str) -> None:
        """Note durably what is about to be written, and what was there before the first time that this change wrote."""
        earlier = self._wrote.get(session_id)
        goes_on = earlier and before and earlier.after == marks(before.text)
        if not goes_on:
            self._entries.pop(session_id, None)
            self._entries |= {session_id: before} if before else {}
        name = self._entries[session_id].name if session_id in self._entries else ""
        self._wrote[session_id] = Wrote(session_id, name, after)
        rows = [one._asdict() for one in self._wrote.values()]
        note: dict[str, object] = {"what": self._what, "at": time.time_ns(), "wrote": rows}
        entries = list(self._entries.values())
        owner = journal.key(session_id)  # whose lock is held
        if self._path:
            export_format.write(self._path, self._store, entries, owner=owner, change=note)
        else:
            self._path = backups.keep(self._store, backups.BY_HAND, entries, owner=owner, change=note)


def marks(text: str) -> str:
    """Return by what a text is known again, section by section, without a word of it."""
    return " ".join(f"{digest(_heading(part))}:{digest(part)}" for part in _SECTION.split(text))


def _heading(part: str) -> str:
    heading = part.partition("\n")[0]
    return heading.removeprefix("## ") if part.startswith("## ") else _FACTS if heading == f"```{facts.NAME}" else ""


def _is_archive(store: Store, place: Store) -> bool:
    return place.path != store.path


def _refresh(place: Store, name: str, folder: int | None) -> None:
    from ocm.index import checkpoint_queries

    checkpoint_queries.refresh(place, name, before=folder)


# --- taking back


class Step(NamedTuple):
    """What taking back does to one file: what it says now, and what it said before; None for no file."""

    session_id: str
    archived: bool
    name: str
    now: str | None
    before: str | None


class Undo(NamedTuple):
    """The last change by hand: its safety copy, what it was, when (epoch seconds), and what is to be done."""

    path: str
    what: str
    at: float
    steps: list[Step]


def last(store: Store) -> Undo:
    """Return what taking back the last change by hand would do; one that was never carried out is passed over.

    Raises:
        NotFoundError: there is none.
        OcmError: a file was changed since; what changed is named.
    """
    for path, bundle in backups.changes(store):
        steps = [step for one in backups.wrote(bundle) if (step := _step(store, bundle, one))]
        if steps:
            note = bundle.change or {}
            at = note.get("at")
            return Undo(path, one_line(str(note.get("what")), 40), at / 1e9 if isinstance(at, int) else 0.0, steps)
    raise NotFoundError("There is no change by hand to undo.", "See: ocm help undo")


def _step(store: Store, bundle: Bundle, one: Wrote) -> Step | None:
    """Return what is to be done about one file; None where it says already what it said before."""
    entry = next((each for each in bundle.entries if each.name == one.file), None) if one.file else None
    before = entry.text if entry else None
    place, name = _file_of(store, one.session_id)
    now = session_files.text(place, name) if name else None
    if now == before:
        return None
    if (marks(now) if now is not None else "") != one.after:
        raise OcmError(
            f"{name or one.file} was changed since ({', '.join(_changed(now, one.after))}).",
            "Undo would lose that, so nothing was done: correct the file with `ocm edit`.",
        )
    archived = _is_archive(store, place) if name else bool(entry and entry.archived)
    return Step(one.session_id, archived, name or one.file, now, before)


def _file_of(store: Store, session_id: str) -> tuple[Store, str]:
    """Return where a session has a file of its own; without a name where it has none."""
    for place, _ in archive.places(store):
        name = session_files.locate(place, session_id, [])
        if name and session_files.holds(place, name, session_id):
            return place, name
    return store, ""


def _changed(now: str | None, after: str) -> Iterator[str]:
    """Yield what of a file is not as it was written."""
    if now is None or not after:
        yield "it is gone" if now is None else "it is there again"
        return
    known = set(after.split(" "))
    parts = [(part, f"{digest(_heading(part))}:{digest(part)}") for part in _SECTION.split(now)]
    yield from (one_line(_heading(part), 40) or _FRONT for part, mark in parts if mark not in known)
    if {mark.partition(":")[0] for mark in known} - {mark.partition(":")[0] for _, mark in parts}:
        yield "a section that is gone"


def undo(store: Store, wanted: Undo) -> None:
    """Take a change back, durably; what the files say now goes into a safety copy first.

    Raises:
        OcmError: it is not the last one any more, or a file was changed meanwhile.
    """
    with files.locked(os.path.join(store.path, "undo.lock")):
        if last(store) != wanted:
            raise OcmError("Something was changed meanwhile, so nothing was undone.", "See: ocm undo")
        now = [Entry(one.name, one.now, one.archived) for one in wanted.steps if one.now is not None]
        backups.keep(store, _UNDONE, now, owner=_UNDONE)
        for step in wanted.steps:
            _carry_out(store, step)
        backups.remove(wanted.path)


def _carry_out(store: Store, step: Step) -> None:
    place, name = archive.archive_of(store) if step.archived else store, step.name
    with files.locked(session_files.lock_path(store, step.session_id)):
        if step.now is not None and session_files.text(place, name) != step.now:
            raise OcmError(f"{name} was changed meanwhile.", "See: ocm undo")
        if step.now is None:
            files.make_private_dir(place.sessions)
            name = archive.free_name(place, name)
        if step.before is None:
            session_files.remove(place, [name])
        else:
            session_files.put(place, name, step.before, step.session_id, new=step.now is None)
    _refresh(place, name, None)
