"""What files hold now, as the ids that git gives to contents; read in this process, because starting git costs more.

Invariants: nothing outside the work tree is opened, whatever a session file names; what is too large, special or not
readable is unknown, never taken for changed; a file that git would convert on its way in is hashed by git, all of
them in one process. Light to import, because a hook asks for it.
"""

import os
import stat
from typing import NamedTuple

from ocm.git import filters, parse, process, refusal, worktree
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree, read_tail
from ocm.store.paths import content, git_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

GONE = ""
MAX_FILE, MAX_ALL = 32_000_000, 128_000_000  # bytes read of one file, and for one question
_ATTRIBUTES = ".gitattributes"
_FILTERS = (b"filter", b"ident", b"working-tree-encoding")
_UNREAD = "it was not read: it is too large, no regular file, or lies elsewhere"
_SKIPPED = b"S"  # what git writes in front of a file that a sparse checkout leaves out
_EVER = (
    "log",
    "--all",
    "--reflog",
    "-z",
    "--format=",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--ignore-submodules=all",
)
_SLACK = 3600  # seconds by which the clocks of two machines may differ
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
    return seen(root, wanted)[0]


def seen(root: str, wanted: "dict[str, str]", since: float = 0.0) -> "tuple[dict[str, str | None], dict[str, str]]":
    """Return the same, and of what is not known why; the files were there at the instant `since`."""
    reader = _Reader(root)
    found = {path: reader.id_of(path, oid) for path, oid in wanted.items()}
    found.update(reader.converted())
    gone = [path for path, oid in found.items() if oid == GONE]
    if gone and reader.tree is not None:
        left_out = _left_out(root, reader.tree, gone, since)
        found.update(left_out.ids)
        reader.reasons.update(left_out.reasons)
    return found, {path: reader.reasons.get(path, _UNREAD) for path, oid in found.items() if oid is None}


class _Reader:
    """Reads the files of one question."""

    __slots__ = ("_attributes", "_folders", "_left", "_root", "_to_convert", "reasons", "tree")

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self.tree = WorkTree.find(root)
        self.reasons: dict[str, str] = {}
        self._left = MAX_ALL
        self._folders: dict[str, bool] = {}
        self._attributes: dict[str, bool] = {}
        self._to_convert: dict[str, str] = {}

    def id_of(self, path: str, oid: str) -> str | None:
        full = self._on_disk(path)
        try:
            data = self._content(full)
        except (FileNotFoundError, NotADirectoryError):
            return GONE
        except (OSError, ValueError):
            return None
        if data is None:
            return None
        found = parse.blob_id(data, oid)
        if self.tree is not None and self._is_converted(full, data, same=found == oid):
            self._to_convert[path] = full
            return None
        return found

    def _on_disk(self, path: str) -> str:
        """Return where a file lies; the text in a session stands for a name that may be none."""
        full = os.path.join(self._root, path)
        if "\\x" not in path or os.path.lexists(full):
            return full
        return os.path.join(self._root, os.fsdecode(parse.unprintable(path)))

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

    def _is_converted(self, full: str, data: bytes, *, same: bool) -> bool:
        """Return whether git might store something else than `data`, or than what the record says where that differs.

        It decides where an attribute may say so. Line ends are nobody's change, and git learns of them in many places.
        """
        return self._is_filtered(os.path.dirname(full)) or (not same and b"\r\n" in data)

    def _is_filtered(self, folder: str) -> bool:
        """Return whether anything that holds for `folder` names a filter."""
        known = self._attributes.get(folder)
        if known is None and self.tree is not None:
            top = self.tree.top
            above = (
                self._is_filtered(os.path.dirname(folder)) if len(folder) > len(top) else self._everywhere(self.tree)
            )
            text = read_tail(os.path.join(folder, _ATTRIBUTES)) if folder.startswith(top) else b""
            known = self._attributes[folder] = above or _names(text)
        return bool(known)

    def _everywhere(self, tree: WorkTree) -> bool:
        """Return the same for what holds in the whole repository, wherever settings may say where attributes are."""
        home = os.path.expanduser("~")
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        settings = os.environ.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig")
        own = [read_tail(path) for path in (settings, os.path.join(base, "git", "config"))]
        told = b"\n".join([filters.settings(tree.top), *own]).lower()
        attributes = (os.path.join(tree.common_dir, "info", "attributes"), os.path.join(base, "git", "attributes"))
        is_elsewhere = "GIT_CONFIG_COUNT" in os.environ or filters.are_elsewhere(told)
        return is_elsewhere or b"attributesfile" in told or any(map(_names, map(read_tail, attributes)))

    def converted(self) -> "dict[str, str]":
        """Return the ids of what git has to convert first, asked for in one process; none where git cannot say."""
        names = {path: full for path, full in self._to_convert.items() if "\n" not in full}
        if not names or self.tree is None:
            return {}
        try:
            hidden = process.filtered(self.tree.top, names.values())
            self.reasons.update({path: refusal.FILTERED for path, full in names.items() if full in hidden})
            names = {path: full for path, full in names.items() if full not in hidden}
            return dict(zip(names, _ids_by_git(self.tree, names.values()), strict=True)) if names else {}
        except UnknownError:
            self.reasons.update(dict.fromkeys(names, refusal.of_an_answer(self.tree.top)))
            return {}


def _ids_by_git(tree: WorkTree, paths: "Iterable[str]") -> list[str]:
    """Return the id that git would store each of these files under, converted as their attributes say."""
    names = [os.fsencode(path) for path in paths]
    asked = b"".join(name + b"\n" for name in names)
    out = process.run(tree.top, "hash-object", "--stdin-paths", stdin=asked, seconds=process.HOOK_SECONDS)
    found = out.decode("ascii", "replace").split()
    if len(found) != len(names):
        raise UnknownError
    return found


def _names(text: bytes) -> bool:
    return any(word in text for word in _FILTERS)


# --- files that are not there: gone, left out on purpose, or of a work tree that is gone itself


class _LeftOut(NamedTuple):
    """Of files that are not there: what the index has of those left out on purpose, and why others are unknown."""

    ids: "dict[str, str | None]"
    reasons: dict[str, str]


def _left_out(root: str, tree: WorkTree, paths: "Collection[str]", since: float) -> _LeftOut:
    """Return what is known of files that are not there, but for those that are gone since an instant."""
    found = _LeftOut({}, {})
    missing = {path: why for path in paths if (why := _in_submodule(tree, path))}
    rest = [path for path in paths if path not in missing]
    if rest and is_sparse(tree):
        try:
            found.ids.update(_skipped(tree, rest))
        except UnknownError:
            missing.update(dict.fromkeys(rest, refusal.of_an_answer(root)))
    rest = [path for path in rest if path not in found.ids and path not in missing]
    missing.update(dict.fromkeys(never_held(root, rest, since), refusal.NEVER_HELD))
    found.ids.update(dict.fromkeys(missing))
    found.reasons.update(missing)
    return found


def is_sparse(tree: WorkTree) -> bool:
    """Return whether a part of the commit may be left out on purpose."""
    return os.path.exists(os.path.join(tree.git_dir, "info", "sparse-checkout"))


def _in_submodule(tree: WorkTree, path: str) -> str:
    from ocm.git import holders

    return holders.in_missing_submodule(tree.top, tree.name_of(path))


def _skipped(tree: WorkTree, paths: "Collection[str]") -> dict[str, str]:
    """Return the ids that the index has of files that a sparse checkout leaves out.

    Raises:
        UnknownError: git cannot say.
    """
    names = {tree.raw(name): path for path in paths if (name := tree.name_of(path))}
    asked = ("ls-files", "-z", "-t", "--stage", "--", *(os.fsdecode(name) for name in sorted(names)))
    found: dict[str, str] = {}
    for line in parse.names(process.run(tree.top, *asked)):
        facts, _, skipped = line.partition(b"\t")
        fields = facts.split(b" ")
        if fields[0] == _SKIPPED and skipped in names:
            found[names[skipped]] = fields[2].decode()
    return found


def never_held(root: str, paths: "Collection[str]", since: float) -> set[str]:
    """Return which of these files, in folders that are not there either, no commit since an instant was about.

    They may have been another work tree's: one that was removed with all that was in it.
    """
    tree = WorkTree.find(root)
    names = {path: tree.name_of(path) for path in paths if not os.path.lexists(_folder(root, path))} if tree else {}
    if tree is None or not names:
        return set()
    inside = {name for name in names.values() if name}
    try:
        held = worktree.names_at(tree, git_head(tree.top)[0], inside)
        if inside - held:
            raw = sorted(os.fsdecode(tree.raw(name)) for name in inside - held)
            young = f"--max-age={max(0, int(since) - _SLACK)}"
            out = process.run(tree.top, *_EVER, young, "--", *raw, seconds=process.HOOK_SECONDS)
            held |= {parse.printable(name.removeprefix(b"\n")) for name in parse.names(out)}
    except UnknownError:
        return set(names)
    return {path for path, name in names.items() if name not in held}


def _folder(root: str, path: str) -> str:
    return os.path.dirname(os.path.join(root, path))
