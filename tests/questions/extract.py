"""Making the bundle of a public history: `python -m tests.questions.extract REPOSITORY COMMIT OUT.bundle FILE...`.

Kept are the files named, whatever they were called before if those names are given too, with every commit that changed
them, its date and its subject. Who made a commit is nobody's business here, and neither is what else its message says.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.support.builders import git

_WHO = b"Author <author@example.org>"


def main(repository: str, commit: str, out: str, *files: str) -> None:
    """Write the bundle."""
    command = ["git", "fast-export", "--reencode=yes", "--tag-of-filtered-object=drop", commit, "--", "--", *files]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        git(folder, "init", "-q", "--bare", "-b", "main")
        with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE) as export:
            assert export.stdout is not None
            stream = b"".join(_stripped(export.stdout, commit.encode()))
        subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=folder, input=stream, check=True)
        git(folder, "repack", "-q", "-a", "-d", "-f", "--window=250", "--depth=50")
        git(folder, "bundle", "create", "-q", str(Path(out).resolve()), "HEAD", "main")


def _stripped(stream: IO[bytes], commit: bytes) -> Iterator[bytes]:
    """Return the stream with one name for all authors, one branch, and the first line of each message."""
    in_commit = False
    for line in stream:
        word, _, rest = line.partition(b" ")
        if word in {b"author", b"committer"}:
            yield b"%b %b %b" % (word, _WHO, rest.rpartition(b"> ")[2])
        elif word == b"data":
            data = stream.read(int(rest))
            if in_commit:
                data = data.lstrip(b"\n").partition(b"\n")[0] + b"\n"
            yield b"data %d\n%b" % (len(data), data)
            in_commit = False
        elif word in {b"commit", b"reset"}:
            in_commit = word == b"commit"
            yield b"%b refs/heads/main\n" % word if rest.strip() == commit else line
        else:
            yield line


if __name__ == "__main__":
    main(*sys.argv[1:])
