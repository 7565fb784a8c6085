"""Importing: from conversations that other tools keep to session files, under each session's lock, in a batch.

Whatever stops it, every file is whole and the batch knows it; what was done once is not done again.
"""

import contextlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ocm.base import times
from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import HALF, Session, clean_text
from ocm.base.notices import Progress
from ocm.base.text import one_line
from ocm.git import process
from ocm.git.worktree import WorkTree
from ocm.markdown import facts, render
from ocm.markdown import parse as session_text
from ocm.redaction import redact, user_rules
from ocm.sessions import archive, import_batches, session_files
from ocm.sessions.import_batches import Row
from ocm.sessions.session_files import Known
from ocm.sources import combine, extract, ownership, registry
from ocm.sources.head import PROMPTS, Head
from ocm.sources.json_lines import Unreadable
from ocm.sources.ownership import Project
from ocm.sources.story import Story
from ocm.store import files, forgotten, journal
from ocm.store.paths import Store, user_store

_TOGETHER = 100  # conversations that are read before their files are written
_LOCK = "import.lock"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be imported.

    Attributes:
        paths: Files and folders that a person named.
        sources: Histories whose usual places are looked at.
        since: In epoch seconds; what began before stays out.
        until: The same of what began after.
        include_small: Whether also conversations come in of which nothing came.
        maps: Folders of other places that are this project: old and new.
        dry_run: Whether nothing is written.
    """

    paths: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: float = 0.0
    until: float = float("inf")
    include_small: bool = False
    maps: tuple[tuple[str, str], ...] = ()
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What an import did, or would do: sessions by what became of them, and what was left out and why."""

    batch: str = ""
    added: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    redactions: int = 0
    read_bytes: int = 0
    troubles: list[str] = field(default_factory=list)
    stopped: bool = False


@dataclass(slots=True)
class _Found:
    head: Head
    root: str


def find(project: Project, wish: Wish, report: Report) -> list[tuple[Head, str]]:
    """Return the conversations that are wished for, each with the folder that is this project in it."""
    found: dict[str, tuple[Head, str]] = {}
    tombstones = forgotten.read(project.store)
    merged = merged_ids(project.store)
    excluded = ownership.exclusions(project.store)
    for head, is_named in _heads(project, wish, report):
        root = project.root_of(head)
        if ownership.is_excluded(head, excluded):
            report.left_out["excluded"] += 1
            continue
        if not root and is_named and not project.is_anothers(head):
            root = project.guessed(head.cwd) if head.cwd else project.store.root
        if not root:
            report.elsewhere[head.cwd] += 1
        elif forgotten.tombstone(head.session_id) in tombstones:
            report.left_out["forgotten"] += 1
        elif head.session_id in merged:
            report.left_out["merged into another"] += 1
        elif head.start and not wish.since <= head.start < wish.until:
            report.left_out["outside the dates"] += 1
        elif head.session_id not in found or found[head.session_id][0].size < head.size:
            found[head.session_id] = (head, root)
    return sorted(found.values(), key=lambda pair: (pair[0].start, pair[0].session_id))


def _heads(project: Project, wish: Wish, report: Report) -> Iterator[tuple[Head, bool]]:
    """Yield the conversations in every place that is wished for, and whether a person named that place."""
    for path in wish.paths:
        unread = Unreadable()
        count = 0
        for head in registry.heads(path, unread):
            if not wish.sources or head.source in wish.sources:
                count += 1
                yield head, True
        report.troubles += [f"{path}: {what}" for what in unread.counts]
        if not count and not unread.counts:
            report.troubles.append(f"{path}: no conversation of a known history is in it")
    for name in () if wish.paths else wish.sources:
        unread = Unreadable()
        for place in registry.places(name, project.roots):
            if os.path.exists(place):
                yield from ((head, False) for head in registry.heads_of(name, place, unread))
        report.troubles += [f"{name}: {what}" for what in unread.counts]


def run(store: Store, wish: Wish, progress: Progress | None = None) -> Report:
    """Import what is wished for into a store.

    Raises:
        OcmError: the store cannot be written to, or a session is locked for too long; what was written stays.
    """
    if wish.dry_run:
        return _run(store, wish, progress)
    files.make_private_dir(store.path)
    # One at a time: what another one adds meanwhile would be added twice.
    with files.locked(os.path.join(store.path, _LOCK)):
        return _run(store, wish, progress)


def _run(store: Store, wish: Wish, progress: Progress | None) -> Report:
    project = Project.of(store, wish.maps)
    work = _Import(project, wish)
    found = find(project, wish, work.report)
    total = sum(head.size for head, _ in found) or 1
    try:
        for together in itertools.batched(found, _TOGETHER) if hasattr(itertools, "batched") else _batched(found):
            work.take(together, progress, total)
    except KeyboardInterrupt:
        work.report.stopped = True
    if work.report.added or work.report.completed:
        work.refresh()
    return work.report


def _batched(found: list[tuple[Head, str]]) -> Iterator[tuple[tuple[Head, str], ...]]:
    for at in range(0, len(found), _TOGETHER):
        yield tuple(found[at : at + _TOGETHER])


class _Import:
    """One import on its way."""

    def __init__(self, project: Project, wish: Wish) -> None:
        self.project = project
        self.store = project.store
        self.wish = wish
        self.report = Report()
        self.rules = user_rules.load(user_store(), self.store.path)
        self.now = times.iso(time.time())
        self.known = known_sessions(self.store)
        self.active = set(journal.session_keys(self.store.path))
        self.batch = f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{time.time_ns() % 1_000_000:06d}"
        self.stamp = -1

    def clean(self, text: str) -> str:
        """Return a text without private parts, secrets, and what no file can hold."""
        text, found = redact.redact(text.replace(HALF, ""), self.rules)
        self.report.redactions += found
        return clean_text(text)

    def take(self, together: Iterable[tuple[Head, str]], progress: Progress | None, total: int) -> None:
        """Read some conversations, and write their sessions."""
        read = []
        for head, root in together:
            if is_imported(self.known, head):
                self.report.same.append(head.session_id)
            elif story := self._story(head, root):
                read.append((head, story))
            self.report.read_bytes += head.size
            if progress:
                progress(self.report.read_bytes // 1000, max(total // 1000, 1))  # kilobytes
        shas = resolved(self.store.root, [one.sha for _, story in read for one in story.commits])
        for head, story in read:
            draft = extract.draft(head, story, registry.version(head), shas)
            self._write(head, draft)

    def refresh(self) -> None:
        """Bring the cache in step with the files."""
        from ocm.index import access

        with contextlib.suppress(OcmError):
            access.read(self.store, lambda _: None)

    def _story(self, head: Head, root: str) -> Story | None:
        """Return what a conversation told; None where it cannot be read, or nothing came of it."""
        story = Story(self.clean, self.project.inside(head, root))
        try:
            registry.read(head, story)
        except OSError as error:
            self.report.troubles.append(f"{head.path}: {error.strerror}")
            return None
        if story.unread.counts:
            name = f"{head.source} {one_line(story.version, 40)}".strip()
            known = self.report.unknown.setdefault(name, {})
            for what, count in story.unread.counts.items():
                known[what] = known.get(what, 0) + count
        is_here = bool(self.known.get(head.session_id))
        if (story.is_small and not self.wish.include_small and not is_here) or not (
            story.turns or story.edits or story.notes
        ):
            self.report.left_out["small"] += 1
            return None
        return story

    def _write(self, head: Head, draft: extract.Draft) -> None:
        """Write the session of a conversation, if there is anything to add."""
        draft.session.project = self.clean(self.project.name or os.path.basename(self.store.root))
        if journal.key(head.session_id) in self.active:
            draft.session.status, draft.session.ended_at = "open", ""
        self.report.titles[head.session_id] = draft.session.display_title
        if self.wish.dry_run:
            kind = self.report.completed if head.session_id in self.known else self.report.added
            kind.append(head.session_id)
            return
        files.make_private_dir(self.store.sessions)
        try:
            with files.locked(session_files.lock_path(self.store, head.session_id)):
                self._write_locked(head, draft)
        except UnreadableSessionError as error:
            self.report.troubles.append(str(error))

    def _write_locked(self, head: Head, draft: extract.Draft) -> None:
        from ocm.index import scan

        for _ in range(_ATTEMPTS):
            place, name = self.known.get(head.session_id) or self._added_meanwhile(head.session_id)
            known = session_files.load(place, name) if name else None
            session = combine.combined(known.session if known else None, draft, head.mark, self.now)
            if known and session == known.session:
                self.report.same.append(head.session_id)
                return
            text = _text(known, session)
            row = Row(head.session_id, known.text if known else None, import_batches.digest(text), head.source)
            import_batches.append(self.store, self.batch, [row])
            self.report.batch = self.batch
            if session_files.write(place, known, session, "", seen=scan.folder_stamp(place)):
                self.stamp = scan.folder_stamp(self.store)
                (self.report.completed if known else self.report.added).append(head.session_id)
                return
        raise OcmError(f"The file of {head.session_id} is being changed all the time.", "Import again in a moment.")

    def _added_meanwhile(self, session_id: str) -> tuple[Store, str]:
        """Return where another process has added the session since this import began."""
        from ocm.index import scan

        if self.stamp in {-1, scan.folder_stamp(self.store)}:
            return self.store, ""
        return self.store, session_files.locate(self.store, session_id, [])


def is_imported(known: dict[str, tuple[Store, str]], head: Head) -> bool:
    """Return whether a conversation was imported just as it is now, by the present reader."""
    if head.session_id not in known:
        return False
    place, name = known[head.session_id]
    try:
        text = session_files.text(place, name)
        version = session_text.parse(text).source_version
    except (OSError, UnreadableSessionError):
        return False
    mark = facts.split(text)[1].marks().get(head.source, "")
    if head.mark.startswith(PROMPTS) and not mark.startswith(PROMPTS):
        return True  # the prompts alone tell less than what is there
    return mark == head.mark and version == registry.version(head)


def _text(known: Known | None, session: Session) -> str:
    return render.update_parsed(known.file, known.session, session) if known else render.render(session)


def known_sessions(store: Store) -> dict[str, tuple[Store, str]]:
    """Return where each session of a store and its archive lies."""
    from ocm.index import access

    found: dict[str, tuple[Store, str]] = {}
    for place, _ in archive.places(store):
        rows, unreadable = access.read(place, lambda cache: (cache.sessions(-1), cache.unreadable()))
        found |= {row.session_id: (place, row.file) for row in rows if row.session_id not in found}
        for name, _ in unreadable:  # no new file stands in for one that a person has to mend
            with contextlib.suppress(OSError, UnreadableSessionError):
                found[session_text.session_id_of(session_files.text(place, name))] = (place, name)
    found.pop("", None)
    return found


def merged_ids(store: Store) -> set[str]:
    """Return the ids of sessions that a person merged into others."""
    from ocm.index import access

    found = (access.read(place, lambda cache: cache.merged_ids()) for place, _ in archive.places(store))
    return set().union(*found)


def resolved(root: str, shas: list[str]) -> dict[str, str]:
    """Return the whole ids of the commits that the repository has, by what a tool printed of them."""
    tree = WorkTree.find(root)
    if tree is None or not shas:
        return {}
    asked = list(dict.fromkeys(shas))
    stdin = "".join(f"{sha}^{{commit}}\n" for sha in asked).encode()
    try:
        lines = process.run(tree.top, "cat-file", "--batch-check", stdin=stdin).decode("ascii", "replace").split("\n")
    except process.UnknownError:
        return {}
    answers = (line.split(" ") for line in lines)
    return {sha: words[0] for sha, words in zip(asked, answers, strict=False) if words[1:2] == ["commit"]}
