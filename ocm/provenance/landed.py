"""Whether the work of sessions is in a commit: yes, partly, no, or unknown and why, where git could not be asked."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ocm.git import absent, history, refusal
from ocm.git.history import NO, UNKNOWN, YES
from ocm.git.holders import Holder
from ocm.provenance import commit_links
from ocm.provenance.commit_links import View

PARTLY = "partly"


class Files(NamedTuple):
    """The files of a session that no commit of its work changed, and those of which that is unknown, each with why."""

    lacking: list[str]
    unclear: dict[str, str]
    held: list[str]

    @property
    def verdict(self) -> str:
        """Whether all of them, some or none are in a commit."""
        return verdict(len(self.held), len(self.lacking))

    @property
    def unknown(self) -> str:
        """Why that is not known, where it is not."""
        if self.verdict != UNKNOWN:
            return ""
        return next(iter(self.unclear.values()), "it changed no files")


def verdict(held: int, lacking: int) -> str:
    """Return what counts of files come to."""
    if not held:
        return NO if lacking else UNKNOWN
    return PARTLY if lacking else YES


def of_files(views: Mapping[str, View], file: str, held: Mapping[str, Holder], since: float) -> Files:
    """Return what became of a session's files.

    Args:
        views: The links to each repository that holds some of them, by where it lies.
        file: The file of the session.
        held: The paths of its files, each with who holds it.
        since: When the session began.
    """
    names = {inner: _names(view, file) for inner, view in views.items()}
    found = Files([], {}, [])
    for path, who in held.items():
        known = names[who.inner]
        name = history.name_of(who.root, who.path)
        if why := who.unknown or _why_not(views[who.inner].root, known, name):
            found.unclear[path] = why
        else:
            (found.held if known and name in known else found.lacking).append(path)
    _set_apart(found, held, since)
    return found


def _names(view: View, file: str) -> set[bytes] | None:
    sure = [made.sha for made, match in commit_links.commits_of(view.links, file) if match.sure]
    if not sure and refusal.reason(view.root):
        return None
    return history.names_of(view.root, sure)


def _why_not(root: str, known: set[bytes] | None, name: bytes) -> str:
    if known is None:
        return refusal.of_an_answer(root)
    return "" if name else refusal.ELSEWHERE


def _set_apart(found: Files, held: Mapping[str, Holder], since: float) -> None:
    """Take for unknown what is not there any more, and what no commit here was ever about."""
    for root, paths in _by_root(found.lacking, held).items():
        unheld = absent.never_held(root, [held[path].path for path in paths], since)
        for path in paths:
            if held[path].path in unheld:
                found.lacking.remove(path)
                found.unclear[path] = refusal.NEVER_HELD


def _by_root(paths: Iterable[str], held: Mapping[str, Holder]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(held[path].root, []).append(path)
    return found
