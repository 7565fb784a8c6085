"""The manifest: what the files of a project held before ocm, so that uninstalling restores them byte for byte.

It is in the user store: a manifest that came with a repository could write anything into any file.
"""

import base64
import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace

from ocm.store import files, paths, registry

FOLDER = "installs"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: whether it was there before, and the SHA-256 of what ocm last wrote.

    `original` is what it held before, where taking ocm's part out again would not give exactly that; else None,
    because these files may hold secrets that need no second copy.
    """

    existed: bool
    written: str
    original: str | None = None

    def wrote(self, data: bytes) -> bool:
        """Return whether `data` is still what ocm wrote."""
        return digest(data) == self.written

    def before(self) -> bytes | None:
        """Return what is kept of the time before."""
        return None if self.original is None else base64.b64decode(self.original, validate=True)


@dataclass(slots=True)
class Manifest:
    """What was set up in the project at `root`, or in the settings of the `user` whose home that is.

    `hosts` are set up, `refused` are those that are to have no hooks.
    """

    root: str
    user: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    damaged: bool = False
    former: str = ""  # the file of this manifest from before its project was moved or renamed

    @property
    def path(self) -> str:
        """The file of this manifest."""
        name = b"user\0" * self.user + os.fsencode(os.path.realpath(self.root))
        return os.path.join(folder(), digest(name)[:32] + ".json")

    def save(self) -> None:
        """Write it; a damaged one in its place is moved aside."""
        files.make_private_dir(paths.own_store())
        files.make_private_dir(folder())
        if self.damaged:
            os.replace(self.path, self.path + ".damaged")
        entries = {path: asdict(entry) for path, entry in self.entries.items()}
        data = {
            "root": self.root,
            "files": entries,
            "folders": self.folders,
            "hosts": self.hosts,
            "refused": self.refused,
        }
        files.atomic_write(self.path, json.dumps(data, indent=1).encode())
        _remove(self.former)


def forget(known: Manifest) -> None:
    """Remove the manifest, and the folders that were made for the set-up and are empty again."""
    _remove(known.path)
    _remove(known.former)
    clear_folders([folder(), *known.folders])


def keep(known: Manifest) -> None:
    """Write the manifest of a set-up that is left in part, and remove the folders that are empty again."""
    known.save()
    clear_folders(known.folders)


def clear_folders(folders: list[str]) -> None:
    """Remove the folders that hold nothing, the innermost first."""
    for path in sorted(folders, key=len, reverse=True):
        with contextlib.suppress(OSError):  # it holds something by now, or is gone
            os.rmdir(path)


def folder() -> str:
    """Return where the manifests are.

    Raises:
        NoStoreError: there is no user store.
    """
    return os.path.join(paths.own_store(), FOLDER)


def is_there(known: Manifest) -> bool:
    """Return whether there is a file of this manifest."""
    return os.path.lexists(known.path) or bool(known.former)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def load(root: str, *, user: bool) -> Manifest:
    """Return the manifest of `root`, an empty one where there is none; `damaged` marks one that cannot be read.

    Of a project that was moved or renamed it is the one of where it was, with its paths as they are now.
    """
    found = _load(root, user=user)
    if user or found.damaged or os.path.lexists(found.path):
        return found
    former = next((one for place in registry.former_roots(root) if (one := _load(place, user=False)).entries), None)
    if former is None or os.path.isdir(former.root):
        return found
    entries = {_followed(path, former.root, root): entry for path, entry in former.entries.items()}
    folders = [_followed(path, former.root, root) for path in former.folders]
    return replace(former, root=root, entries=entries, folders=folders, former=former.path)


def _followed(path: str, before: str, now: str) -> str:
    """Return where a path in a project is after the project was moved."""
    for base in (before, os.path.realpath(before)):
        if path.startswith(base + os.sep):
            return now + path[len(base) :]
    return path


def _load(root: str, *, user: bool) -> Manifest:
    found = Manifest(root, user)
    try:
        data = files.read_bytes(found.path)
        if data is None:
            return found
        read = json.loads(data)
        entries = {path: Entry(**entry) for path, entry in read["files"].items()}
        for entry in entries.values():
            entry.before()
        folders, hosts, refused = ([str(one) for one in read.get(name, [])] for name in ("folders", "hosts", "refused"))
        return Manifest(root, user, entries, folders, hosts, refused)
    except NotADirectoryError:
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found.damaged = True
        return found


def entry_for(before: bytes | None, written: bytes, taken: bytes | None) -> Entry:
    """Return the entry of a file that held `before` and then `written`, which `taken` is without ocm's part."""
    keep = before is not None and taken != before
    original = base64.b64encode(before).decode() if keep and before is not None else None
    return Entry(before is not None, digest(written), original)


def digest(data: bytes) -> str:
    """Return the SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()
