"""What was said in a conversation, word for word: a listener, to whom readers tell it as they tell a story.

Prompts, every answer, accepted plans, answered questions and of a failed test or build the one telling line are kept,
each redacted before it is cut; edits, commands and what tools printed are not.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from ocm.base import sanitize, times
from ocm.base.errors import BadInputError, NotFoundError, OcmError
from ocm.base.text import one_line
from ocm.sessions import lookup, session_files
from ocm.sources import registry, survey
from ocm.sources.head import Head
from ocm.sources.json_lines import Position, Unreadable
from ocm.sources.ownership import Owners, Project
from ocm.sources.story import OUTPUT, Clean, Story, checked, telling_line
from ocm.store import registry as projects
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import SaidPage

USER, ASSISTANT, ERROR = "user", "assistant", "error"
MAX_SAID = 20_000  # characters of one of them
MOST = (1 << 20) - 1  # of them in one conversation
_AROUND = 10  # texts before and after a time
_LEAST_ID, _NAMED = 8, 5  # characters of an id that are enough of one; ids that an error names
_TOGETHER = 500_000  # characters that are handed on at once


class Said(NamedTuple):
    """One thing that was said: its number in the conversation, by whom, when, where in the file, and what."""

    n: int
    role: str
    at: float
    place: str
    text: str


class BehindError(Exception):
    """What was read before is not as it was: turns of it were rolled back, so the file has to be read whole."""


class Sink:
    """What takes in what was said; this one keeps it all, in order."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.said: list[Said] = []

    def put(self, said: list[Said]) -> None:
        """Take some more."""
        self.said += said

    def drop(self, n: int) -> None:
        """Forget everything from number `n` on."""
        self.said = [one for one in self.said if one.n < n]


@dataclass(slots=True)
class Listener(Story):
    """A story of which only the words are kept; those said `before` at the same moment are not said again.

    It `goes_on` where what stands before was read earlier.
    """

    sink: Sink = field(default_factory=Sink)
    before: set[int] = field(default_factory=set)
    goes_on: bool = False
    now: float = 0.0
    _held: list[Said] = field(default_factory=list)
    _size: int = 0
    _asked: list[int] = field(default_factory=list)

    # --- what is kept

    def seen(self, at: float) -> None:
        """Take the time of a record."""
        self.now = at

    def prompt(self, text: str, at: float, place: str) -> None:
        """Take what a person typed."""
        self._say(USER, text, at, place)

    def answer(self, text: str, at: float, place: str) -> None:
        """Take what the assistant said."""
        self._say(ASSISTANT, text, at, place)

    def plan(self, text: str, place: str) -> None:
        """Take a plan that was accepted."""
        self._say(ASSISTANT, text, self.now, place)

    def chosen(self, question: str, answer: str, place: str) -> None:
        """Take a question that a person answered."""
        if question.strip() and answer.strip():
            self._say(USER, f"{question.strip()} → {answer.strip()}", self.now, place)

    def ran(self, command: str, output: str, at: float, place: str, *, failed: bool | None) -> None:
        """Take of a test or a build that failed the line that says why."""
        found = checked(command) if failed else None
        line = telling_line(output[-OUTPUT:]) if found else ""
        if found and line:
            self._say(ERROR, f"{found[0]}: {line}", at, place)

    def take_back(self, turns: int) -> None:
        """Forget the last turns, which were rolled back.

        Raises:
            BehindError: some of them were read earlier.
        """
        if turns <= 0:
            return
        if turns > len(self._asked) and self.goes_on:
            raise BehindError
        n = self._asked[-turns] if turns <= len(self._asked) else 0
        del self._asked[-turns:]
        self._held = [one for one in self._held if one.n < n]
        self.sink.drop(n)
        self.position.told = n

    def flush(self) -> None:
        """Hand on what is held."""
        self.sink.put(self._held)
        self._held, self._size = [], 0

    # --- what is not

    def edit(self, path: str, kind: str, lines: Iterable[bytes], at: float) -> None:
        """Leave an edit out."""

    def committed(self, sha: str, subject: str, at: float, place: str) -> None:
        """Leave a commit out."""

    def todo(self, key: str, text: str, status: str, place: str) -> None:
        """Leave a to-do item out."""

    def link(self, url: str, title: str) -> None:
        """Leave a reference out."""

    def _say(self, role: str, text: str, at: float, place: str) -> None:
        text = self._clean(text)[:MAX_SAID]
        one = hash((role, at, text))
        if not text or (at and one in self.before) or self.position.told >= MOST:
            return
        self.before.add(one)
        if role == USER:
            self._asked.append(self.position.told)
        self._held.append(Said(self.position.told, role, at, place, text))
        self._size += len(text)
        self.position.told += 1
        if self._size > _TOGETHER:
            self.flush()


def listen(head: Head, clean: Clean, sink: Sink, position: Position, before: Callable[[], set[int]] = set) -> Position:
    """Hand everything that was said in a conversation, from a position on, to a sink; return how far it was read.

    Raises:
        BehindError: it has to be read from the beginning.
        OSError: it cannot be read.
    """
    heard = Listener(clean, str, position=position, sink=sink, before=before(), goes_on=position.offset > 0)
    registry.read(replace(head, parts=()), heard)
    heard.flush()
    return position


# --- one conversation, shown


def conversation(store: Store, identifier: str, around: str = "") -> "SaidPage":
    """Return a conversation as its host's own file has it, redacted: all of it, or what was said around a time.

    Args:
        store: Whose sessions `identifier` may name.
        identifier: What names a session, or the id of a conversation that is none, or the unique beginning of one.
        around: A day or time.

    Raises:
        BadInputError: `around` is none.
        NotFoundError: there is no such transcript, it was forgotten, or there is more than one.
        OSError: it cannot be read.
    """
    at = _moment(around)
    owners = Owners([store, *projects.everywhere()])
    head = _located(survey.transcripts(Project.of(store).roots), _session_id(store, identifier), identifier)
    if head is None or owners.are_against(head):
        said = f"There is no transcript of {one_line(identifier, 80)!r} on this machine."
        raise NotFoundError(said, "Search what was said: ocm search --transcripts QUERY")
    sink = Sink()
    listen(head, owners.of(head.cwd).clean, sink, Position())
    shown = _near(sink.said, at) if around else sink.said
    return {
        "session_id": head.session_id,
        "tool": head.source,
        "date": times.iso(head.start),
        "project": sanitize.clean_line(os.path.basename(head.cwd)),
        "file": head.path,
        "said": [
            {"role": one.role, "date": times.iso(one.at), "position": one.place, "text": one.text} for one in shown
        ],
        "left_out": len(sink.said) - len(shown),
    }


def _moment(around: str) -> float:
    try:
        return times.bound(around.strip()) if around else 0.0
    except ValueError:
        said = f"around {one_line(around, 40)!r} is no time."
        raise BadInputError(said, "Accepted: 2026-03-31 or 2026-03-31T14:00:00+02:00.") from None


def _session_id(store: Store, identifier: str) -> str:
    """Return the id of the session that is meant, empty where the store has none."""
    with contextlib.suppress(OcmError):
        place, name = lookup.find_anywhere(store, identifier)
        return session_files.load(place, name).session.session_id
    return ""


def _located(files: dict[str, survey.File], session_id: str, identifier: str) -> Head | None:
    """Return the conversation of an id, else the only one whose id begins so; files named so are looked into first.

    Raises:
        NotFoundError: there is more than one.
    """
    wanted = session_id or identifier
    found: dict[str, Head] = {}
    for head in _heads(files, sorted(files, key=lambda path: wanted not in path)):
        if head.session_id == wanted:
            return head
        if not session_id and len(wanted) >= _LEAST_ID and head.session_id.startswith(wanted):
            found[head.session_id] = head
    if len(found) > 1:
        some = ", ".join(list(found)[:_NAMED])
        raise NotFoundError(f"{one_line(wanted, 80)!r} may mean {len(found)}: {some}.", "Give more of the id.")
    return next(iter(found.values()), None)


def _heads(files: dict[str, survey.File], paths: list[str]) -> Iterator[Head]:
    unread = Unreadable()
    for source, unit in dict.fromkeys((files[path].source, files[path].unit) for path in paths):
        with contextlib.suppress(OSError):
            yield from (one for one in registry.heads_of(source, unit, unread) if one.path in files and not one.notes)


def _near(said: list[Said], at: float) -> list[Said]:
    """Return what was said shortly before and after a time."""
    n = next((n for n, one in enumerate(said) if one.at >= at), len(said))
    return said[max(n - _AROUND, 0) : n + _AROUND + 1]
