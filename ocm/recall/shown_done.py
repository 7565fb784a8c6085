"""Whether the code itself shows that an item is done: by a commit of that name, or by what a commit made of a file.

Light to import, because a hook asks for it.
"""

import os

from ocm.git.head import Change, Commit, Head
from ocm.index.standing import LEFT, OPEN, Item
from ocm.markdown.task_words import DONE, key, words

_MOST_READ = 1_000_000  # bytes of a file
_FIELDS = 3


def without(root: str, head: Head, items: list[Item]) -> list[Item]:
    """Return the items but for what is to be done and was done by a commit since."""
    if not head.commits:
        return items
    return [item for item in items if item.kind not in {OPEN, LEFT} or not _is_done(root, head, item)]


def _is_done(root: str, head: Head, item: Item) -> bool:
    since = [commit for commit in head.commits if commit.at >= item.at]
    return any(_names(commit, item) for commit in since) or _is_shown(root, head, item, since)


def _names(commit: Commit, item: Item) -> bool:
    """Return whether a commit is called what was to be done; a number behind it is that of a pull request."""
    subject = commit.subject.rpartition(" (#")[0] or commit.subject
    return key(DONE, words(subject)) in item.keys


def _is_shown(root: str, head: Head, item: Item, since: list[Commit]) -> bool:
    """Return whether a file came, went, got a name or lost it in these commits, as the item wants."""
    fields = item.shown.split("\t")
    if len(fields) != _FIELDS:
        return False
    adds, path, symbol = fields[0] == "1", fields[1], fields[2]
    changes = [change for commit in reversed(since) for change in commit.changes if _is_of(change.path, path)]
    if not changes:
        return False
    if not symbol:
        return changes[0].is_new and not changes[-1].is_gone if adds else changes[-1].is_gone
    return _has_now(root, changes[-1], symbol) == adds and _had_before(head, changes[0], symbol) == (not adds)


def _is_of(path: str, named: str) -> bool:
    return path == named or path.endswith("/" + named)


def _has_now(root: str, change: Change, symbol: str) -> bool:
    if change.is_gone:
        return False
    try:
        with open(os.path.join(root, change.path), "rb") as file:
            return _holds(file.read(_MOST_READ), symbol)
    except OSError:
        return False


def _had_before(head: Head, change: Change, symbol: str) -> bool | None:
    """Return whether the name was there before; None where git cannot say."""
    if change.is_new:
        return False
    content = head.content(change.old)
    return None if content is None else _holds(content, symbol)


def _holds(content: bytes, symbol: str) -> bool:
    """Return whether a text has a name as a word of its own."""
    name = symbol.encode()
    place = content.find(name)
    while place >= 0:
        before, after = content[place - 1 : place], content[place + len(name) : place + len(name) + 1]
        if not any(_in_name(side) for side in (before, after)):
            return True
        place = content.find(name, place + 1)
    return False


def _in_name(side: bytes) -> bool:
    return side.isalnum() or side == b"_"
