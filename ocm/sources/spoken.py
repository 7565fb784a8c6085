"""What was said in a conversation, word for word: a listener, to whom readers tell it as they tell a story.

Prompts, every answer, accepted plans, answered questions and of a failed test or build the one telling line are kept,
each redacted before it is cut; edits, commands and what tools printed are not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ocm.sources import registry
from ocm.sources.head import Head
from ocm.sources.json_lines import Position
from ocm.sources.story import OUTPUT, Clean, Story, checked, telling_line

USER, ASSISTANT, ERROR = "user", "assistant", "error"
MAX_SAID = 20_000  # characters of one of them
MOST = (1 << 20) - 1  # of them in one conversation
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
