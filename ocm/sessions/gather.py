"""What can be seen before a checkpoint takes its lock: how the session began, and what git says about the work tree."""

import os
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ocm.base import times
from ocm.base.errors import UnreadableSessionError
from ocm.base.model import CHANGE_TYPES, Checkpoint, FileChange, Session
from ocm.base.text import one_line
from ocm.git import parse, worktree
from ocm.redaction import redact
from ocm.redaction.user_rules import Rules
from ocm.sessions import merge, session_files
from ocm.sessions.merge import Observed
from ocm.sessions.session_files import Known
from ocm.store import config, journal, paths
from ocm.store.events import FREE_TEXTS, Event, edited_path, hook_event, may_edit, moment, of_kind, text_of, texts_of
from ocm.store.paths import Store, user_store


@dataclass(slots=True)
class Start:
    """How a session began: `since` in epoch seconds, `root` the work tree it works in.

    `named` is the work tree that its journal names: another one where that came from elsewhere. Such a name is text,
    good for making paths relative; no file and no repository there is looked at. What was done `elsewhere`, in another
    work tree of the repository, has the paths of that tree.
    """

    since: float
    sha: str
    branch: str
    tool: str
    root: str
    named: str = ""
    project: str = ""
    deleted: list[str] | None = None
    existing: frozenset[str] | None = None
    elsewhere: list[FileChange] = field(default_factory=list)

    def carried(self) -> dict[str, Any]:
        """Return what the next journal's first line repeats."""
        return {"sha": self.sha, "branch": self.branch, "root": self.root, "since": self.since, "deleted": self.deleted}


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a checkpoint learns before it takes the lock: the file of the session as it is now, git, settings."""

    start: Start
    observed: Observed
    known: Known | None
    rules: Rules
    changes_only: bool


def observe(store: Store, call: Checkpoint, tool: str, began: tuple[float, str] | None, rules: Rules) -> Prepared:
    """Look at journal, file, work tree and settings without changing or locking anything."""
    events = journal.read_events(store.path, call.session_id)
    try:
        known = session_files.read(store, call.session_id, events)
    except UnreadableSessionError:
        known = None  # the transaction meets it again and says so
    session = known.session if known else None
    start = _start(store, events, call, tool, began, session)
    head, branch = paths.git_head(start.root)
    if session is None:
        start.project = _clean(worktree.project_name(start.root), rules)
    else:
        start.project = session.project
        branch = branch if any(map(may_edit, events)) else ""  # it stays on the branch where it last did something
    observed = Observed(datetime.now().astimezone(), head, branch, events)
    if session and _is_quiet(call, events):
        observed.head = observed.branch = ""
        observed.quiet = True
        return Prepared(start, observed, known, rules, changes_only=False)
    is_fresh = session is None and not events and began is None
    touched = {path for path, _ in _edited(events, start)}
    if not is_fresh and _needs_diff(events):
        touched |= _ask_git(store, call.session_id, start, observed, session)
    else:
        start.existing = _existing(start, [path for path, kind in _edited(events, start) if not kind])
    shell = [moment(event) for event in events if event.get("cmd") and moment(event) >= start.since]
    if shell and not call.semantic:
        from ocm.git import changes

        subjects = changes.commit_titles(start.root, start.sha, shell)
        observed.commits = [one_line(_clean(text, rules)) for text in subjects]
    if touched:
        from ocm.git import freshness

        observed.contents = freshness.contents_now(start.root, touched)
    _fingerprint(start, observed, session, shell)
    _look_elsewhere(store, call.session_id, start, observed, session, shell)
    _clean_names(start, observed, rules)
    changes_only = config.load(user_store(), store.path)["gate.count"] == "changes"
    return Prepared(start, observed, known, rules, changes_only)


def _look_elsewhere(  # noqa: PLR0913, PLR0917 - each is one source of what is known
    store: Store, session_id: str, start: Start, observed: Observed, session: Session | None, shell: list[float]
) -> None:
    """Look at what was done in other work trees of the repository, where there are any."""
    if not worktree.has_linked(start.root):
        return
    from ocm.git import other_trees

    own, trees = other_trees.of_edits(start.root, _all_edited(observed.events, start))
    if shell:
        known = {tree.root for tree in trees} | _roots_of_others(store, session_id)
        trees += [other_trees.Tree(top, {}) for top in other_trees.begun_inside(start.root, start.since, known)]
    at = observed.now.isoformat(timespec="seconds")
    for tree in trees:
        files = other_trees.changed(tree, start.sha, start.since)
        contents, lines = other_trees.facts(tree.root, start.sha, shell, at, files, session)
        start.elsewhere += files
        observed.contents.update(contents)
        observed.fingerprints += lines
    if trees and not own:
        observed.branch = paths.git_head(trees[0].root)[1] or observed.branch


def _roots_of_others(store: Store, session_id: str) -> set[str]:
    """Return the work trees in which other conversations began."""
    keys = [key for key in journal.session_keys(store.path) if key != journal.key(session_id)]
    opened = (of_kind(journal.read_events(store.path, key), "open") for key in keys)
    return {text_of(event, "root") for events in opened for event in events}


def _clean_names(start: Start, observed: Observed, rules: Rules) -> None:
    """Take the secrets out of what git and the file system name, once everything was asked that needs the true names.

    A journal's paths are redacted in the same way, so that a file which both name is still one.
    """
    start.branch, observed.branch = _clean(start.branch, rules), _clean(observed.branch, rules)
    start.elsewhere = _clean_changes(start.elsewhere, rules)
    if start.existing is not None:
        start.existing = frozenset(_clean(path, rules) for path in start.existing)
    if observed.changed is not None:
        observed.changed = _clean_changes(observed.changed, rules)
    observed.undone = frozenset(_clean(path, rules) for path in observed.undone)
    observed.diff_summary = _clean(observed.diff_summary, rules)
    observed.contents = {_clean(path, rules): content for path, content in observed.contents.items()}


def _clean_changes(changes: list[FileChange], rules: Rules) -> list[FileChange]:
    return [
        FileChange(_clean(one.path, rules), one.change_type, one.old_path and _clean(one.old_path, rules))
        for one in changes
    ]


def _clean(text: str, rules: Rules) -> str:
    return redact.redact(text, rules)[0]


def _is_quiet(call: Checkpoint, events: list[Event]) -> bool:
    """Return whether a call only names or tags a session in which nothing happened that is not stored."""
    return not call.semantic and not call.status and not any(hook_event(event) or may_edit(event) for event in events)


def _fingerprint(start: Start, observed: Observed, session: Session | None, shell: list[float]) -> None:
    """Fingerprint the work itself, if there is any."""
    from ocm.git import record

    known = session.files if session else []
    changes = merge.merge_files(known, replace(observed, edits=edits_of(observed.events, start)))
    at = observed.now.isoformat(timespec="seconds")
    if changes or shell:
        observed.fingerprints = record.fact_lines(start.root, start.sha, shell, at, changes, session)


def _start(  # noqa: PLR0913, PLR0917 - each is one source of what is known
    store: Store,
    events: list[Event],
    call: Checkpoint,
    tool: str,
    began: tuple[float, str] | None,
    session: Session | None,
) -> Start:
    opened = of_kind(events, "open")
    first = min(opened, key=_since, default={})
    named = text_of(first, "root")
    root = _own_root(store, named)
    head, branch = paths.git_head(root)
    since, sha = began or (time.time(), head)
    if session:
        since = times.instant(session.started_at)
    return Start(
        since=_since(first) or _earliest(events) or since,
        sha=session.git_sha_start if session else text_of(first, "sha") or ("" if first else sha),
        branch=text_of(first, "branch") or branch,
        tool=text_of(first, "tool") or call.tool or tool or "unknown",
        root=root,
        named=named,
        deleted=next((texts_of(event, "deleted") for event in opened if "deleted" in event), None),
    )


def _own_root(store: Store, root: str) -> str:
    """Return the work tree that a journal names, if this store serves it: git is asked nothing about any other."""
    if not root or store.is_user or root == store.root:
        return root or store.root
    served = paths.find_store(root)
    return root if served and os.path.realpath(served.path) == os.path.realpath(store.path) else store.root


def _since(event: Event) -> float:
    """Return when the stretch that an opening line heads began."""
    return moment(event, "since") or moment(event)


def _earliest(events: list[Event]) -> float:
    return min((when for event in events if (when := moment(event))), default=0.0)


def _needs_diff(events: list[Event]) -> bool:
    """Return whether git is asked: a shell call may have changed anything; without an edit nothing else is known."""
    return any(e.get("cmd") or e.get("shell") for e in events) or not any(e.get("path") for e in events)


def _ask_git(store: Store, session_id: str, start: Start, observed: Observed, session: Session | None) -> set[str]:
    """Ask git what changed; returns the paths that are as this session left them, not as another did since."""
    from ocm.git import changes

    # What another work tree holds is as it was in this one until it is merged: it is not undone for that.
    is_alone = not worktree.has_linked(start.root)
    recorded = {change.path for change in session.files} if session and is_alone else set()
    edited = {path for path, _ in _edited(observed.events, start)}
    found = changes.since_start(
        start.root,
        start.sha,
        start.since,
        deleted_before=start.deleted,
        touched=frozenset(edited | recorded),
        others=(others := _edited_by_others(store, session_id, start)),
    )
    if found is None:
        return set()
    observed.changed = found.files
    observed.diff_summary = found.summary
    observed.undone = frozenset(found.undone)
    return {change.path for change in found.files} - others


def _edited_by_others(store: Store, session_id: str, start: Start) -> frozenset[str]:
    """Return the paths that other conversations edited since this one began."""
    from ocm.index import checkpoint_queries

    own = journal.key(session_id)
    keys = [key for key in journal.session_keys(store.path) if key != own]
    pending = {path for key in keys for path, _ in _edited(journal.read_events(store.path, key), start)}
    return frozenset(
        pending | checkpoint_queries.edited_since(store, start.since, project=start.project, exclude=session_id)
    )


def _existing(start: Start, unknown: list[str]) -> frozenset[str] | None:
    """Return which of the paths were there when the session started, for edits whose kind the host did not tell."""
    if not unknown or not start.sha:
        return None
    return frozenset(worktree.files_at(start.root, start.sha, unknown))


def _edited(events: list[Event], start: Start) -> list[tuple[str, str]]:
    """Return path and kind (empty: unknown) of every edit in `events` that was made in the session's own work tree."""
    found = _all_edited(events, start)
    if not worktree.has_linked(start.root):
        return found
    from ocm.git import other_trees

    return other_trees.of_edits(start.root, found)[0]


def _all_edited(events: list[Event], start: Start) -> list[tuple[str, str]]:
    found = []
    for event in events:
        path = edited_path(event)
        if path:
            found.append((relative(path, start.root, start.named), text_of(event, "kind")))
    return found


def edits_of(events: list[Event], start: Start) -> list[FileChange]:
    """Return the edits in `events` as changes, paths relative to the work tree."""
    edits = []
    for path, kind in _edited(events, start):
        is_new = start.existing is not None and path not in start.existing
        edits.append(FileChange(path, kind if kind in CHANGE_TYPES[:3] else "created" if is_new else "modified"))
    return [*edits, *start.elsewhere]


def relative(path: str, root: str, named: str = "") -> str:
    """Return `path` relative to `root`, else to `named`, with forward slashes where it lies inside; else as it is."""
    path = parse.printable(parse.encoded(path))
    for base in (root, os.path.realpath(root), *([named] if os.path.isabs(named) else [])):
        whole = os.path.normpath(os.path.join(base, path))
        if whole.startswith(base.rstrip(os.sep) + os.sep):
            return os.path.relpath(whole, base).replace(os.sep, "/")
    return path.replace(os.sep, "/")


def events_redacted(events: list[Event], rules: Rules) -> tuple[list[Event], int]:
    """Return `events` without the secrets that a path, a title or a command may hold, and how many there were."""
    count = 0
    for event in events:
        for name in FREE_TEXTS:
            text = text_of(event, name)
            if text:
                event[name], found = redact.redact(text, rules)
                count += found
    return events, count
