"""A whole store as one JSON file: what `ocm export --all` writes, `ocm import` reads, and a backup is.

Session files are in it as they are, letter for letter; everything else in a store can be rebuilt from them.
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ocm.base import times
from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.index.file_format import encodable
from ocm.sessions import archive, session_files
from ocm.store import files, paths
from ocm.store.paths import Store

FORMAT = 1
MAX_BYTES = 1024 * 1024 * 1024
MAX_SESSIONS = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One session file: its name, whatever that is, its text, and whether it is archived."""

    name: str
    text: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """What such a file holds: its sessions, and those parts that cannot be understood, with a line for each.

    Of one that was made before a `change` by hand it also says what that was.
    """

    entries: list[Entry]
    others: list[object]
    troubles: list[str]
    change: dict[str, object] | None = None


def collect(store: Store) -> tuple[list[Entry], list[str]]:
    """Return every session file of a store and its archive, and a line for each that is no text."""
    entries, troubles = [], []
    for place, archived in archive.places(store):
        for name in sorted(os.listdir(place.sessions)):
            if paths.is_session_file(name):
                try:
                    entries.append(Entry(name, session_files.text(place, name), archived))
                except (OSError, UnreadableSessionError) as error:
                    why = error.why if isinstance(error, UnreadableSessionError) else error.strerror
                    troubles.append(f"{name}: {why}")
    return entries, troubles


def write(  # noqa: PLR0913 - each is one part of the file
    path: str,
    store: Store,
    entries: list[Entry],
    *,
    owner: str = "",
    others: Sequence[object] = (),
    change: dict[str, object] | None = None,
) -> None:
    """Write `entries` of a store to the file `path`, durably; `owner` as in `files.atomic_write`.

    `others` are parts that `read` did not understand; they stay as they were, and so does the note of a `change`.
    """
    tree = {
        "ocm": FORMAT,
        "kind": "store",
        "project": os.path.basename(store.root),
        "exported_at": times.iso(time.time()),
        "sessions": [*({"file": one.name, "archived": one.archived, "text": one.text} for one in entries), *others],
        **({"change": change} if change else {}),
    }
    data = json.dumps(tree, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    files.atomic_write(path, data, owner=owner)


def read(path: str) -> Bundle:
    """Return what a file holds that `write` made, each part checked.

    Raises:
        OcmError: it is no such file; nothing of it can be used then.
    """
    try:
        tree = json.loads(paths.read_regular(path, MAX_BYTES, follow=True))
    except paths.UnfitFileError as error:
        next_step = "Name a file that `ocm export --all` wrote."
        raise OcmError(f"{path} cannot be read: {error.strerror}.", next_step) from None
    except (ValueError, RecursionError):
        raise OcmError(f"{path} is not JSON.", "Name a file that `ocm export --all` wrote.") from None
    rows = tree.get("sessions") if isinstance(tree, dict) and tree.get("kind") == "store" else None
    if not isinstance(rows, list) or tree.get("ocm") != FORMAT or len(rows) > MAX_SESSIONS:
        raise OcmError(f"{path} does not contain a store in this format.", "Name a file that `ocm export --all` wrote.")
    change = tree.get("change")
    bundle = Bundle([], [], [], change if isinstance(change, dict) else None)
    for number, row in enumerate(rows, 1):
        _add(bundle, number, row)
    return bundle


def _add(bundle: Bundle, number: int, row: Any) -> None:  # noqa: ANN401 - whatever the file holds
    name, text = (row.get("file"), row.get("text")) if isinstance(row, dict) else (None, None)
    if isinstance(text, str) and len(text) <= paths.MAX_SESSION_FILE and encodable(text) == text:
        bundle.entries.append(Entry(name if isinstance(name, str) else "", text, archived=row.get("archived") is True))
        return
    bundle.troubles.append(f"session {number} {'is too large, or no text' if isinstance(text, str) else 'has no text'}")
    bundle.others.append(row)


def is_safe_name(name: str) -> bool:
    """Return whether `name` can be that of a session file on every system, wherever it comes from."""
    plain = name.isprintable() and not set(name) & set('/\\:*?"<>|') and len(name.encode("utf-8", "replace")) <= 200  # noqa: PLR2004
    return plain and paths.is_session_file(name)
