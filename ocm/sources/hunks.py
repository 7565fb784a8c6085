"""The lines of diffs, from however a tool tells of an edit: hunks, two texts, a unified diff, or `*** Begin Patch`."""

import difflib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MOST_LINES = 20_000  # that are compared; of more all old lines count as removed and all new ones as added
HUNK = b"@@ -1 +1 @@"
_BEGIN = "*** Begin Patch"
_KINDS = {"*** Add File: ": "created", "*** Update File: ": "modified", "*** Delete File: ": "deleted"}
_MOVE = "*** Move to: "


class Edit(NamedTuple):
    """What a patch does to one file; `moved` is its new name, empty where it keeps its own."""

    path: str
    kind: str
    moved: str
    lines: list[bytes]


def added(text: str) -> Iterator[bytes]:
    """Yield the lines of the diff that adds a whole file."""
    yield HUNK
    for line in text.split("\n"):
        yield b"+" + _bytes(line)


def of_hunks(hunks: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Yield the lines of hunks whose lines begin with ` `, `-` or `+`."""
    for hunk in hunks:
        yield from _without_context(hunk)


def of_unified(text: str) -> Iterator[bytes]:
    """Yield the hunks of a unified diff of one file."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
    yield from _without_context(lines[first:])


def between(old: str, new: str) -> Iterator[bytes]:
    """Yield the lines of the diff between two texts."""
    before, after = old.split("\n"), new.split("\n")
    if len(before) + len(after) > _MOST_LINES:
        yield from _without_context(["-" + line for line in before] + ["+" + line for line in after])
        return
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=len(before) + len(after) > 1_000)  # noqa: PLR2004
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind != "equal":
            yield HUNK
            yield from (b"-" + _bytes(line) for line in before[a:a_end])
            yield from (b"+" + _bytes(line) for line in after[b:b_end])


def edits(text: str) -> Iterator[Edit]:
    """Yield what a text that holds a patch does to each file."""
    path, kind, moved = "", "", ""
    body: list[str] = []
    for line in text.partition(_BEGIN)[2].split("\n"):
        head = next((head for head in _KINDS if line.startswith(head)), "")
        if line.startswith(_MOVE):
            moved = line.removeprefix(_MOVE).strip()
        elif not head and not line.startswith("*** End"):
            body.append(line)
        else:
            if path:
                yield Edit(path, kind, moved, list(of_hunks([body])))
            path, kind, moved, body = line.removeprefix(head).strip() if head else "", _KINDS.get(head, ""), "", []


def of_git(text: str) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the hunks of each file in the output of `git diff`, with the name that it has afterwards."""
    for part in ("\n" + text).split("\ndiff --git ")[1:]:
        names = part.split("\n", 1)[0]
        yield names[(len(names) + 1) // 2 :].removeprefix("b/"), list(of_unified(part))


def _without_context(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield changed lines alone; what stood between them ends a run, as it does in a diff without context."""
    is_open = False
    for line in lines:
        if line[:1] in ("+", "-"):
            if not is_open:
                yield HUNK
            is_open = True
            yield _bytes(line)
        elif not line.startswith("\\"):
            is_open = False


def _bytes(line: str) -> bytes:
    return line.encode("utf-8", "replace")
