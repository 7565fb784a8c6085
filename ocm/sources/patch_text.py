"""Patches in the `*** Begin Patch` format: the files they edit, with the lines that they remove and add."""

from collections.abc import Iterator
from typing import NamedTuple

from ocm.sources import hunks

_BEGIN = "*** Begin Patch"
_KINDS = {"*** Add File: ": "created", "*** Update File: ": "modified", "*** Delete File: ": "deleted"}
_MOVE = "*** Move to: "


class Edit(NamedTuple):
    """What a patch does to one file; `moved` is its new name, empty where it keeps its own."""

    path: str
    kind: str
    moved: str
    lines: list[bytes]


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
                yield Edit(path, kind, moved, list(hunks.of_hunks([body])))
            path, kind, moved, body = line.removeprefix(head).strip() if head else "", _KINDS.get(head, ""), "", []


def of_git(text: str) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the hunks of each file in the output of `git diff`, with the name that it has afterwards."""
    for part in ("\n" + text).split("\ndiff --git ")[1:]:
        names = part.split("\n", 1)[0]
        yield names[(len(names) + 1) // 2 :].removeprefix("b/"), list(hunks.of_unified(part))
