"""Filters that a repository names in its settings: looking never runs them.

A file that one of them would change on its way into git is then unknown, never taken for changed. Filters that the
user's own settings name are theirs, and run. Light to import, because a hook asks git for what is deleted.
"""

import os

from ocm.store.paths import linked_git_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_SETTINGS = 1_000_000
_NAMED = rb'(?i)\[\s*filter(?:\s*"((?:\\.|[^"\\\n])*)"|\.([^\]\s]+))\s*\]'
_OFF = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))


def settings(top: str) -> bytes:
    """Return the text of the settings that the repository of the work tree `top` brings along."""
    git_dir = linked_git_dir(top) or os.path.join(top, ".git")
    common = os.path.join(git_dir, os.fsdecode(_text(os.path.join(git_dir, "commondir")).strip()))
    return b"\n".join(
        _text(path) for path in (os.path.join(common, "config"), os.path.join(git_dir, "config.worktree"))
    )


def are_elsewhere(text: bytes) -> bool:
    """Return whether settings go on in files that only git itself finds."""
    return b"[include" in text.lower().replace(b" ", b"").replace(b"\t", b"") or len(text) >= _MAX_SETTINGS


def names_in(text: bytes) -> set[str]:
    """Return the filters that settings name; what extends the user's own one counts as that."""
    lower = text.lower()
    found = {b"lfs"} if b"[lfs" in lower.replace(b" ", b"") else set()
    if b"filter" in lower:
        import re

        sections = re.findall(_NAMED, text)
        found |= {re.sub(rb"\\(.)", rb"\1", quoted) if quoted else plain.lower() for quoted, plain in sections}
    return {os.fsdecode(name) for name in found}


def names_listed(data: bytes) -> set[str]:
    """Return the filters in the output of `git config -z --name-only`."""
    keys = [key.split(b".") for key in data.split(b"\0") if key.count(b".") > 1]
    return {os.fsdecode(b".".join(key[1:-1])) for key in keys}


def off(names: "Iterable[str]", given: "dict[str, str]") -> dict[str, str]:
    """Return the variables by which git takes these filters for none, behind those that are `given` already."""
    count = int(known) if (known := given.get("GIT_CONFIG_COUNT", "")).isdigit() else 0
    pairs = list(_pairs(names))
    found = {"GIT_CONFIG_COUNT": str(count + len(pairs))} if pairs else {}
    for n, (key, value) in enumerate(pairs, count):
        found |= {f"GIT_CONFIG_KEY_{n}": key, f"GIT_CONFIG_VALUE_{n}": value}
    return found


def _pairs(names: "Iterable[str]") -> "Iterator[tuple[str, str]]":
    for name in sorted(names):
        for key, value in _OFF:
            yield f"filter.{name}.{key}", value


def _text(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_SETTINGS)
    except OSError:
        return b""
