"""What files hold now, as the ids that git gives to contents; read in this process, because starting git costs more.

Invariants: nothing outside the work tree is opened, whatever a session file names; what is too large, special or not
readable is unknown, never taken for changed; a file that git would convert on its way in is hashed by git, all of
them in one process. Light to import, because a hook asks for it.
"""

import os
import stat

from ocm.git import parse, process
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree, read_tail
from ocm.store.paths import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

GONE = ""
MAX_FILE, MAX_ALL = 32_000_000, 128_000_000  # bytes read of one file, and for one question
_ATTRIBUTES = ".gitattributes"
_FILTERS = (b"filter", b"ident", b"working-tree-encoding")
_TEXTS = (b"text", b"eol", b"crlf")
SHA1, SHA256 = "0" * 40, "0" * 64


def example_id(root: str) -> str:
    """Return an id in the format that the repository around `root` uses; empty where there is none."""
    tree = WorkTree.find(root)
    if tree is None:
        return ""
    return SHA256 if tree.is_sha256 else SHA1


def current(root: str, wanted: "dict[str, str]") -> "dict[str, str | None]":
    """Return the id of each file's content, `GONE` for one that is not there, None where it is not known.

    Args:
        root: What the paths are relative to; its repository says what is converted.
        wanted: Paths, each with an id in whose format to answer.
    """
    reader = _Reader(root)
    found = {path: reader.id_of(path, oid) for path, oid in wanted.items()}
    found.update(reader.converted())
    return found


class _Reader:
    """Reads the files of one question."""

    __slots__ = ("_attributes", "_folders", "_left", "_root", "_to_convert", "_tree")

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._tree = WorkTree.find(root)
        self._left = MAX_ALL
        self._folders: dict[str, bool] = {}
        self._attributes: dict[str, tuple[bool, bool]] = {}
        self._to_convert: dict[str, str] = {}

    def id_of(self, path: str, oid: str) -> str | None:
        full = os.path.join(self._root, path)
        try:
            data = self._content(full)
        except (FileNotFoundError, NotADirectoryError):
            return GONE
        except (OSError, ValueError):
            return None
        if data is not None and self._is_converted(full, data):
            self._to_convert[path] = full
            return None
        return None if data is None else parse.blob_id(data, oid)

    def _content(self, full: str) -> bytes | None:
        """Return what a file holds, or where a link points; None for what is not looked into."""
        if not self._is_inside(os.path.dirname(full)):
            return None
        found = os.lstat(full)
        if stat.S_ISLNK(found.st_mode):
            return os.fsencode(os.readlink(full))
        if not stat.S_ISREG(found.st_mode) or found.st_size > min(MAX_FILE, self._left):
            return None
        self._left -= found.st_size
        with open(full, "rb") as file:
            return content(file, MAX_FILE)

    def _is_inside(self, folder: str) -> bool:
        """Return whether a folder lies in the root, links followed; one that is gone lies where its name says."""
        known = self._folders.get(folder)
        if known is None:
            real = os.path.realpath(folder)
            known = real == self._root or real.startswith(os.path.join(self._root, ""))
            self._folders[folder] = known
        return known

    def _is_converted(self, full: str, data: bytes) -> bool:
        """Return whether git might store something else than `data`: it decides, where an attribute is set at all."""
        if self._tree is None:
            return False
        filters, texts = self._attributes_of(os.path.dirname(full))
        return filters or (texts and b"\r\n" in data)

    def _attributes_of(self, folder: str) -> tuple[bool, bool]:
        """Return whether anything that holds for `folder` names a filter, and whether anything names line ends."""
        known = self._attributes.get(folder)
        if known is None and self._tree is not None:
            top = self._tree.top
            above = (
                self._attributes_of(os.path.dirname(folder)) if len(folder) > len(top) else self._everywhere(self._tree)
            )
            text = read_tail(os.path.join(folder, _ATTRIBUTES)) if folder.startswith(top) else b""
            known = _join(above, text)
            self._attributes[folder] = known
        return known or (False, False)

    def _everywhere(self, tree: WorkTree) -> tuple[bool, bool]:
        """Return the same for what holds in the whole repository; the settings of git may name line ends, too."""
        home = os.path.expanduser("~")
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        settings = os.environ.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig")
        own = [read_tail(path) for path in (settings, os.path.join(base, "git", "config"))]
        known = _join((False, False), read_tail(os.path.join(tree.common_dir, "info", "attributes")))
        known = _join(known, read_tail(os.path.join(base, "git", "attributes")))
        lower = b"\n".join([tree.config.encode(), *own]).lower()
        return known[0] or b"attributesfile" in lower, known[1] or b"autocrlf" in lower or os.name == "nt"

    def converted(self) -> "dict[str, str]":
        """Return the ids of what git has to convert first, asked for in one process; none where git cannot say."""
        names = {path: full for path, full in self._to_convert.items() if "\n" not in full}
        if not names or self._tree is None:
            return {}
        try:
            oids = _ids_by_git(self._tree, names.values())
        except UnknownError:
            return {}
        return dict(zip(names, oids, strict=True))


def _ids_by_git(tree: WorkTree, paths: "Iterable[str]") -> list[str]:
    """Return the id that git would store each of these files under, converted as their attributes say."""
    names = [os.fsencode(path) for path in paths]
    asked = b"".join(name + b"\n" for name in names)
    out = process.run(tree.top, "hash-object", "--stdin-paths", stdin=asked, seconds=process.HOOK_SECONDS)
    found = out.decode("ascii", "replace").split()
    if len(found) != len(names):
        raise UnknownError
    return found


def _join(above: tuple[bool, bool], text: bytes) -> tuple[bool, bool]:
    return above[0] or _names(text, _FILTERS), above[1] or _names(text, _TEXTS)


def _names(text: bytes, words: "Iterable[bytes]") -> bool:
    return bool(text) and any(word in text for word in words)
