"""What a person writes and corrects: notes, what is to be done, and what a session is called and marked with.

The functions behind the commands, and behind whatever else lets a person do the same. Each is one change that
`by_hand` can take back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from ocm.base.errors import BadInputError, NotFoundError, OcmError, UnreadableSessionError
from ocm.base.model import MAX_ITEM, Session, clean_text
from ocm.base.text import one_line
from ocm.base.values import PERSON
from ocm.markdown import line_merge, parse
from ocm.markdown.facts import Facts, date_line
from ocm.redaction import redact, user_rules
from ocm.sessions import backups, redact_scan, session_files
from ocm.sessions.by_hand import Change
from ocm.sessions.session_files import Known
from ocm.store import paths
from ocm.store.paths import Store, user_store

BY_HAND = "todo"  # the id of the session that holds what a person adds
_TO_DO = "To be done, by hand"
_MOST_TAG = 100
Held = tuple[str, int, str]  # an item: its session, its place there, and its text


@dataclass(frozen=True, slots=True)
class Labels:
    """What a person wants a session to be called and marked with; None and nothing leave it as it is."""

    title: str | None = None
    tags: Sequence[str] = ()
    untags: Sequence[str] = ()
    pinned: bool | None = None


class _Pen:
    """Who writes, where and when: texts without what must not be stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules = user_rules.load(user_store(), store.path)
        self.now = datetime.now().astimezone().isoformat(timespec="seconds")
        self.branch = self.clean(paths.git_head(store.root)[1])

    def clean(self, text: str) -> str:
        return redact.redact(clean_text(text), self._rules)[0].strip()

    def written(self, text: str, next_step: str) -> str:
        """Return what a person typed as it is stored.

        Raises:
            BadInputError: it is empty, too long, or no text.
        """
        if len(text) > MAX_ITEM or not _is_text(text):
            raise BadInputError(
                "The text is too long, or not valid Unicode.", f"At most {MAX_ITEM} characters are kept."
            )
        found = self.clean(text)
        if not found:
            raise BadInputError("The text is empty.", next_step)
        return found

    def new(self, session_id: str, title: str) -> Session:
        from ocm.git import worktree

        project = self.clean(worktree.project_name(self._store.root))
        return Session(session_id, title, tool=PERSON, project=project, started_at=self.now)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- what is to be done


def add(store: Store, text: str) -> str:
    """Put something on the list, and return it as it was stored.

    Raises:
        BadInputError: it is empty, too long, or no text.
    """
    pen = _Pen(store)
    item = pen.written(text, "Give what is to be done.")

    def with_item(session: Session) -> Session:
        pending = [*session.work_pending, *([] if item in session.work_pending else [item])]
        return replace(session, work_pending=pending, updated_at=pen.now, branch=pen.branch)

    Change(store, "todo add").session(BY_HAND, with_item, pen.new(BY_HAND, _TO_DO))
    return item


def finish(store: Store, held: Sequence[Held], *, done: bool) -> None:
    """Take an item off the list in every session that holds it; where it is `done`, it goes to what was completed.

    Raises:
        NotFoundError: a session or the item is not there any more.
    """
    change = Change(store, "done" if done else "drop")
    for session_id, number, text in held:

        def without(session: Session, number: int = number, text: str = text) -> Session:
            pending = list(session.work_pending)
            if text not in pending:
                raise NotFoundError("The item was changed meanwhile.", "See: ocm todo")
            pending.pop(number if pending[number : number + 1] == [text] else pending.index(text))
            completed = [*session.work_completed, *([text] if done else [])]
            return replace(session, work_pending=pending, work_completed=completed)

        change.session(session_id, without)


# --- notes


def note(store: Store, text: str, *, path: str = "", line: int | None = None, tags: Sequence[str] = ()) -> str:
    """Keep a note, about a file or a line of it where one is named, and return it as it was stored.

    It is a decision of the session that holds what a person noted on that day, and known for a person's.

    Raises:
        BadInputError: it is empty, too long, or no text.
    """
    pen = _Pen(store)
    item = _about(pen.written(text, "Give what is to be noted."), pen.clean(path), line)
    added = _tags(pen, tags)

    def with_note(session: Session) -> Session:
        facts = Facts.parse(session.facts)
        facts.add([date_line(pen.now, item)])
        facts.note_person("decisions", item)
        return replace(
            session,
            decisions=[*session.decisions, *([] if item in session.decisions else [item])],
            tags=list(dict.fromkeys([*session.tags, *added])),
            updated_at=pen.now,
            ended_at=pen.now,
            branch=pen.branch,
            facts=facts.lines(),
        )

    def once(session: Session) -> Session:
        return session if item in session.decisions and set(added) <= set(session.tags) else with_note(session)

    day = pen.now[:10]
    new = replace(pen.new(f"note-{day}", f"Notes of {day}, by hand"), status="closed")
    Change(store, "note").session(new.session_id, once, new)
    return item


def _about(text: str, path: str, line: int | None) -> str:
    """Return a note that names what it is about, where that is something."""
    if not path:
        return text
    place = parse.code_span(f"{path}:{line}" if line else path)
    return f"{text}\n\n{place}" if "\n" in text else f"{text} ({place})"


# --- what a session is called and marked with


def label(store: Store, place: Store, session_id: str, wanted: Labels) -> None:
    """Give a session another title, tags, and put a pin in it or take it out.

    Raises:
        BadInputError: a title or tag is empty.
        NotFoundError: there is no such session any more.
    """
    pen = _Pen(store)
    title = None if wanted.title is None else one_line(pen.written(wanted.title, "Give a title."))
    tags, gone = _tags(pen, wanted.tags), set(map(one_line, wanted.untags))

    def labelled(session: Session) -> Session:
        kept = [tag for tag in session.tags if tag not in gone]
        pinned = session.pinned
        if wanted.pinned is not None and wanted.pinned != session.is_pinned:
            pinned = "true" if wanted.pinned else "false"
        return replace(
            session,
            title=session.title if title is None else title,
            tags=list(dict.fromkeys([*kept, *tags])),
            pinned=pinned,
        )

    Change(store, "edit").session(session_id, labelled, place=place)


# --- the whole text


class Draft(NamedTuple):
    """A copy of a session's file that a person edits: where it is, and what the file said when it was made."""

    path: str
    session_id: str
    base: str


def draft(place: Store, name: str, store: Store) -> Draft:
    """Make a copy of a session's file for a person to edit."""
    base = session_files.text(place, name)
    session_id = session_files.load(place, name).session.session_id
    return Draft(backups.draft(store, session_id, base), session_id, base)


def retype(store: Store, place: Store, given: Draft) -> bool:
    """Write what a person made of the copy over the session's file; False where that is nothing. The copy is done with.

    What was written there meanwhile stays: both changes are made where they do not meet.

    Raises:
        UnreadableSessionError: it cannot be read as a session; named with its line, and left where it is.
        OcmError: it is another session's, or the file was changed at the same place.
    """
    text = _typed(given.path)
    if text == given.base:
        backups.remove(given.path)
        return False
    text = redact_scan.cleaned(text, user_rules.load(user_store(), store.path))[0]
    if parse.parse(text).session_id != given.session_id:
        raise OcmError(f"The copy has another session_id than {given.session_id!r}.", "Put that back.")

    def made(known: Known) -> str:
        now = session_files.text(place, known.name)
        both = text if now == given.base else line_merge.merged(given.base, text, now)
        if both is None or not _is_session(both, given.session_id):
            raise OcmError(
                f"{known.name} was changed at the same place meanwhile.", "Edit it anew, from what it says now."
            )
        return both

    Change(store, "edit").text(given.session_id, made, place)
    backups.remove(given.path)
    return True


def _typed(path: str) -> str:
    """Return the text of a copy, which can be read as a session."""
    data = paths.read_regular(path, paths.MAX_SESSION_FILE)
    try:
        text = data.decode()
        parse.parse(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableSessionError("it is not UTF-8", path=path, line=line) from None
    except UnreadableSessionError as error:
        raise UnreadableSessionError(error.why, path=path, line=error.line) from None
    return text


def _is_session(text: str, session_id: str) -> bool:
    try:
        return parse.parse(text).session_id == session_id
    except UnreadableSessionError:
        return False


def _tags(pen: _Pen, tags: Sequence[str]) -> list[str]:
    return [one_line(pen.written(tag, "Give a word as the tag."), _MOST_TAG) for tag in tags]
