"""What a checkpoint makes of a session: pure, so that repeating it after a crash changes nothing."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from ocm.base import times
from ocm.base.model import CHANGE_TYPES, Checkpoint, FileChange, Session, WorkEntry
from ocm.base.text import one_line, unquoted
from ocm.markdown.facts import Facts, date_line, digest
from ocm.store.events import Event, counted, hook_event, kind_of, last_words, moment, of_kind, text_of

_T = TypeVar("_T")


@dataclass(slots=True)
class Observed:
    """What is known besides the call itself: the journal, the work tree, the clock."""

    now: datetime
    head: str = ""
    branch: str = ""
    events: list[Event] = field(default_factory=list)
    edits: list[FileChange] = field(default_factory=list)
    changed: list[FileChange] | None = None
    undone: frozenset[str] = frozenset()
    diff_summary: str = ""
    takes: list[str] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    quiet: bool = False  # nothing happened: a person puts a tag on what was done long ago


def merge(session: Session, checkpoint: Checkpoint, observed: Observed) -> Session:
    """Return `session` with what the call says and what was observed; `session` itself stays as it is."""
    now = observed.now.isoformat(timespec="seconds")
    result = replace(
        session,
        goal=checkpoint.goal or session.goal,
        title=_title(session, checkpoint, observed),
        tool=session.tool or checkpoint.tool or "",
        trigger=checkpoint.trigger or session.trigger,
        branch=observed.branch or session.branch,
        updated_at=session.updated_at if observed.quiet else times.later(session.updated_at or session.started_at, now),
        tags=_appended(session.tags, checkpoint.tags),
        work_completed=_appended(session.work_completed, checkpoint.work_completed),
        work_pending=_pending(session, checkpoint),
        work=_work(session, checkpoint, observed),
        decisions=_appended(session.decisions, checkpoint.decisions),
        problems=_appended(session.problems, checkpoint.problems),
        plan_files=_appended(session.plan_files, checkpoint.plan_files),
        references=_appended(session.references, checkpoint.references),
        files=(files := merge_files(session.files, observed)),
        diff_summary=session.diff_summary if observed.changed is None else observed.diff_summary,
        facts=_facts(session, checkpoint, observed, files),
    )
    _set_last_words(result, observed)
    _set_status(result, checkpoint.status, observed)
    return result


def _set_status(session: Session, status: str | None, observed: Observed) -> None:
    if session.status == "closed" and any(_reopens(event) for event in observed.events):
        session.status, session.ended_at, session.git_sha_end = "open", "", ""
    if status:
        session.status = status
    if session.status == "closed" and not session.ended_at:
        session.ended_at = times.later(session.started_at, session.updated_at)
        session.git_sha_end = observed.head
    elif session.status != "closed":
        session.ended_at = session.git_sha_end = ""


def _set_last_words(session: Session, observed: Observed) -> None:
    """Replace the last words by what the journal has of later turns, unless a person changed what stands there."""
    words, when = last_words(observed.events)
    facts = Facts.parse(session.facts)
    if words and (not session.last_words or digest(session.last_words) == facts.words[1]):
        facts.words = times.iso(when or observed.now.timestamp(), observed.now.tzinfo), digest(words)
        session.last_words, session.facts = words, facts.lines()


def _reopens(event: Event) -> bool:
    """Return whether an event reopens a closed session: a call that counts, or the start of a resumed conversation."""
    return kind_of(event) == "call" or (kind_of(event) == "open" and bool(event.get("source")))


def _appended(old: list[_T], new: Iterable[_T]) -> list[_T]:
    known = set(old)
    return [*old, *dict.fromkeys(item for item in new if item not in known)]  # what a person wrote twice stays


def _pending(session: Session, checkpoint: Checkpoint) -> list[str]:
    pending = session.work_pending if checkpoint.work_pending is None else checkpoint.work_pending
    completed = set(checkpoint.work_completed)
    return [item for item in pending if item not in completed]


def _work(session: Session, checkpoint: Checkpoint, observed: Observed) -> list[WorkEntry]:
    known = set(session.work_summary)
    said = checkpoint.work_summary if checkpoint.semantic else observed.summary
    items = list(dict.fromkeys(item for item in said if item not in known))
    if not items:
        return session.work
    parts = [f"{observed.now:%Y-%m-%d %H:%M}", observed.head[:7], checkpoint.trigger or ""]
    heading = " · ".join(part for part in parts if part)
    if session.work and session.work[-1].heading == heading:
        return [*session.work[:-1], WorkEntry(heading, [*session.work[-1].items, *items])]
    return [*session.work, WorkEntry(heading, items)]


def _title(session: Session, checkpoint: Checkpoint, observed: Observed) -> str:
    """Return the title: one that somebody gave, else none where there is a goal, else the first prompt."""
    asked = Facts.parse(session.facts).asked
    given = checkpoint.title or (session.title if session.title != asked else "")
    if given or checkpoint.goal or session.goal:
        return given
    return session.title or _first_prompt(observed.events)


def _first_prompt(events: list[Event]) -> str:
    titles = (text_of(event, "title") for event in of_kind(events, "prompt"))
    return next((unquoted(one_line(title, 200)) for title in titles if title), "")


def merge_files(known: list[FileChange], observed: Observed) -> list[FileChange]:
    """Return every file of the session once, by kind and path.

    The work tree knows better than the journal what became of a file; what it says was undone is no longer listed.
    """
    files: dict[str, FileChange] = {}
    for change in known:  # one that was created and then modified is a new one; the reference system lists it as both
        if change.path not in files or change.change_type != "modified":
            files[change.path] = change
    for edit in observed.edits:
        _add(files, edit)
    for change in observed.changed or ():
        files.pop(change.old_path or "", None)
        files[change.path] = change
    for path in observed.undone:
        files.pop(path, None)
    result = [change for change in known if files.get(change.path) == change]  # in the order a person gave them
    kept = set(result)
    for change in sorted(files.values(), key=_order):
        if change not in kept:
            bisect.insort(result, change, key=_order)
    return result


def _order(change: FileChange) -> tuple[int, str]:
    return CHANGE_TYPES.index(change.change_type), change.path


def _add(files: dict[str, FileChange], edit: FileChange) -> None:
    before = files.get(edit.path)
    if edit.change_type == "deleted" and before and before.change_type == "created":
        del files[edit.path]
    elif before is None or edit.change_type == "deleted" or before.change_type == "deleted":
        kind = "modified" if before and before.change_type == "deleted" else edit.change_type
        files[edit.path] = edit._replace(change_type=kind)


def _facts(session: Session, checkpoint: Checkpoint, observed: Observed, files: list[FileChange]) -> list[str]:
    """Return the fact lines: what the file said, with the counts, events, contents and journals of this checkpoint."""
    facts = Facts.parse(session.facts)
    made = {"checkpoints": 1, "flushes": int(not checkpoint.semantic)}  # a flush is a machine's: nobody called for it
    for name, number in (counted(observed.events) | made).items():
        facts.counts[name] = facts.counts.get(name, 0) + number
    facts.fired |= _fired(observed)
    facts.asked = facts.asked or _first_prompt(observed.events)
    facts.add([*observed.fingerprints, *_dates(session, checkpoint, observed)])
    contents = facts.contents | observed.contents
    facts.contents = {change.path: oid for change in files if (oid := contents.get(change.path))}
    kind = "semantic" if checkpoint.semantic else "machine"
    was_semantic = [journal for journal, before in facts.taken.items() if before == "semantic"]
    facts.taken = {journal: "semantic" if journal in was_semantic else kind for journal in observed.takes}
    return facts.lines()


def _fired(observed: Observed) -> dict[str, str]:
    """Return when each hook event fired last, as far as the journal says."""
    fired = {}
    for event in observed.events:
        name, when = hook_event(event), moment(event)
        if name and when:
            fired[name] = times.iso(when, observed.now.tzinfo)
    return fired


def _dates(session: Session, checkpoint: Checkpoint, observed: Observed) -> list[str]:
    """Return the lines that date the decisions, problems and tasks which the file does not contain yet."""
    now = observed.now.isoformat(timespec="seconds")
    decisions, problems = set(session.decisions), set(session.problems)
    new = [item for item in checkpoint.decisions if item not in decisions]
    new += [item for item in checkpoint.problems if item not in problems]
    new += [item for item in checkpoint.work_pending or () if item not in session.work_pending]
    return [date_line(now, item) for item in dict.fromkeys(new)]


def taken_journals(session: Session) -> dict[str, str]:
    """Return the journals that the session file includes already, each with the kind of checkpoint that took it."""
    return Facts.parse(session.facts).taken
