"""Which project a conversation belongs to, and what its files are called there.

By the folder it took place in: of this work tree, of another one of the repository, or of one that a person named as
the same (`--map OLD=NEW`). A folder of another machine is guessed only for conversations that a person points at.
"""

import fnmatch
import hashlib
import os
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ocm.base import sanitize
from ocm.base.model import HALF, clean_text
from ocm.git import parse, worktree
from ocm.git.worktree import WorkTree
from ocm.redaction import redact, user_rules
from ocm.redaction.user_rules import Rules
from ocm.sources.head import Head
from ocm.store import config, forgotten, paths
from ocm.store.paths import Store, user_store

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_INNER_WORKTREE = re.compile(r"(?:\.worktrees|\.claude/worktrees|worktrees|\.trees)/[^/]+/(.+)", re.DOTALL)
_REMOTE = re.compile(r"(?:[\w.+-]+://)?(?:[^@/\s]+@)?([^/:\s]+)[/:](.+?)(?:\.git)?/?")


@dataclass(slots=True)
class Project:
    """The project of a store: every folder that is a work tree of it, its remotes, and what else counts as it."""

    store: Store
    maps: tuple[tuple[str, str], ...] = ()
    roots: list[str] = field(default_factory=list)
    name: str = ""
    remotes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, store: Store, maps: tuple[tuple[str, str], ...] = ()) -> "Project":
        """Return the project that a store serves."""
        found = cls(store, tuple((plain(old), plain(new)) for old, new in maps))
        tree = WorkTree.find(store.root)
        roots = [store.root, os.path.realpath(store.root), os.path.dirname(os.path.realpath(store.path))]
        if tree:
            roots += [tree.top, *_work_trees(tree.common_dir)]
            found.remotes = frozenset(filter(None, map(remote_key, re.findall(r"url\s*=\s*(\S+)", tree.config))))
        found.roots = sorted({plain(root) for root in roots}, key=len, reverse=True)
        found.name = worktree.project_name(store.root)
        return found

    def root_of(self, head: Head) -> str:
        """Return which folder of a conversation is this project, as the conversation names it; empty if none is."""
        cwd = plain(head.cwd)
        if not cwd:
            return ""
        if not is_absolute(cwd) and not self.store.is_user and cwd.split("/")[0] in self.names:
            return cwd
        if self.store.is_user:
            return plain(paths.work_tree(cwd) or cwd) if os.path.isdir(cwd) else cwd
        for old, new in self.maps:
            if is_within(cwd, old) and any(is_within(new, root) or is_within(root, new) for root in self.roots):
                return old
        for form in dict.fromkeys([cwd, plain(os.path.realpath(cwd))] if os.path.isabs(cwd) else [cwd]):
            root = next((root for root in self.roots if is_within(form, root)), "")
            if root:
                return root if is_within(cwd, root) else cwd
        is_same = bool(head.repository) and remote_key(head.repository) in self.remotes
        return self.guessed(cwd) if is_same else ""

    @property
    def names(self) -> set[str]:
        """What memories call this project that record no folder: its name, its folder's, or its path as one word."""
        folders = {name for root in self.roots for name in (os.path.basename(root), path_word(root))}
        return {*folders, self.name} - {""}

    def guessed(self, cwd: str) -> str:
        """Return which part of a folder of another machine is most likely this project."""
        cwd = plain(cwd)
        parts = cwd.split("/")
        names = {os.path.basename(root) for root in self.roots} | {self.name}
        at = next((n for n in range(len(parts) - 1, 0, -1) if parts[n] in names), len(parts) - 1)
        return "/".join(parts[: at + 1])

    def is_elsewhere(self, cwd: str) -> bool:
        """Return whether a folder is there and belongs to another store."""
        if not cwd or not os.path.isabs(cwd) or not os.path.isdir(cwd):
            return False
        other = paths.find_store(cwd)
        if other is None or other.is_user:
            return False
        return os.path.realpath(other.path) != os.path.realpath(self.store.path)

    def is_anothers(self, head: Head) -> bool:
        """Return whether a conversation is surely another project's, even where a person pointed at it."""
        names_another = bool(head.notes and head.cwd) and not is_absolute(plain(head.cwd))
        return names_another or self.is_elsewhere(head.cwd)

    def inside(self, head: Head, root: str) -> Callable[[str], str]:
        """Return what makes a path of a conversation one of the project, empty for what lies outside."""
        cwd = plain(head.cwd) or root
        roots = sorted({root, plain(os.path.realpath(root)) if os.path.isabs(root) else root, *self.roots}, key=len)

        def relative(path: str) -> str:
            whole = plain(path)
            if not is_absolute(whole):
                whole = posixpath.normpath(posixpath.join(cwd, whole))
            for base in reversed(roots):
                if is_within(whole, base) and len(whole) > len(base):
                    inner = whole[len(base) :].lstrip("/")
                    tree = _INNER_WORKTREE.fullmatch(inner)
                    return tree[1] if tree else inner
            return ""

        return relative


class Owner(NamedTuple):
    """Whose a conversation is: the store of its project, how it is redacted, and what is excluded there."""

    store: Store
    rules: Rules
    rules_name: str
    excluded: frozenset[str]

    def clean(self, text: str) -> str:
        """Return a text without private parts, secrets, what a terminal obeys or hides, and what no file can hold."""
        return clean_text(redact.redact(sanitize.clean(text).replace(HALF, ""), self.rules)[0])


class Owners:
    """Whose conversations are, by the folders that they took place in, and which of them nobody wants to see."""

    def __init__(self, stores: list[Store]) -> None:
        """Know what was forgotten in these stores."""
        self._known: dict[str, Owner] = {}
        self._tombstones = set[str]().union(*map(forgotten.read, stores))

    def of(self, cwd: str) -> Owner:
        """Return whose the conversations in a folder are: its project's, else the user's."""
        if cwd not in self._known:
            user = user_store()
            found = paths.find_store(cwd) if os.path.isabs(cwd) and os.path.isdir(cwd) else None
            store = found or Store(user, user, is_user=True)
            rules = user_rules.load(user, store.path)
            name = hashlib.sha256(repr((rules.own, sorted(rules.off))).encode()).hexdigest()[:16]
            self._known[cwd] = Owner(store, rules, name, exclusions(store))
        return self._known[cwd]

    def are_against(self, head: Head) -> bool:
        """Return whether a conversation was forgotten, or is excluded."""
        is_forgotten = forgotten.tombstone(head.session_id) in self._tombstones
        return is_forgotten or is_excluded(head, self.of(head.cwd).excluded)


def exclusions(store: Store) -> frozenset[str]:
    """Return what the user and the project leave out of imports (`import.exclude`): what either names."""
    user = user_store()
    set_there = [str(config.load(*stores)["import.exclude"]) for stores in ((user,), (user, store.path))]
    named = [os.path.expanduser(one.strip()) for text in set_there for one in text.split(",")]
    return frozenset(filter(None, (one.rstrip("/") for one in named)))


def is_excluded(head: Head, patterns: frozenset[str]) -> bool:
    """Return whether a conversation is left out, by its source, its folder, the name of that, or its file."""
    cwd, path = plain(head.cwd), plain(head.path)
    names = {head.source, posixpath.basename(cwd)}
    return any(
        any(fnmatch.fnmatchcase(name, pattern) for name in (*names, cwd, path))
        or any(is_within(name, plain(pattern)) for name in (cwd, path))
        for pattern in patterns
    )


def plain(path: str) -> str:
    """Return a path of any system with forward slashes, without what leads nowhere."""
    if _DRIVE.match(path):
        path = path[0].upper() + path[1:].replace("\\", "/")
    elif os.sep != "/":  # pragma: no cover - Windows
        path = path.replace(os.sep, "/")
    return posixpath.normpath(path) if path else ""


def path_word(path: str) -> str:
    """Return a path as the one word that Claude Code makes of it."""
    return re.sub("[^A-Za-z0-9-]", "-", path)


def is_absolute(path: str) -> bool:
    """Return whether a plain path is absolute on any system."""
    return path.startswith("/") or bool(_DRIVE.match(path))


def is_within(path: str, folder: str) -> bool:
    """Return whether a plain path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def remote_key(url: str) -> str:
    """Return what is the same in every form of a remote's address; empty for what is none."""
    found = _REMOTE.fullmatch(url.strip())
    return f"{found[1]}/{found[2]}".lower() if found else ""


def _work_trees(common: str) -> list[str]:
    """Return the main and the linked work trees of a repository, those that are gone included."""
    folder = os.path.join(common, "worktrees")
    found = [os.path.dirname(common)] if os.path.basename(common) == ".git" else []
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return found
    links = (worktree.read_tail(os.path.join(folder, name, "gitdir")).strip() for name in names)
    return [*found, *(os.path.dirname(parse.printable(link)) for link in links if link)]
