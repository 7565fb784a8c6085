"""What becomes of a session when a transcript tells of it: pure.

Laws: what a person wrote stays as it is, and what a person took out does not come back; what a checkpoint said is never
outranked; combining twice changes nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime

from ocm.base import times
from ocm.base.model import Session, WorkEntry
from ocm.base.values import MACHINE
from ocm.markdown.facts import Facts, Origin, digest
from ocm.sessions import merge
from ocm.sources.extract import Draft

SECOND_HAND = (
    "specstory",
    "entire",
    "claude-mem",
    "engram",
    "sessionmem",
    "opencodememory",
)  # they tell of other tools' conversations; where those do themselves, they win
LISTS = ("work_completed", "work_pending", "decisions", "problems")
TEXTS = ("goal", "title")
_OWN = ("branch", "started_at", "updated_at", "ended_at", "git_sha_start")  # of a session that only an import tells of


class _Known:
    """What the file of a session says so far, and which of it is the machine's own."""

    def __init__(self, session: Session, source: str) -> None:
        self.session = session
        self.is_told_better = source in SECOND_HAND and session.source not in {"", source}
        self.facts = Facts.parse(session.facts)
        self.is_recorded = bool(self.facts.counts.get("checkpoints"))
        self._machine = {(one.section, one.digest) for one in self.facts.origins() if one.word == MACHINE}

    def is_machine(self, section: str, text: str) -> bool:
        """Return whether an earlier import put `text` there, and nobody changed it."""
        return (section, digest(text)) in self._machine

    def texts(self, section: str, old: list[str], new: list[str]) -> list[str]:
        """Return the items of a section: the old ones that are not the machine's, and the new ones nobody took out."""
        if self.is_told_better and old:
            return old
        if self.is_recorded and any(not self.is_machine(section, text) for text in old):
            return old
        wanted = [text for text in new if text in old or not self.is_machine(section, text)]
        kept = [text for text in old if text in wanted or not self.is_machine(section, text)]
        return [*kept, *(text for text in wanted if text not in old)]

    def text(self, section: str, old: str, new: str) -> str:
        """Return the same of a single text."""
        if (old and (self.is_told_better or not self.is_machine(section, old))) or not new:
            return old
        return new if old or not any(name == section for name, _ in self._machine) else old

    def work(self, new: list[WorkEntry]) -> list[WorkEntry]:
        """Return the same of the work: what is new in its order, and what others wrote below its own heading."""
        old = self.session.work
        if old and self.is_told_better:
            return old
        if self.is_recorded and any(not self.is_machine("work", text) for entry in old for text in entry.items):
            return old
        here = set(self.session.work_summary)
        said = [WorkEntry(e.heading, [t for t in e.items if t in here or not self.is_machine("work", t)]) for e in new]
        own = [WorkEntry(e.heading, [t for t in e.items if not self.is_machine("work", t)]) for e in old]
        fresh = {text for entry in said for text in entry.items}
        for entry in own:
            left = [text for text in entry.items if text not in fresh]
            same = next((one for one in said if one.heading == entry.heading), None)
            if same:
                same.items += left
            elif left:
                said.append(WorkEntry(entry.heading, left))
        return [entry for entry in said if entry.items]


def combined(session: Session | None, draft: Draft, mark: str, now: str) -> Session:
    """Return what a session's file should say.

    Args:
        session: What it says so far; None where there is none.
        draft: What the transcript tells.
        mark: How far it was read.
        now: The time of the import.
    """
    fresh = draft.session
    known = _Known(session or Session(fresh.session_id, status=""), fresh.source)
    old = known.session
    here = {change.path for change in old.files}
    new = [change for change in fresh.files if change.path not in here]
    links = {reference.url for reference in old.references}
    made = replace(
        old,
        work=known.work(fresh.work),
        files=merge.merge_files(old.files, merge.Observed(datetime.now(UTC), edits=new)),
        tags=old.tags if session else fresh.tags,
        references=[*old.references, *(link for link in fresh.references if link.url not in links)],
    )
    for name in LISTS:
        setattr(made, name, known.texts(name, getattr(old, name), getattr(fresh, name)))
    for name in TEXTS:
        setattr(made, name, known.text(name, getattr(old, name), getattr(fresh, name)))
    for name, value in _scalars(known, fresh).items():
        setattr(made, name, value)
    _set_last_words(made, draft)
    made.work_pending = [text for text in made.work_pending if text not in made.work_completed]
    made.facts = _facts(known, draft, made, mark)
    return old if _without_mark(made) == _without_mark(old) else replace(made, imported_at=now)


def _scalars(known: _Known, fresh: Session) -> dict[str, str]:
    """Return the values of the front matter: what the transcript says where nothing else does."""
    old = known.session
    values = {name: getattr(old, name) or getattr(fresh, name) for name in ("tool", "status", "project", "branch")}
    values |= {name: getattr(old, name) or getattr(fresh, name) for name in ("started_at", "updated_at", "parent")}
    values["slug"] = old.slug or ("" if old.started_at else fresh.slug)  # a file that is there keeps its name
    values["model"] = fresh.model or old.model
    if not known.is_told_better:
        values |= {"source": fresh.source, "source_id": fresh.source_id, "source_version": fresh.source_version}
    if not (known.is_recorded or known.is_told_better):
        values |= {name: getattr(fresh, name) or getattr(old, name) for name in _OWN}
    return values


def _set_last_words(made: Session, draft: Draft) -> None:
    """Take the last words, unless a person changed those that are there, or a hook was told later ones."""
    words, facts = draft.session.last_words, Facts.parse(made.facts)
    at, told = facts.words
    is_free = not made.last_words and digest(words) != told
    is_ours = bool(made.last_words) and digest(made.last_words) == told
    is_older = is_ours and times.instant(at) <= times.instant(draft.spoken)
    if words and (is_free or is_older):
        facts.words = draft.spoken or at, digest(words)
        made.last_words, made.facts = words, facts.lines()


def _facts(known: _Known, draft: Draft, made: Session, mark: str) -> list[str]:
    facts = Facts.parse(made.facts)
    if known.is_recorded or known.is_told_better:
        held = frozenset[int]().union(*(unit.keys for unit in facts.units()))
        lines = Facts.parse(draft.session.facts)
        added = {unit.number for unit in lines.units() if unit.keys - held}
        prints = [line for line in lines.kept if line.startswith("print ")]
        facts.add(line for number, line in enumerate(prints) if number in added)
    else:
        facts.replace_fingerprints(draft.session.facts)
        facts.add(draft.session.facts)
    facts.note_import([*facts.origins(), *_origins(draft, made)], {**facts.marks(), draft.session.source: mark})
    return facts.lines()


def _origins(draft: Draft, made: Session) -> list[Origin]:
    """Return the origin of each item that came from the transcript and is in the session."""
    held: dict[str, set[str]] = {name: set(getattr(made, name)) for name in LISTS}
    held |= {name: {getattr(made, name)} for name in TEXTS}
    held["work"] = set(made.work_summary)
    found = (
        (section, text, place) for (section, text), place in draft.places.items() if text and text in held[section]
    )
    return [Origin(MACHINE, digest(text), section, place) for section, text, place in found]


def _without_mark(session: Session) -> Session:
    """Return a session without what an import says of itself alone."""
    facts = Facts.parse(session.facts)
    facts.note_import(facts.origins(), {})
    return replace(session, facts=facts.lines(), imported_at="")
