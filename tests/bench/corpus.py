"""Made-up sessions out of words, names and paths that every checkout has: those of the Python standard library."""

from __future__ import annotations

import functools
import random
import re
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.base.model import FileChange, Reference, Session, WorkEntry, slugify
from ocm.base.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 4000
FILES = 10
ABOUT, LEAST_SAID = 3, 12  # modules that a session is about, and how many sentences such a module must hold
CODE_IN = 4  # one session in so many holds an item of several lines, with code in it
_SKIPPED = {"site-packages", "test", "tests", "idlelib", "lib2to3", "turtledemo", "__pycache__"}
_DOCSTRING = re.compile(r'"""(.{40,4000}?)"""', re.DOTALL)
_NAME = re.compile(r"^\s*(?:def|class) (\w{4,})", re.MULTILINE)
_SENTENCE = re.compile(r"[A-Z][^.!?\n]{30,260}[.!?](?=\s|$)")
_NEWEST = datetime(2025, 12, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Corpus:
    """What sessions are made of: all of the library, or the few modules that a session is about."""

    sentences: list[str]
    names: list[str]
    paths: list[str]
    modules: tuple[Corpus, ...] = ()


@functools.cache
def corpus() -> Corpus:
    """Read the standard library."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in sorted(root.rglob("*.py")) if _SKIPPED.isdisjoint(path.relative_to(root).parts)]
    modules = tuple(_module(path, f"Lib/{path.relative_to(root).as_posix()}") for path in paths)
    whole = _joined(modules)
    said = tuple(module for module in modules if module.names and len(module.sentences) >= LEAST_SAID)
    return Corpus(whole.sentences, whole.names, whole.paths, said)


def _module(path: Path, name: str) -> Corpus:
    text = path.read_text(encoding="utf-8", errors="replace")
    docstrings = (" ".join(docstring.split()) for docstring in _DOCSTRING.findall(text))
    sentences = dict.fromkeys(sentence for docstring in docstrings for sentence in _SENTENCE.findall(docstring))
    return Corpus(list(sentences), list(dict.fromkeys(_NAME.findall(text))), [name])


def _joined(modules: tuple[Corpus, ...]) -> Corpus:
    sentences = dict.fromkeys(sentence for module in modules for sentence in module.sentences)
    names = dict.fromkeys(name for module in modules for name in module.names)
    return Corpus(list(sentences), list(names), [path for module in modules for path in module.paths])


def session_id(number: int) -> str:
    """Name a session as a host does."""
    return f"{random.Random(number).getrandbits(128):032x}"  # noqa: S311 - nothing is secret here


class Writer:
    """Makes up one session; the same number makes the same session."""

    def __init__(self, number: int) -> None:
        """Draw from the corpus as the number says."""
        self.number = number
        self.random = random.Random(f"session {number}")  # noqa: S311 - nothing is secret here
        everything = corpus()
        weights = [len(module.sentences) for module in everything.modules]
        self.corpus = _joined(tuple(self.random.choices(everything.modules, weights, k=ABOUT)))
        self.all_paths = everything.paths
        self.began = _NEWEST - timedelta(minutes=47 * number)

    def sentence(self) -> str:
        """Say something, often about a name or a file."""
        text = self.random.choice(self.corpus.sentences)
        kind = self.random.random()
        if kind < 0.3:
            return f"{text[:-1]}, see `{self.random.choice(self.corpus.names)}`."
        return f"{self.random.choice(self.corpus.paths)}: {text}" if kind > 0.85 else text

    def sentences(self, count: int) -> list[str]:
        """Say several things."""
        return [self.sentence() for _ in range(count)]

    def decision(self) -> str:
        """Decide something, in the form that the rules ask for."""
        label = " ".join(self.random.choice(self.corpus.names) for _ in range(2))
        return f"**{label}:** {self.sentence()}"

    def code(self) -> str:
        """Write an item that holds a few lines of code."""
        lines = [f"    {name}({self.random.choice(self.corpus.names)})" for name in self._names(3)]
        return "\n".join([self.sentence(), "", "```python", "def example():", *lines, "```"])

    def _names(self, count: int) -> list[str]:
        return [self.random.choice(self.corpus.names) for _ in range(count)]

    def session(self) -> Session:
        """Write a session of about four kilobytes."""
        goal = self.sentence()
        found = Session(
            session_id=session_id(self.number),
            title=one_line(goal, 80),
            slug=slugify(" ".join(self._names(3)), 40),
            tool="claude-code",
            project="example",
            branch=self.random.choice(("main", "fix/parser", "feature/search")),
            status="closed",
            started_at=self.began.isoformat(timespec="seconds"),
            updated_at=(self.began + timedelta(minutes=40)).isoformat(timespec="seconds"),
            trigger="task_end",
            goal=goal,
            files=self._files(),
            diff_summary="10 files changed, 214 insertions(+), 61 deletions(-)",
            work_pending=self.sentences(2),
            decisions=[self.decision() for _ in range(3)],
            problems=self.sentences(1),
            references=[Reference(f"https://example.org/{name}", name) for name in self._names(1)],
            tags=self._names(2),
        )
        self._fill(found)
        return found

    def _files(self) -> list[FileChange]:
        near = self.random.randrange(len(self.all_paths) - 3 * FILES)
        paths = dict.fromkeys(self.corpus.paths + self.random.sample(self.all_paths[near : near + 3 * FILES], FILES))
        return [FileChange(path, "created" if n < 2 else "modified") for n, path in enumerate(list(paths)[:FILES])]

    def _fill(self, found: Session) -> None:
        """Add work until the file is as long as it shall be."""
        left = SIZE - 2350  # front matter, headings, file list, and what is there already
        for n in range(4):
            when = self.began + timedelta(minutes=10 * n)
            items = [self.code()] if n == 1 and self.number % CODE_IN == 0 else []
            while sum(map(len, items)) < left / 6:
                items.append(self.sentence())
            found.work.append(WorkEntry(f"{when:%Y-%m-%d %H:%M} · {self.random.getrandbits(28):07x}", items))
        while sum(map(len, found.work_completed)) < left / 3:
            found.work_completed.append(self.sentence())


def sessions(count: int) -> Iterator[Session]:
    """Make up so many sessions, the newest first."""
    for number in range(count):
        yield Writer(number).session()


def words_of(session: Session) -> list[str]:
    """Return the longer words that a session's work holds, in order."""
    return re.findall(r"\b[a-z]{6,}\b", " ".join(session.work_summary))
