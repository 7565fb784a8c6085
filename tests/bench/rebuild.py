"""Making the cache anew from markdown, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import corpus, stores
from tests.bench.setting import Setting, settle
from tests.bench.sides import STORE
from tests.bench.table import Detail, Row
from tests.bench.timing import alternate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.timing import Command

MOST_OF_PARSE, MOST_OF_MARKDOWN = 0.45, 1.7
LEAST, AT_MOST = 5, 1_000  # runs where one takes many seconds; sessions at which the reference's takes but a few
_PARSE = """
import os, sys
from markdown_it import MarkdownIt
for entry in os.scandir(sys.argv[1]):
    with open(entry.path, encoding="utf-8") as file:
        MarkdownIt("commonmark").parse(file.read())
"""


def rebuild(setting: Setting) -> list[Row | Detail]:
    """Measure a rebuild from nothing, on one core, beside a plain parse of the same files, in processor time."""
    project = setting.ours.project(setting.most)
    parse = setting.ours.command(project, "python", "-c", _PARSE, str(project / STORE / "sessions"))
    again = _cold(project, setting.ours.command(project, "ocm", "rebuild-index"))
    settle()
    samples = alternate({"here": again, "parse": parse.processor}, LEAST, warm=1)
    row = Row(
        f"cold rebuild of {setting.most:,} sessions of 4 kB from markdown, one core, over a plain parse",
        samples.ratio("here", "parse"),
        MOST_OF_PARSE,
        samples.count("here", "parse"),
        f"{samples.median('here'):.2f} s of processor time",
        f'`MarkdownIt("commonmark").parse` of the same files {samples.median("parse"):.2f} s',
        least=LEAST,
        low=samples.low("here", "parse"),
    )
    return [row, *([] if setting.short else _beside_reference(setting))]


def _cold(project: Path, command: Command) -> Callable[[], float]:
    def job() -> float:
        (project / STORE / "memory.db").unlink(missing_ok=True)
        return command.processor()

    return job


def _beside_reference(setting: Setting) -> list[Detail]:
    """Measure what the reference makes anew, which is its index alone, from its tables."""
    size = min(setting.most, AT_MOST)
    here, there = setting.ours.project(size), setting.reference.project(size)
    jobs = {
        "here": _cold(here, setting.ours.command(here, "ocm", "rebuild-index")),
        "reference": setting.reference.command(there, "ocm", "rebuild-index").processor,
    }
    samples = alternate(jobs, LEAST, warm=1)
    mine, theirs = (f"{samples.median(name):.2f} s" for name in jobs)
    return [Detail(f"`ocm rebuild-index` of {size:,} sessions, processor time", mine, theirs, samples.count(*jobs))]


def size(setting: Setting) -> list[Row | Detail]:
    """Compare the cache with the markdown it is made from: made-up sessions, and real ones where they are given."""
    sessions = stores.write_ours(_store(setting, "made-up") / "sessions", corpus.sessions(setting.most))
    found: list[Row | Detail] = [_size_row(setting, "made-up", sessions, f"{setting.most:,} made-up sessions")]
    for number, path in enumerate(setting.records):
        real = stores.records(path)
        name = f"records-{number}"
        written = stores.write_records(_store(setting, name) / "sessions", real)
        found.append(_size_row(setting, name, written, f"{len(real):,} real sessions ({path.parent.name}/{path.name})"))
    return found


def _store(setting: Setting, name: str) -> Path:
    return setting.folder / "sizes" / name / STORE


def _size_row(setting: Setting, name: str, markdown: int, what: str) -> Row:
    store = _store(setting, name)
    setting.ours.command(store.parent, "ocm", "rebuild-index").wall()
    cache = (store / "memory.db").stat().st_size
    ratio = cache / markdown
    here, over = f"{cache / 1e6:.2f} MB", f"{markdown / 1e6:.2f} MB of markdown"
    return Row(f"`memory.db` over the markdown it indexes, {what}", ratio, MOST_OF_MARKDOWN, 1, here, over, least=1)
