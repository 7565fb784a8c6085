"""The fact block of a session file as one value: all that only a machine needs, one line a fact.

Pure, and the one place that knows the lines: `calls 12` and the other counts, `event <name> <time>` when a hook event
last fired, `blob <id> <path>` what a file contained, `taken <journal> <kind>` which journals the session file includes,
`dated <time> <digest>` when an item was recorded, `origin <word> <digest> <section> <place>` who an item is from when
it is not the assistant's, `asked <text>` the first prompt, `read <history> <mark>` how far a transcript was imported,
`words <time> <digest>` which last words the program itself wrote, and fingerprints (`fingerprint_lines.py`).
A line of any other form is kept as it is. `Facts.parse(facts.lines()) == facts`, and lines that this class wrote come
out in the same order.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ocm.base.text import whole_number
from ocm.base.values import ASSISTANT, MACHINE, PERSON
from ocm.markdown import fingerprint_lines
from ocm.markdown.fingerprint_lines import Unit

NAME = "ocm"  # what the fence of the block is called
COUNTS = ("checkpoints", "calls", "denials", "reminders", "releases", "flushes")
_ORIGIN, _READ = "origin", "read"
_EVENT, _CONTENT, _TAKEN, _DATED, _WORDS, _ASKED = "event", "blob", "taken", "dated", "words", "asked"
_BLOB = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) (.+)")
_SAID = re.compile(r"(\S+) (\S+)")
_ESCAPED = re.compile(r"\\([\\nr])")
_UNESCAPED = {"n": "\n", "r": "\r", "\\": "\\"}
_BLOCK = re.compile(rf"(?:\r?\n|\A)```{NAME}\r?\n")
_DIGEST_BYTES = 6


class Origin(NamedTuple):
    """Who an item is from: a word such as `machine`, its digest, its section, and its place in what it is from."""

    word: str
    digest: str
    section: str
    place: str


@dataclass(slots=True)
class Facts:
    """What a fact block records.

    Attributes:
        kept: Fingerprints, dates and lines that this version does not know: they are never changed, only added to.
        counts: How often something happened, by its name in `COUNTS`; what never did has no entry.
        fired: When each hook event last fired, as ISO 8601 text.
        contents: The content that each path had when the session last touched it, as git's id for it.
        taken: The journals that the file includes, each with the kind of the checkpoint that took it.
        asked: The first prompt, as a title: what a session is called that nobody gave a title or a goal.
        words: When the last words were said that the program wrote, as ISO 8601 text, and their digest.
    """

    kept: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fired: dict[str, str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    words: tuple[str, str] = ("", "")

    @classmethod
    def parse(cls, lines: Iterable[str]) -> "Facts":
        """Return what `lines` record; a count, event or journal that a person broke is dropped."""
        facts = cls()
        for line in lines:
            word, space, rest = line.partition(" ")
            if space and word in COUNTS:
                facts._read_count(word, rest)
            elif space and word in {_EVENT, _TAKEN}:
                (facts.fired if word == _EVENT else facts.taken).update(_pair(rest, one_word=word == _TAKEN))
            elif word == _CONTENT and (blob := _BLOB.fullmatch(rest)):
                facts.contents[_unescaped(blob[2])] = blob[1]
            elif word == _WORDS and (said := _SAID.fullmatch(rest)):
                facts.words = said[1], said[2]
            elif word == _ASKED and rest.strip() and not facts.asked:
                facts.asked = rest
            else:
                facts.kept.append(line)
        return facts

    def _read_count(self, name: str, rest: str) -> None:
        number = whole_number((rest.split() or [""])[0])
        if number:
            self.counts.setdefault(name, number)

    def lines(self) -> list[str]:
        """Return the lines that record this."""
        return [
            *self.kept,
            *(f"{name} {self.counts[name]}" for name in COUNTS if self.counts.get(name)),
            *(f"{_EVENT} {name} {self.fired[name]}" for name in sorted(self.fired)),
            *(content_line(path, oid) for path, oid in self.contents.items()),
            *(f"{_TAKEN} {journal} {kind}" for journal, kind in self.taken.items()),
            *([f"{_ASKED} {self.asked}"] if self.asked else []),
            *([f"{_WORDS} {self.words[0]} {self.words[1]}"] if self.words[1] else []),
        ]

    def units(self) -> list[Unit]:
        """Return the fingerprints, in order."""
        return fingerprint_lines.units(self.kept)

    def dates(self) -> dict[str, str]:
        """Return when each item was recorded, by its digest."""
        parts = (line.split(" ") for line in self.kept if line.startswith(_DATED + " "))
        return {words[2]: words[1] for words in parts if len(words) == 3}  # noqa: PLR2004 - dated TIME DIGEST

    def origins(self) -> list[Origin]:
        """Return who the items are from that are not the assistant's."""
        parts = (line.split(" ", 4) for line in self.kept if line.startswith(_ORIGIN + " "))
        return [Origin(*words[1:]) for words in parts if len(words) == 5]  # noqa: PLR2004 - the word and four more

    def marks(self) -> dict[str, str]:
        """Return how far each history was imported."""
        parts = (line.split(" ") for line in self.kept if line.startswith(_READ + " "))
        return {words[1]: words[2] for words in parts if len(words) == 3}  # noqa: PLR2004 - READ HISTORY MARK

    def note_import(self, origins: Iterable[Origin], marks: dict[str, str]) -> None:
        """Record these origins and marks, and no others; of several of one item the first counts."""
        first = {one[:3]: one for one in reversed([*origins])}
        self.kept = [line for line in self.kept if not line.startswith((_ORIGIN + " ", _READ + " "))]
        self.kept += [
            f"{_ORIGIN} {one.word} {one.digest} {one.section} {one.place}" for one in reversed(first.values())
        ]
        self.kept += [f"{_READ} {history} {mark}" for history, mark in marks.items()]

    def note_person(self, section: str, text: str) -> None:
        """Record that an item of a section is a person's own."""
        line = f"{_ORIGIN} {PERSON} {digest(text)} {section} note"
        self.kept += [] if line in self.kept else [line]

    def replace_fingerprints(self, lines: Iterable[str]) -> None:
        """Record the fingerprints among `lines`, and no others."""
        word = fingerprint_lines.WORD + " "
        new = [line for line in lines if line.startswith(word)]
        if new != [line for line in self.kept if line.startswith(word)]:
            self.kept = [*(line for line in self.kept if not line.startswith(word)), *new]

    def add(self, lines: Iterable[str]) -> None:
        """Add fingerprints and dates, but for those that were recorded before, whenever that was."""
        words = (f"{fingerprint_lines.WORD} ", f"{_DATED} ")
        known = {_without_time(line) for line in self.kept if line.startswith(words)}
        self.kept += [line for line in lines if _without_time(line) not in known]


def split(text: str) -> tuple[str, Facts]:
    """Return the text of a session file up to its fact block, and the block; it need not be parsed for that."""
    parts = _BLOCK.split(text, maxsplit=1)
    lines = [line.removesuffix("\r") for line in parts[1].split("\n")] if len(parts) > 1 else []
    return parts[0], Facts.parse(lines[: lines.index("```")] if "```" in lines else lines)


def content_line(path: str, oid: str) -> str:
    """Return the line which records that `path` had the content `oid`; the path is escaped to stay on its line."""
    return f"{_CONTENT} {oid} " + path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def date_line(at: str, text: str) -> str:
    """Return the line that records when an item was recorded."""
    return f"{_DATED} {at} {digest(text)}"


class Authors:
    """Who the items of a session are from: the assistant, unless its facts say otherwise or no checkpoint dated it."""

    def __init__(self, known: Facts, tool: str) -> None:
        """Read what the facts of a session say, which `tool` recorded."""
        self._noted = {(one.section, one.digest): one.word for one in known.origins()}
        self._dated = known.dates()
        self._else = PERSON if self._noted or self._dated or tool == PERSON else ASSISTANT

    def of(self, section: str, text: str) -> str:
        """Return the word for who an item of a section is from."""
        mark = digest(text)
        noted = self._noted.get((section, mark), "")
        if mark in self._dated and noted in {"", MACHINE}:  # what a checkpoint said, it says for itself
            return ASSISTANT
        return noted or self._else


def digest(text: str) -> str:
    """Return what stands for a text in a `dated` or `words` line."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def _pair(rest: str, *, one_word: bool) -> dict[str, str]:
    """Return a name and what follows it: exactly one word, or any number of them."""
    name, *words = rest.split() or [""]
    return {name: " ".join(words)} if words and (len(words) == 1 or not one_word) else {}


def _unescaped(path: str) -> str:
    return _ESCAPED.sub(lambda letter: _UNESCAPED[letter[1]], path)


def _without_time(line: str) -> str:
    word, _, rest = line.partition(" ")
    return f"{word} {rest.partition(' ')[2]}"
