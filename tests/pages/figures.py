"""The figures that README shows, taken from the files of results that the benchmarks wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.bench.table import grid
from tests.pages.blocks import ROOT

BENCH = "python -m tests.bench"
_MAIN, _LINKS, _FOUND = (f"tests/bench/{name}" for name in ("RESULTS.md", "links/RESULTS.md", "retrieval/RESULTS.md"))


@dataclass(frozen=True)
class Source:
    """A file of results: what wrote it, which column holds a figure, and what README calls the rows it shows."""

    path: str
    command: str
    columns: tuple[int, int]
    rows: dict[str, str]


# A row's name in the file, as a pattern for the whole of it, and what README says instead, if anything.
SOURCES = (
    Source(_MAIN, BENCH, (1, 2), {
        r"`ocm-hook pre-tool-use` over `python -c pass`": "what each tool call waits for before it, over a bare `python -c pass`",
        r"`ocm-hook post-tool-use` over `python -c pass`": "and after it",
        r"`ocm-hook post-tool-use` in 30,000 files .*": "the same in a repository of 30,000 files, over an empty one",
        r"checkpoint over MCP at 10,000 sessions over the same at 10": "checkpoint with 10,000 sessions, over one with 10",
        r"checkpoint over MCP at 10,000 sessions, against the reference": "the same over openCodeMemory 0.2.0",
        r"search over MCP at 10,000, less one .*": "search in 10,000 sessions, beyond looking at each file once, over all of it in openCodeMemory 0.2.0",
        r"cold rebuild of 10,000 sessions .*": "cache made anew from 10,000 files, over only parsing them",
        r"10 x 8 parallel first checkpoints of one session, lost": "of 80 first checkpoints at the same moment, lost",
        r"`ocm list` at .* over `python -c pass`": "`ocm list` with 1,000 sessions, over `python -c pass`",
        r"`ocm search` at .* over `python -c pass`": "`ocm search` with 1,000 sessions, over `python -c pass`",
        r"names, descriptions and input schemas of .*": "the tools in each conversation",
        r"packages that an installation adds": "packages beside the four that it builds on",
        r"wheels that it adds, .*": "and their wheels",
        r"`ocm demo` from nothing to its end": "`ocm demo`",
    }),
    Source(_FOUND, f"{BENCH}.retrieval SET…", (1, 2), {
        r"planted notes, in their words": "20 notes among 10,000 sessions, asked for in their words",
        r"planted notes, in other words": "the same, in other words",
        r"brief against all of the history": "brief of a new conversation, against carrying the history",
    }),
    Source(_LINKS, f"{BENCH}.links --blame REPOSITORY…", (4, 5), {}),
)  # fmt: skip


def made() -> str:
    """Return the tables of all files; of one that is not there, how it is written."""
    parts = [part for source in SOURCES if source.rows for part in (_table(source), "")]
    return "\n".join([*parts, _links(SOURCES[-1]), ""])


def _table(source: Source) -> str:
    if not (ROOT / source.path).exists():
        return f"`{source.path}` is not here; `{source.command}` writes it."
    cells = rows(source)
    shown = [
        [words, cells[name][source.columns[0]], cells[name][source.columns[1]]] for name, words in _named(cells, source)
    ]
    return "\n".join(grid([f"`{source.command}`", "measured", "to reach"], shown))


def rows(source: Source) -> dict[str, list[str]]:
    """Return the rows of a file's tables up to its short form, by their first cell."""
    text = (ROOT / source.path).read_text(encoding="utf-8").partition("## The short form")[0]
    found = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line[:1] == "|"
    ]
    return {cells[0]: cells for cells in found if cells and set(cells[0]) != {"-"}}


def _named(cells: dict[str, list[str]], source: Source) -> list[tuple[str, str]]:
    """Return the rows to show with what README says for them.

    Raises:
        LookupError: a row that README shows is not in the file, or is there twice.
    """
    found = []
    for pattern, words in source.rows.items():
        names = [name for name in cells if re.fullmatch(pattern, name)]
        if len(names) != 1:
            raise LookupError(f"{source.path} has {len(names)} rows like {pattern!r}")
        found.append((names[0], words))
    return found


def _links(source: Source) -> str:
    """Say how links between sessions and commits come through rewrites: the lowest and highest of all repositories."""
    if not (ROOT / source.path).exists():
        return f"`{source.path}` is not here; `{source.command}` writes it."
    text = (ROOT / source.path).read_text(encoding="utf-8")
    kinds: dict[str, list[tuple[float, float]]] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\| \S+ \| ([^|]+) \| \d+ \| \d+ \| ([\d.]+) % \| ([\d.]+) % \|", line)
        if match:
            kinds.setdefault(match[1], []).append((float(match[2]), float(match[3])))
    shown = [[f"after a {kind}", *(_range(values, n) for n in (0, 1))] for kind, values in kinds.items()]
    return "\n".join(grid([f"`{source.command}`", "links found", "of those named, right"], shown))


def _range(values: list[tuple[float, float]], column: int) -> str:
    """Return the lowest and the highest of a column."""
    one = [value[column] for value in values]
    return f"{min(one):.0f} to {max(one):.0f} %"
