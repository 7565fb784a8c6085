"""Which files of a store git tracks, read from git's index without git: they came with a checkout, or were added to it.

Names are relative to the store, in lower case, because on some disks another spelling is the same file. An entry for a
folder (a submodule, a link) stands for all that is in it.
"""

import os

from ocm.store import paths

_MAX_INDEX = 1024 * 1024 * 1024
_SIGNATURE = b"DIRC"
_HEADER = 12  # bytes: the signature, the version and the number of entries
_STAT = 40  # bytes of an entry before the id of its content
_EXTENDED = 0x4000  # the flag of an entry with more flags
_COMPRESSED = 4  # the version in which a name says only how it differs from the one before
_SPLIT = b"link"  # the extension that names another index, which holds most of the entries
_KEPT = 8  # of so many stores the last answer is kept
_seen: "dict[str, tuple[tuple[int, ...], frozenset[str]]]" = {}


def names(store: str) -> "frozenset[str]":
    """Return the names in the folder `store` that git tracks; none where there is no repository around it."""
    real = os.path.realpath(store)
    top = paths.work_tree(os.path.dirname(real))
    if top is None:
        return frozenset()
    index = os.path.join(paths.linked_git_dir(top) or os.path.join(top, ".git"), "index")
    try:
        look = _look(index)
    except OSError:
        return frozenset()
    known = _seen.get(real)
    if known is None or known[0] != look:
        if len(_seen) >= _KEPT:
            _seen.clear()
        known = _seen[real] = look, _within(index, top, real)
    return known[1]


def holds(found: "frozenset[str]", name: str) -> bool:
    """Return whether a file of the store, or a folder around it, is among the names that git tracks."""
    parts = _plain(name).split("/")
    return bool(found) and any("/".join(parts[:count]) in found for count in range(len(parts) + 1))


def _look(path: str) -> tuple[int, ...]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _within(index: str, top: str, store: str) -> "frozenset[str]":
    """Return the names in a store, and in the folder that its `sessions` may be a link to."""
    sessions = os.path.realpath(os.path.join(store, paths.SESSIONS))
    folders = {_named(store, top): "", _named(sessions, top): paths.SESSIONS + "/"}
    found = set()
    for raw in _tracked(index, top, [os.fsencode(folder) for folder in folders]):
        name = _plain(os.fsdecode(raw))
        for folder, prefix in folders.items():
            if folder == name or folder.startswith(name + "/"):
                found.add(prefix.rstrip("/"))
            elif name.startswith(folder + "/"):
                found.add(prefix + name[len(folder) + 1 :])
    return frozenset(found)


def _named(path: str, top: str) -> str:
    return _plain(os.path.relpath(path, os.path.realpath(top)).replace(os.sep, "/"))


def _plain(name: str) -> str:
    if name.isascii():
        return name.lower()
    import unicodedata

    return unicodedata.normalize("NFC", name).lower()


def _tracked(index: str, top: str, wanted: list[bytes]) -> list[bytes]:
    """Return every name in an index; none where a look at its bytes shows that none of those `wanted` is there."""
    data = _read(index)
    if _SPLIT in data:
        folder = os.path.dirname(index)
        shared = sorted(name for name in os.listdir(folder) if name.startswith("sharedindex."))
        return [
            name for one in [data, *(_read(os.path.join(folder, name)) for name in shared)] for name in _in(one, top)
        ]
    lowered = data.lower()
    is_plain = data[4:8] != _COMPRESSED.to_bytes(4, "big")
    if is_plain and all(one.isascii() and one.split(b"/")[0] not in lowered for one in wanted):
        return []
    return _in(data, top)


def _read(path: str) -> bytes:
    try:
        return paths.read_regular(path, _MAX_INDEX, follow=True)
    except OSError:
        return b""


def _in(data: bytes, top: str) -> list[bytes]:
    """Return the names of the entries of an index, as far as it makes sense."""
    if not data.startswith(_SIGNATURE):
        return []
    width = 32 if _has_long_ids(top) else 20
    version, count = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8))
    found, name, at = [], b"", _HEADER
    for _ in range(count):
        start, at = at, at + _STAT + width
        flags = int.from_bytes(data[at : at + 2], "big")
        at += 4 if flags & _EXTENDED else 2
        cut = 0
        if version == _COMPRESSED:
            cut, at = _number(data, at)
        end = data.find(b"\0", at)
        if end < 0:
            break
        name = name[: len(name) - cut] + data[at:end] if version == _COMPRESSED else data[at:end]
        at = end + 1 if version == _COMPRESSED else start + ((end - start) // 8 + 1) * 8
        found.append(name)
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number as git writes it in as few bytes as it needs, and where the next thing stands."""
    byte = data[at] if at < len(data) else 0
    number = byte & 127
    while byte & 128:
        at += 1
        byte = data[at] if at < len(data) else 0
        number = ((number + 1) << 7) | (byte & 127)
    return number, at + 1


def _has_long_ids(top: str) -> bool:
    git_dir = paths.linked_git_dir(top) or os.path.join(top, ".git")
    common = paths.shared_git_dir(top) or git_dir
    return b"sha256" in _read(os.path.join(common, "config")).lower()
