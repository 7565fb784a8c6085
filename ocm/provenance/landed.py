"""Whether the work of sessions is in a commit: yes, partly, no, or unknown and why, where git could not be asked."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ocm.git import blobs, fingerprints, history, holders, parse, process, refusal
from ocm.git.history import NO, UNKNOWN, YES
from ocm.git.holders import Holder
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from ocm.index.links import Holding
from ocm.index.queries import SessionRow
from ocm.provenance import commit_links
from ocm.provenance.branches import Branches
from ocm.provenance.commit_links import View
from ocm.provenance.ended import ended_of
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow, Excerpt

PARTLY = "partly"
MERGED, OPEN, GONE = "merged", "open", "gone"
_OTHER_PROJECT = "it is about another project"
_NO_BRANCH, _NOT_HERE = "it was on no branch", "this repository has no such branch"


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
            (found.held if known and fingerprints.name_key(name) in known else found.lacking).append(path)
    _set_apart(found, held, since)
    return found


def _names(view: View, file: str) -> set[int] | None:
    """Return the keys of the names that commits changed which hold a session's work; None where git cannot say."""
    row, tree = view.cache.in_file(file), WorkTree.find(view.root)
    found = view.links.holding([row.row]).get(row.row, []) if row else []
    try:
        outside = _outside(tree, Branches(tree), {one.sha for one in found if not one.is_inner}) if tree else set()
    except UnknownError:
        return None
    names = {key for one in found if one.sha not in outside for key in one.names}
    return None if not names and refusal.reason(view.root) else names


def _outside(tree: WorkTree, branches: Branches, commits: set[str]) -> set[str]:
    """Return which commits are neither in the history of HEAD nor in that of the branch all others come back to.

    Raises:
        UnknownError: git cannot say.
    """
    wanted = sorted(commits.difference(branches.bases))
    if not (wanted and branches.bases):
        return set(wanted)
    stdin = parse.lines_of([*wanted, *(f"^{base}" for base in branches.bases)])
    out = process.run(tree.top, "rev-list", "--ignore-missing", "--stdin", stdin=stdin)
    return set(out.decode().split()).intersection(wanted)


def _why_not(root: str, known: set[int] | None, name: bytes) -> str:
    if known is None:
        return refusal.of_an_answer(root)
    return "" if name else refusal.ELSEWHERE


def _set_apart(found: Files, held: Mapping[str, Holder], since: float) -> None:
    """Take for unknown what is not there any more, and what no commit here was ever about."""
    for root, paths in _by_root(found.lacking, held).items():
        unheld = blobs.never_held(root, [held[path].path for path in paths], since)
        for path in paths:
            if held[path].path in unheld:
                found.lacking.remove(path)
                found.unclear[path] = refusal.NEVER_HELD


def _by_root(paths: Iterable[str], held: Mapping[str, Holder]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(held[path].root, []).append(path)
    return found


# --- many sessions at once


class Standing(NamedTuple):
    """What is to be said of a session's work: what of it ended, whether it landed, where its branch stands.

    `unknown` says why, by the key of what is not known.
    """

    landed: str
    branch_state: str
    unknown: dict[str, str]
    ended: "list[EndedRow]"

    def as_json(self) -> dict[str, Any]:
        """Return the keys that the contract promises of it."""
        found = {"ended": self.ended, "landed": self.landed, "branch_state": self.branch_state}
        return {**found, **({"unknown": self.unknown} if self.unknown else {})}


def standings(
    view: View, rows: Sequence[SessionRow], known_ended: "Mapping[int, list[EndedRow]] | None" = None
) -> dict[int, Standing]:
    """Return where each of these sessions stands, by row: one process of git more, however many they are.

    In a commit is what the history of HEAD has, or that of the branch which all others come back to. What of them
    ended is looked up, unless it is known.
    """
    ended = ended_of(view.cache, view.project, rows) if known_ended is None else known_ended
    mine = [row for row in rows if not view.project or row.project == view.project]
    tree = WorkTree.find(view.root)
    why = "" if tree else refusal.NO_REPOSITORY
    known: dict[int, tuple[str, str, dict[str, str]]] = {}
    if tree is not None and mine:
        look = _Look(view, tree, mine)
        known = {row.row: look.of(row) for row in mine}
        why = look.unknown
    lost = (UNKNOWN, UNKNOWN, dict.fromkeys(("landed", "branch_state"), why or _OTHER_PROJECT))
    return {row.row: Standing(*(lost if why else known.get(row.row, lost)), ended[row.row]) for row in rows}


class _Look:
    """What git has of the work of some sessions; `unknown` is why it could not be asked."""

    def __init__(self, view: View, tree: WorkTree, rows: Sequence[SessionRow]) -> None:
        self._tree, self._root = tree, view.root
        self._folders: dict[str, str] = {}
        self._branches = Branches(tree)
        self._holding = view.links.holding([row.row for row in rows])
        files = view.cache.files_of([row.row for row in rows])
        self._files = {row: [change for change, _ in touched] for row, touched in files.items()}
        self._tips = {row.branch: self._branches.tips(row.branch) for row in rows if row.branch}
        self.unknown = ""
        self._outside: set[str] = set()
        self._ahead = False
        try:
            self._ask()
        except UnknownError:
            self.unknown = refusal.of_an_answer(view.root)

    def _ask(self) -> None:
        """Ask which commits and tips are in no history that counts; and whether HEAD has what the trunk has not."""
        head, trunk = self._branches.head, self._branches.trunk_tip
        commits = {one.sha for found in self._holding.values() for one in found if not one.is_inner}
        if not (head or self._branches.current):
            self.unknown = refusal.reason(self._tree.top) or "what is checked out could not be read"
            return
        wanted = commits.union(*self._tips.values())
        self._outside = _outside(self._tree, self._branches, wanted)
        if not wanted.difference(self._branches.bases):  # so git was asked nothing by which it could have refused
            self.unknown = refusal.reason(self._tree.top)
        if head and trunk and head != trunk and self._branches.current in self._tips:
            self._ahead = bool(process.run(self._tree.top, "rev-list", "--max-count=1", head, f"^{trunk}", "--"))

    def of(self, row: SessionRow) -> tuple[str, str, dict[str, str]]:
        """Return whether the work of a session landed, where its branch stands, and why that is not known."""
        landed, why_not = self._landed(row)
        state = self._state(row.branch, landed)
        no_branch = _NOT_HERE if row.branch else _NO_BRANCH
        reasons = {
            "landed": why_not if landed == UNKNOWN else "",
            "branch_state": no_branch if state == UNKNOWN else "",
        }
        return landed, state, {name: why for name, why in reasons.items() if why}

    def _landed(self, row: SessionRow) -> tuple[str, str]:
        found = self._holding.get(row.row)
        if found is None:
            return UNKNOWN, "it recorded no work that could be found again"
        names = {key for one in found if one.sha not in self._outside for key in one.names}
        elsewhere = {key for one in found for key in one.names}
        keys = {change.path: self._keys(change.path, found) for change in self._files[row.row]}
        lacking = [path for path, known in keys.items() if names.isdisjoint(known)]
        asked = [path for path in lacking if elsewhere.isdisjoint(keys[path])]
        unclear = {path: why for path in asked if (why := self._unclear(path, row.branch))}
        paths = list(keys)
        said = verdict(len(paths) - len(lacking), len(lacking) - len(unclear))
        return said, next(iter(unclear.values()), "it changed no files")

    def _keys(self, path: str, found: list[Holding]) -> set[int]:
        """Return the keys of a file's name, as its repository has it."""
        name = self._tree.raw(self._tree.name_of(path))
        parts = name.split(b"/")
        inner = range(1, len(parts)) if any(one.is_inner for one in found) else ()
        return {fingerprints.name_key(each) for each in (name, *(b"/".join(parts[n:]) for n in inner)) if each}

    def _unclear(self, path: str, branch: str) -> str:
        """Return why nothing is known of a file that no commit of the session's work changed; mostly nothing.

        A folder that is not there may have gone with its branch, else with a work tree that was removed.
        """
        folder = os.path.dirname(path)
        if folder not in self._folders:
            who = holders.holder(self._root, path)
            there = os.path.isdir(os.path.join(self._root, folder))
            why = who.unknown or (refusal.ELSEWHERE if who.inner else "" if there else refusal.NEVER_HELD)
            self._folders[folder] = why
        why = self._folders[folder]
        return "" if why == refusal.NEVER_HELD and branch and not self._tips[branch] else why

    def _state(self, branch: str, landed: str) -> str:
        if not branch:
            return UNKNOWN
        tips, here = self._tips[branch], self._branches
        if not tips:  # of work that is not known to be missing here, it may be a branch of another clone
            return {YES: MERGED, NO: GONE, PARTLY: GONE}.get(landed, UNKNOWN)
        if branch == here.trunk:
            return MERGED
        is_in = not self._ahead if branch == here.current else any(tip not in self._outside for tip in tips)
        is_alone = branch == here.current and not here.trunk_tip
        return MERGED if is_alone or (is_in and landed != NO) or (landed == YES and branch != here.current) else OPEN


def of_session(store: Store, file: str) -> Standing:
    """Return where the session in one file stands."""

    def work(view: View) -> Standing:
        row = view.cache.in_file(file)
        nothing = dict.fromkeys(("landed", "branch_state"), "it was not read")
        return standings(view, [row])[row.row] if row else Standing(UNKNOWN, UNKNOWN, nothing, [])

    return commit_links.read(store, work)


def with_standing(store: Store, found: "Excerpt") -> "Excerpt":
    """Return what is shown of a session, with what became of its work."""
    standing = of_session(store, os.path.basename(found["markdown_path"]))
    reasons = {**found.get("unknown", {}), **standing.unknown}
    return cast("Excerpt", {**found, **standing._replace(unknown=reasons).as_json()})
