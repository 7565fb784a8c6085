"""`python -m tests.bench.imports [--mb 30] [--sessions 60]`: how fast conversations of Claude Code come in.

The conversations are made, with the mix of real ones: a few edits and commands with words, and much that tools printed.
Time is that of the processor, so that other work on the machine changes little.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import uuid
from pathlib import Path

from ocm.sources import importer, survey
from ocm.sources.importer import Wish
from tests.support.builders import Project
from tests.support.transcripts import Claude

_PRINTED = "".join(f"line {number} of what a tool printed, as most of a transcript is\n" for number in range(60))


def write(folder: Path, project: str, size: int, number: int) -> int:
    """Write a conversation of about so many bytes; return how many it has."""
    one = Claude(str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), project)
    while sum(map(len, one.lines[-14:])) * len(one.lines) / 14 < size:
        step = len(one.lines)
        one.prompt(f"Make part {step} of number {number} friendlier, because it is read by people")
        one.runs(f"cat src/part{step}.py", _PRINTED)
        one.edits(f"{project}/src/part{step % 40}.py", f"value = {step}", f"value = {step + number}  # friendlier")
        one.runs("pytest -q", _PRINTED)
        one.says(f"Part {step} is friendlier now. I kept the old name because callers depend on it.\n" * 5)
    return one.put(folder).stat().st_size


def main() -> None:
    """Print megabytes a second, sessions a second, and how much memory it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=30)
    parser.add_argument("--sessions", type=int, default=60)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        root.mkdir()
        project = Project(root)
        each = wanted.mb * 1_000_000 // wanted.sessions
        size = sum(write(Path(folder, "t"), str(root), each, number) for number in range(wanted.sessions))
        began = time.process_time()
        report = importer.run(project.store, Wish((str(Path(folder, "t")),)))
        took = time.process_time() - began
        again = time.process_time()
        importer.run(project.store, Wish((str(Path(folder, "t")),)))
        again = time.process_time() - again
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(report.added)} sessions, {size / 1e6:.0f} MB in {took:.1f} s: {size / took / 1e6:.1f} MB/s")
    print(f"again, with nothing new: {again:.2f} s; at most {memory:.0f} MB of memory")
    print(f"`ocm import` reckons with {survey.BYTES_A_SECOND / 1e6:.0f} MB/s")


if __name__ == "__main__":
    main()
