"""Why a line is there: git blame → commit → session → the decisions and the work that made it; and back.

Stored text is data: what goes out as text is on lines of its own, without anything that hides or turns text. An answer
says how sure it is, and names what could not be known; where nothing is known it says so.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from ocm.base import times
from ocm.base.errors import BadInputError, NotFoundError, OcmError
from ocm.base.notices import Notice, ignore
from ocm.base.sanitize import clean_line
from ocm.base.times import instant
from ocm.git import history, holders, refusal
from ocm.git.commits import Commit
from ocm.git.fingerprints import Match
from ocm.git.holders import Holder
from ocm.index import access, links
from ocm.index.links import Made
from ocm.index.queries import SessionRow
from ocm.provenance import blame, commit_links, decision_log, landed, ledger_index
from ocm.provenance.blame import Origin, Source
from ocm.provenance.commit_links import Background, View
from ocm.store.paths import Store

_SOURCES, _DECISIONS, _WORK = 2, 2, 2
_MERGED, _LAST = 300, 5
_HOW = {
    "recorded": "the session made this commit",
    "same": "the commit is this session's change, line for line",
    "content": "the commit holds this session's lines",
    "lines": "the session wrote these very lines",
    "work": "the session wrote these lines, and no commit holds them yet",
    "journal": "the session edited this file since its last checkpoint",
}
Answer = dict[str, Any]


def parsed(text: str, *, exists: bool) -> tuple[str, int | None, int | None]:
    """Return path, first and last line of `FILE[:LINE[-LINE]]`; a file whose own name `exists` is meant as it is.

    Raises:
        BadInputError: what stands behind the colon is no range.
    """
    path, colon, lines = text.rpartition(":")
    if exists or not colon or not path or not lines[:1].isdigit():
        return text, None, None
    first, dash, last = lines.partition("-")
    numbers = [part for part in (first, last) if part or not dash]
    if not all(part.isdecimal() and len(part) < 10 for part in (first, *([last] if dash else []))):  # noqa: PLR2004 - no file is longer
        raise BadInputError(f"{lines!r} is no line and no range.", "Accepted: FILE, FILE:LINE or FILE:FIRST-LAST.")
    return path, int(numbers[0]), int(last if dash else first)


def why(
    store: Store, name: str, first: int | None = None, last: int | None = None, *, notice: Notice = ignore
) -> Answer:
    """Return where lines of a file come from, and why; without lines, what is known of the whole file.

    Raises:
        BadInputError: a range past the end, a folder, a submodule.
        NotFoundError: neither git nor any session knows the file.
    """
    asked = blame.target(store, name)
    span = blame.checked(asked, first, last or first) if first is not None and asked.kind == "text" else None

    held = asked.held
    blamed = Background(partial(history.blame, held.root, held.path, *span)) if span and not held.unknown else None

    def work(found: View) -> Answer:
        view = found.of(held.inner) if held.inner else found
        if span is None:
            return _of_file(view, asked)
        lines = blamed.result() if blamed else None
        return _answer(view, asked.name, span, blame.origins(view, asked, *span, lines))

    answer = commit_links.read(store, work, inner=[held.inner], notice=notice)
    if first is not None and asked.kind != "text":
        what = "is not there any more" if asked.kind == "gone" else "is binary"
        answer["notes"].insert(0, f"{name} {what}, so this is about the whole file and not one line.")
    return answer


@dataclass(frozen=True, slots=True)
class _Known:
    """What is looked up once for all origins: the ledger, the commits, and the sessions."""

    ledger: ledger_index.Ledger
    commits: dict[str, Commit]
    sessions: decision_log.Sessions


@dataclass(frozen=True, slots=True)
class _Words:
    """The words that a decision should share: those from around a line, and those of the line itself."""

    around: set[str]
    line: frozenset[str] = frozenset()


def _answer(view: View, name: str, span: tuple[int, int], found: list[Origin]) -> Answer:
    files = (source.file for one in found for source in one.sources if source.file)
    known = _Known(
        ledger_index.read(view.cache, view.project),
        history.describe(view.root, [one.sha for one in found if one.sha]),
        decision_log.Sessions(view.store, view.cache, files),
    )
    origins = [_origin(view, name, one, known) for one in found]
    return {"file": name, "lines": list(span), "origins": origins, "notes": []}


def _origin(view: View, name: str, one: Origin, known: _Known) -> Answer:
    commit = known.commits.get(one.sha)
    sources = [source for source in one.sources if source.file in known.sessions.rows or source.session_id][:_SOURCES]
    best = sources[0] if sources else None
    words = _Words(
        decision_log.words_of(name, commit.subject if commit else ""), frozenset(decision_log.words_of(*one.texts))
    )
    return {
        "lines": [one.first, one.last],
        "commit": _commit(one.sha, commit),
        "committed": one.committed,
        **unknown(committed=one.unknown),
        "sessions": [_session(source, known.sessions) for source in sources],
        "decisions": _of_origin(view, name, one, known, _decisions(view, best, known, words) if best else []),
        "work": _work(view.store, best) if best and best.file else [],
        "notes": one.notes,
    }


def unknown(**reasons: str) -> Answer:
    """Return why some statements of an answer are unknown, by their keys; nothing where all are known."""
    found = {name: why for name, why in reasons.items() if why}
    return {"unknown": found} if found else {}


def _commit(sha: str, commit: Commit | None) -> Answer | None:
    if not sha:
        return None
    when = times.iso(commit.at) if commit else ""
    return {
        "sha": sha,
        "date": when,
        "author": commit.author if commit else "",
        "subject": commit.subject if commit else "",
    }


def _session(source: Source, known: decision_log.Sessions) -> Answer:
    row = known.rows.get(source.file)
    listed = _listed(row) if row else {"session_id": source.session_id, "title": "", "date": "", "markdown_path": ""}
    how = {"how": source.how, "because": _HOW[source.how], "sure": source.sure, "score": round(source.score, 2)}
    return {**listed, **how, "recorded_at": source.at, **known.fresh(source.file)}


def _listed(row: SessionRow) -> dict[str, str]:
    return {
        "session_id": row.session_id,
        "title": row.title,
        "date": row.date,
        "markdown_path": row.markdown_path,
    }


def _of_origin(view: View, name: str, one: Origin, known: _Known, told: list[Answer]) -> list[Answer]:
    """Return what cites the file by name, the nearest to these lines first, in front of the other decisions."""
    cited = [state for _, state in decision_log.citing(known.ledger.decisions, name, one.first, one.last)][:_DECISIONS]
    sessions = decision_log.Sessions(view.store, view.cache, sorted({state.entry.file for state in cited}))
    rows = [{**decision_log.as_json(state, sessions), "about_this": True} for state in cited]
    said = {(row["decision"], row["session_id"]) for row in rows}
    return [*rows, *(row for row in told if (row["decision"], row["session_id"]) not in said)]


def _decisions(view: View, best: Source, all_known: _Known, words: _Words) -> list[Answer]:
    """Return the decisions that speak of the line or were recorded with it; else what the session decided last."""
    known, seen = all_known.ledger, all_known.sessions
    ranked = decision_log.relevant(known.of(best.file), words.around, instant(best.at), words.line)
    chosen = [state for score, state in ranked if score > 0][:_DECISIONS] or [state for _, state in ranked[:1]]
    files = {file for state in chosen for file in decision_log.files_of(state)}
    sessions = seen if files <= seen.rows.keys() else decision_log.Sessions(view.store, view.cache, sorted(files))
    related = {id(state) for score, state in ranked if score > 0}
    return [{**decision_log.as_json(state, sessions), "about_this": id(state) in related} for state in chosen]


def _work(store: Store, best: Source) -> list[str]:
    """Return what the session says it did at the checkpoint that recorded the line."""
    from ocm.sessions import session_files

    try:
        session = session_files.load(store, best.file).session
    except (OcmError, OSError):
        return []
    heading = best.at[:16].replace("T", " ")
    entries = [entry for entry in session.work if heading and entry.heading.startswith(heading)]
    items = [item for entry in entries or session.work[-1:] for item in entry.items]
    return items[:_WORK] or session.work_completed[-_WORK:] or [session.goal][: bool(session.goal)]


def _of_file(view: View, asked: blame.Target) -> Answer:
    """Answer for a whole file: the sessions that touched it, its last commits, and the decisions in force."""
    held = asked.held
    touching = view.cache.touching(asked.recorded, -1, view.project)
    logged = None if held.unknown else history.log(held.root, [held.path], _LAST)
    if asked.kind == "gone" and not touching and not logged:
        raise blame.unknown_file(asked.name)
    committed, why_unknown = (history.YES, "") if logged else (history.UNKNOWN, held.unknown)
    if not logged and not held.unknown:
        committed, why_unknown = history.committed(held.root, held.path)
    notes = []
    if not logged:
        notes = [f"Git could not be asked: {why_unknown}." if why_unknown else f"Git has no commit of {asked.name}."]
    if not touching:
        notes.append(f"No session is known to have touched {asked.name}.")
    return {
        "file": asked.name,
        "lines": None,
        "sessions": [_listed(row) for row in touching[:_LAST]],
        "commits": [_commit(commit.sha, commit) for commit in logged or []],
        "committed": committed,
        **unknown(committed=why_unknown),
        "decisions": _binding(view, asked.name, {row.file for row in touching}),
        "editing": blame.editing(view.store, asked.name),
        "notes": notes,
    }


def _binding(view: View, name: str, files: set[str]) -> list[Answer]:
    """Return the decisions in force of these sessions, those first that speak of the file."""
    known = ledger_index.read(view.cache, view.project)
    states = [state for state in known.decisions if state.entry.file in files and state.in_force]
    ranked = [state for _, state in decision_log.relevant(states, decision_log.words_of(name), 0.0)]
    cited = [state for _, state in decision_log.citing(known.decisions, name)]
    chosen = [*cited, *(state for state in ranked if state not in cited)][: 2 * _DECISIONS]
    sessions = decision_log.Sessions(
        view.store, view.cache, (file for state in chosen for file in decision_log.files_of(state))
    )
    return [decision_log.as_json(state, sessions) for state in chosen]


# --- commits


def explain(store: Store, name: str, *, notice: Notice = ignore) -> Answer:
    """Return which sessions a commit comes from.

    Raises:
        NotFoundError: git has no such commit.
        OcmError: git could not be asked.
    """
    sha = history.resolve(store.root, name)
    if not sha and (why_not := refusal.reason(store.root)):
        raise OcmError(f"Git could not be asked about {store.root}: {why_not}.", "See: ocm doctor")
    commit = history.describe(store.root, [sha]).get(sha) if sha else None
    if commit is None:
        raise NotFoundError(f"Git has no commit {clean_line(name)[:80]!r}.", "See: git log")
    return commit_links.read(store, lambda view: _explained(view, commit), notice=notice)


def _explained(view: View, commit: Commit) -> Answer:
    found = view.links
    shas = history.merged_commits(view.root, commit.sha, _MERGED) if commit.is_merge else [commit.sha]
    held = [made for sha in shas if (made := found.commit(sha))]
    best: dict[str, Match] = {}
    for made in held:
        for match in commit_links.sessions_of(found, made):
            if match.session not in best or match.score > best[match.session].score:
                best[match.session] = match
    matches = sorted(best.values(), key=lambda match: (-match.score, match.session))
    rows = decision_log.Sessions(view.store, view.cache, (match.session for match in matches))
    known = _Known(ledger_index.read(view.cache, view.project), {}, rows)
    words = _Words(decision_log.words_of(commit.subject))
    sources = [_as_source(found, match) for match in matches if match.session in rows.rows]
    return {
        "commit": _commit(commit.sha, commit),
        "sessions": [
            {**_session(source, rows), "decisions": _decisions(view, source, known, words)} for source in sources
        ],
        "notes": _about(commit, shas, held, sources),
    }


def _as_source(found: links.Links, match: Match) -> Source:
    at = next((unit.at for unit in found.units(match.session) if unit.number == match.unit), "")
    return Source(match.session, match.how, match.sure, match.score, at)


def _about(commit: Commit, shas: list[str], held: list[Made], sources: list[Source]) -> list[str]:
    notes = []
    if commit.is_merge:
        more = " or more" if len(shas) == _MERGED else ""
        notes.append(f"A merge of {len(shas)}{more} commits; this is what they come from.")
    if not held:
        notes.append("It is older than the first session that recorded work, or on no branch any more.")
    elif not sources:
        notes.append("No session is known for it.")
    return notes


def commits(store: Store, identifier: str, *, notice: Notice = ignore) -> Answer:
    """Return the commits that a session's work ended in, and its files that no commit of them holds.

    Raises:
        NotFoundError: no session, or more than one, answers to `identifier`.
    """
    from ocm.sessions import lookup

    file = lookup.find(store, identifier, notice)
    touched = access.read(store, lambda cache: cache.files(file))
    held = {change.path: holders.holder(store.root, change.path) for change in touched}
    inner = sorted({"", *(one.inner for one in held.values())})
    return commit_links.read(store, lambda view: _outcome(view, file, held, inner), inner=inner, notice=notice)


def _outcome(view: View, file: str, held: dict[str, Holder], inner: list[str]) -> Answer:
    """Return what came of one session, whose files lie in the repositories `inner`."""
    row = view.cache.in_file(file)
    views = {name: view.of(name) if name else view for name in inner}
    pairs = [pair for each in views.values() for pair in commit_links.commits_of(each.links, file)]
    files = landed.of_files(views, file, held, times.instant(row.date) if row else 0.0)
    notes = [] if view.links.units(file) else ["This session recorded no work that could be found again."]
    return {
        "session_id": row.session_id if row else "",
        "commits": [_landed(made, match) for made, match in sorted(pairs, key=lambda pair: (pair[0].at, pair[0].sha))],
        "landed": files.verdict,
        **unknown(landed=files.unknown),
        "not_landed": files.lacking,
        "not_known": [{"path": path, "because": why} for path, why in files.unclear.items()],
        "notes": notes,
    }


def _landed(made: Made, match: Match) -> Answer:
    known = {"how": match.how, "sure": match.sure, "score": round(match.score, 2)}
    return {"sha": made.sha, "date": times.iso(made.at), "subject": made.subject, **known}
