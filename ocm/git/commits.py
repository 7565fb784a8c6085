"""Commits as values, and as the object store has them. Pure: bytes in, values out."""

from collections.abc import Iterator
from typing import NamedTuple

from ocm.base.times import second

LINE_FORMAT = "%H%x00%ct%x00%an%x00%P%x00%s"


class Commit(NamedTuple):
    """One commit: `at` in epoch seconds, and whether it has several parents."""

    sha: str
    at: int
    author: str
    subject: str
    is_merge: bool = False


def commits_in(data: bytes) -> Iterator[Commit]:
    """Return the commits in the output of `git cat-file --batch`, each behind its id, kind and size."""
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        fields = data[at:end].split(b" ")
        at = end + 1
        if len(fields) == 3 and fields[1] == b"commit" and fields[2].isdigit():  # noqa: PLR2004 - else it is missing
            size = int(fields[2])
            yield _object(fields[0].decode(), data[at : at + size].decode("utf-8", "replace"))
            at += size + 1


def _object(sha: str, text: str) -> Commit:
    head, _, message = text.partition("\n\n")
    values: dict[str, str] = {}
    parents = 0
    for line in head.split("\n"):
        name, _, value = line.partition(" ")
        parents += name == "parent"
        values.setdefault(name, value)
    when = values.get("committer", "").rsplit(" ", 2)[1:2]
    author = values.get("author", "").partition(" <")[0]
    subject = " ".join(message.lstrip("\n").partition("\n\n")[0].split())
    return Commit(sha, second(when[0]) if when else 0, author, subject, parents > 1)


def commits_in_lines(data: bytes) -> list[Commit]:
    """Return the commits that git printed as `LINE_FORMAT`, one a line."""
    found = []
    for line in data.decode("utf-8", "replace").split("\n"):
        fields = line.split("\0", 4)
        if len(fields) == 5:  # noqa: PLR2004 - as many as the format has
            sha, at, author, parents, subject = fields
            found.append(Commit(sha, second(at), author, subject, " " in parents))
    return found
