"""What was said, in the hosts' own files: found through a cache that is brought in step first, and shown from the file.

What a person excluded or forgot is neither in the cache nor shown; every text is redacted by the user's rules and those
of the project that it was said in.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ocm.base import sanitize, times
from ocm.base.errors import BadInputError, OcmError
from ocm.base.notices import Notice, Progress, ignore
from ocm.base.text import one_line
from ocm.index import access, schema
from ocm.index import transcripts as index
from ocm.index.transcripts import Cache, Hit, Transcript
from ocm.sources import json_lines, registry, spoken, survey
from ocm.sources.head import Head
from ocm.sources.json_lines import Position, Unreadable
from ocm.sources.ownership import Owners, Project
from ocm.sources.spoken import Said, Sink
from ocm.store import paths
from ocm.store import registry as projects
from ocm.store.paths import STORE, Store

if TYPE_CHECKING:
    from ocm.base.rows import SaidRow

_TOGETHER = 3.0  # seconds of reading between two moments at which another process can have its turn
_LINE = 160  # characters of what was said before and after a hit


class Wish(NamedTuple):
    """What is asked for: a question, and among which conversations.

    Attributes:
        query: In plain words.
        limit: How many to return.
        everywhere: Whether those of all projects are meant.
        tool: Only those of one host.
        since: Only what was said on this day or later.
        until: Only what was said on this day or earlier.
        seconds: How long reading may take before the question is answered from what there is.
    """

    query: str
    limit: int = 5
    everywhere: bool = False
    tool: str | None = None
    since: str | None = None
    until: str | None = None
    seconds: float = float("inf")


class Answer(NamedTuple):
    """What was found, and how many transcripts were not read yet."""

    rows: "list[SaidRow]"
    unread: int


def wished(given: Mapping[str, Any], *, everywhere: bool, seconds: float = float("inf")) -> Wish:
    """Return what a door was asked for.

    Raises:
        BadInputError: it is limited to what only sessions have.
    """
    others = [name for name, value in given.items() if value and name not in Wish._fields]
    if others:
        said = f"{others[0]} cannot be asked about what was said in transcripts."
        raise BadInputError(said, "Accepted: query, limit, tool, since, until.")
    wish = {name: value for name, value in given.items() if name in Wish._fields}
    return Wish(**wish, everywhere=everywhere, seconds=seconds)


def search(store: Store, wish: Wish, *, progress: Progress | None = None, notice: Notice = ignore) -> Answer:
    """Return what was said that shares words with a question, best first; the cache is brought in step first.

    Raises:
        BadInputError: the question is empty, or a day is none.
        OcmError: there is no cache and none can be made.
    """
    since, until = _day("since", wish.since), _day("until", wish.until, after=True)
    if not wish.query.strip():
        raise BadInputError("query is empty.", "Give a few words: names, identifiers, paths, an error message.")
    work = _Work(store, wish.everywhere, notice)
    asked = (wish, since, until, progress)
    try:
        try:
            left, hits, known = work.answer(*asked)
        except index.CacheError as error:
            work.renew(error)
            left, hits, known = work.answer(*asked)
    except index.CacheError as error:
        raise OcmError(f"What was said cannot be searched now: {error}.", "Ask again in a moment.") from error
    files = work.session_files({known[hit.text.transcript] for hit in hits})
    rows = [_row(rank, hit, known[hit.text.transcript], files) for rank, hit in enumerate(hits, 1)]
    return Answer(rows, left)


def _day(name: str, text: str | None, *, after: bool = False) -> float | None:
    try:
        return times.bound(text.strip(), after=after) if text else None
    except ValueError:
        said = f"{name} {one_line(text or '', 40)!r} is not a date."
        raise BadInputError(said, "Accepted: 2026-03-31 or 2026-03-31T14:00:00+02:00.") from None


def _row(rank: int, hit: Hit, said_in: Transcript, files: dict[str, str]) -> "SaidRow":
    near = {one.n < hit.text.n: f"{one.role}: {one_line(sanitize.clean_line(one.text), _LINE)}" for one in hit.around}
    return {
        "rank": rank,
        "score": float(f"{hit.score:.6g}"),
        "session_id": said_in.session_id,
        "tool": said_in.source,
        "role": hit.text.role,
        "date": times.iso(hit.text.at),
        "snippet": hit.snippet,
        "before": near.get(True, ""),
        "after": near.get(False, ""),
        "project": sanitize.clean_line(os.path.basename(said_in.cwd)),
        "file": said_in.path,
        "position": hit.text.place,
        "markdown_path": files.get(said_in.session_id),
    }


# --- in step


class _Plan(NamedTuple):
    """What is to be done: files to look into and gone ones, transcripts to read and to empty; and which are asked."""

    changed: list[str]
    gone: list[str]
    stale: list[Transcript]
    banned: list[Transcript]
    wanted: list[Transcript]

    @property
    def is_done(self) -> bool:
        return not (self.changed or self.gone or self.stale or self.banned)


_NOTHING = _Plan([], [], [], [], [])


class _Work:
    """One question's view: the files that there are, and whose their conversations are."""

    def __init__(self, store: Store, everywhere: bool, notice: Notice = ignore) -> None:  # noqa: FBT001 - of the wish
        self.home = paths.own_store()
        self.store, self.notice = store, notice
        self.mine: dict[tuple[str, str], bool] = {}
        # A user's store serves many projects; of these the one at hand is meant.
        here = Store(os.path.join(store.root, STORE), store.root) if store.is_user else store
        self.project = None if everywhere else Project.of(here)
        stores = [here, *projects.everywhere()]
        self.owners = Owners([store, *stores])
        roots = [one.root for one in stores] if everywhere else Project.of(here).roots
        self.files = survey.transcripts(roots)

    def is_mine(self, one: Transcript) -> bool:
        """Return whether a conversation is of the projects that are asked about."""
        place = (one.cwd, one.repository)
        if place not in self.mine:
            self.mine[place] = self.project is None or bool(self.project.root_of(_head(one)))
        return self.mine[place]

    def plan(self, cache: Cache) -> _Plan:
        """Return what there is to do."""
        known = cache.files()
        plan = _NOTHING._replace(
            changed=[path for path, file in self.files.items() if not file.stat or known.get(path) != file.stat],
            gone=[path for path in known if path not in self.files and not os.path.lexists(path)],
            stale=[], banned=[], wanted=[],
        )  # fmt: skip
        for one in cache.transcripts():
            if one.path not in self.files:
                continue
            if self.owners.are_against(_head(one)):
                plan.banned.extend([one] if one.rules else [])
            elif self.is_mine(one):
                plan.wanted.append(one)
                plan.stale.extend([one] if self.is_stale(one) else [])
        return plan

    def is_stale(self, one: Transcript) -> bool:
        """Return whether a transcript is to be read: it changed, or the reader or the rules did."""
        file = self.files[one.path]
        rules = self.owners.of(one.cwd).rules_name
        is_young = not file.stat and not one.path.endswith(survey.DATABASES)  # which tell themselves what changed
        return is_young or (one.stat, one.rules, one.version) != (file.stat, rules, _version(one.source))

    # --- in step

    def _in_step(self, deadline: float, progress: Progress | None) -> int:
        """Bring the cache in step with the files, as far as that can be done; return how many are not read yet."""
        try:
            return self._step(deadline, progress)
        except (OSError, OcmError, index.CacheError) as error:
            if isinstance(error, index.CacheError) and schema.is_damage(error):
                raise
            why = getattr(error, "strerror", "") or str(error).rstrip(".")
            self.notice(f"{index.path_in(self.home)} is not up to date, and asked as it is: {why}.")
            return 0

    def _step(self, deadline: float, progress: Progress | None) -> int:
        with index.reading(self.home) as cache:
            plan = self.plan(cache) if cache else _NOTHING._replace(changed=list(self.files))
        if plan.is_done:
            return 0
        heads = self._heads(plan.changed)
        with index.writing(self.home, self.notice) as cache:
            self._note(cache, heads, plan)
            left = self.plan(cache).stale
        return self._read(left, deadline, progress)

    def answer(
        self, wish: Wish, since: float | None, until: float | None, progress: Progress | None
    ) -> tuple[int, list[Hit], dict[int, Transcript]]:
        """Return how many transcripts are not read yet, what was found, and the transcripts by their numbers.

        Raises:
            OcmError: there is no cache.
            index.CacheError: it is damaged, or locked for too long.
        """
        left = self._in_step(time.monotonic() + wish.seconds, progress)
        return left, *self._ask(wish, since, until)

    def renew(self, error: index.CacheError) -> None:
        """Move a cache aside of which a question showed that it is damaged.

        Raises:
            index.CacheError: it is not.
        """
        with index.locked(self.home):
            index.put_aside(self.home, error, self.notice)

    def _ask(self, wish: Wish, since: float | None, until: float | None) -> tuple[list[Hit], dict[int, Transcript]]:
        with index.reading(self.home) as cache:
            if cache is None and not self.files:
                return [], {}
            if cache is None:
                raise OcmError(
                    f"There is no cache of what was said in {self.home}, and none could be made.",
                    "Make that folder writable, or move it with OCM_HOME.",
                )
            known = {one.id: one for one in self.plan(cache).wanted if wish.tool in (None, one.source)}
            return cache.search(wish.query, list(known), wish.limit, since, until), known

    def _heads(self, changed: Iterable[str]) -> list[Head]:
        """Return the conversations in files that changed, and beside them."""
        found: dict[tuple[str, str], Head] = {}
        unread = Unreadable()
        for source, unit in dict.fromkeys((self.files[path].source, self.files[path].unit) for path in changed):
            with contextlib.suppress(OSError):
                for head in registry.heads_of(source, unit, unread):
                    if not head.notes and head.path in self.files:
                        found[head.path, head.session_id] = head
        for what, count in unread.counts.items():
            self.notice(f"Transcripts that were not read: {what} ({count}).")
        return list(found.values())

    def _note(self, cache: Cache, heads: list[Head], plan: _Plan) -> None:
        """Note which conversations there are; what is no longer wanted is taken out."""
        cache.gone(plan.gone)
        for one in plan.banned:
            cache.cut(one.id, 0)
            cache.put(one._replace(rules="", offset=0, line=0, said=0))
        known = {(one.path, one.session_id): one for one in cache.transcripts()}
        there = {(head.path, head.session_id) for head in heads}
        for (path, name), one in known.items():
            if path in plan.changed and (path, name) not in there:
                cache.remove(one.id)
        for head in heads:
            old = known.get((head.path, head.session_id))
            new = self._noted(head, old)
            if new != old:
                cache.put(new)
        cache.looked((path, self.files[path].stat) for path in plan.changed)

    def _noted(self, head: Head, old: Transcript | None) -> Transcript:
        origins = "\n".join(head.origins)
        about = (head.path, head.session_id, head.source, head.cwd, head.repository, origins, head.key, head.start)
        if old is None:
            return Transcript(0, *about, head.mark)
        new = Transcript(old.id, *about, head.mark, *old[10:])
        if head.path.endswith(survey.DATABASES):
            return new._replace(stat=self.files[head.path].stat if old.mark == head.mark else -1)
        return new if old[1:9] == about else new._replace(rules="")

    def _read(self, left: list[Transcript], deadline: float, progress: Progress | None) -> int:
        """Read what is left, in transactions of a few seconds; return how many are left at the deadline."""
        many = len(left)
        left.reverse()
        while left and time.monotonic() < deadline:
            until = min(time.monotonic() + _TOGETHER, deadline)
            with index.writing(self.home, self.notice) as cache:
                while left and time.monotonic() < until:
                    one = cache.transcript(left.pop().id)
                    if one and self.is_stale(one):  # no other process has read it meanwhile
                        self._take(cache, one)
                    if progress:
                        progress(many - len(left), many)
        return len(left)

    def _take(self, cache: Cache, one: Transcript) -> None:
        """Read one transcript: from where the last reading ended, if it only grew."""
        position = self._position(one)
        try:
            self._listen(cache, one, position)
        except spoken.BehindError:
            position = Position()
            self._listen(cache, one, position)
        except OSError as error:
            position = Position()
            cache.cut(one.id, 0)
            self.notice(f"{one.path} was not read: {error.strerror}.")
        stat, rules = self.files[one.path].stat, self.owners.of(one.cwd).rules_name
        reached = (
            position.offset,
            position.line,
            position.said,
            json_lines.beginning_and_end(one.path, position.offset),
        )
        cache.put(Transcript(*one[:10], stat, rules, _version(one.source), *reached))

    def _position(self, one: Transcript) -> Position:
        now = (self.owners.of(one.cwd).rules_name, _version(one.source))
        goes_on = one.offset and not one.origin and (one.rules, one.version) == now
        if goes_on and one.tail == json_lines.beginning_and_end(one.path, one.offset):
            return Position(one.offset, one.line, one.said)
        return Position()

    def _listen(self, cache: Cache, one: Transcript, position: Position) -> None:
        cache.cut(one.id, position.said)
        spoken.listen(
            _head(one),
            self.owners.of(one.cwd).clean,
            _Kept(cache, one.id),
            position,
            lambda: _before(cache, one, position),
        )

    # --- session files

    def session_files(self, found: Iterable[Transcript]) -> dict[str, str]:
        """Return the session files of some conversations, by their ids, where there are any."""
        stores: dict[str, tuple[Store, list[str]]] = {}
        for one in found:
            store = self.store if self.project else self.owners.of(one.cwd).store
            stores.setdefault(store.path, (store, []))[1].append(one.session_id)
        files: dict[str, str] = {}
        for store, ids in stores.values():
            with contextlib.suppress(OcmError):
                rows = access.read(store, lambda cache, ids=ids: [row for name in ids for row in cache.find(name)])  # type: ignore[misc]
                files |= {row.session_id: row.markdown_path for row in rows}
        return files


class _Kept(Sink):
    """What was said on its way into the cache."""

    def __init__(self, cache: Cache, number: int) -> None:
        super().__init__()
        self._cache, self._number = cache, number

    def put(self, said: list[Said]) -> None:
        """Take some more."""
        self._cache.add(self._number, said)

    def drop(self, n: int) -> None:
        """Forget everything from number `n` on."""
        self._cache.cut(self._number, n)


def _before(cache: Cache, one: Transcript, position: Position) -> set[int]:
    return {hash((text.role, text.at, text.text)) for text in cache.texts(one.id, 0, position.said - 1)}


def _version(source: str) -> str:
    return str(registry.reader(source).VERSION)


def _head(one: Transcript) -> Head:
    origins = tuple(filter(None, one.origin.split("\n")))
    return Head(
        one.source, one.session_id, one.path, one.cwd, one.start, mark=one.mark, origins=origins,
        repository=one.repository, key=one.key,
    )  # fmt: skip
