"""Figures of a store: what was recorded when and by whom, how often the gate spoke, what it cost and what it saves.

What a session file says by itself comes from the cache; counts of calls and of the gate from each file's facts, and
from the journals for what no checkpoint has taken yet. A token is four characters. What is saved is the difference
between reading the brief and reading every session whole.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ocm.base import times
from ocm.base.errors import UnreadableSessionError
from ocm.base.notices import Notice, Progress, ignore
from ocm.git import worktree
from ocm.index import access
from ocm.index.queries import Numbers
from ocm.markdown.facts import Facts, split
from ocm.recall import brief
from ocm.sessions import session_files
from ocm.store import config, journal, paths
from ocm.store.events import counted
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import CountsRow, Figures, WeekRow

_CHARACTERS_A_TOKEN = 4
_REMINDER, _DENIAL = 70, 130  # tokens, about: as they are to a model that has not stored a checkpoint yet


def collect(store: Store, notice: Notice = ignore, progress: Progress | None = None, *, carried: str = "") -> "Figures":
    """Return the figures of a store, with the keys that `ocm stats --json` promises.

    `carried` is what every conversation carries from its start: rules and tools.
    """
    project = worktree.own_project(store)
    rows, files, problems = access.read(
        store,
        lambda cache: (
            found := cache.numbers(project),
            cache.distinct_files(project),
            sum(row.problems for row in found),
        ),
        notice=notice,
    )
    facts, size = _facts(store, rows, progress)
    gate = _gate(store, facts)
    each = [(row, _counted(row, facts[row.file])) for row in rows]
    checkpoints = sum(counts["checkpoints"] for _, counts in each)
    calls = sum(max(found["checkpoints"] - found["flushes"], 0) for found in facts.values())
    history = size // _CHARACTERS_A_TOKEN
    short = min(_brief(store), history)
    return {
        "sessions": len(rows),
        "checkpoints": checkpoints,
        "decisions": sum(row.decisions for row in rows),
        "problems": problems,
        "files": files,
        "tool_calls": gate.pop("calls"),
        "first": rows[0].date if rows else None,
        "last": rows[-1].date if rows else None,
        "by_tool": _grouped(each, lambda row: row.tool),
        "by_branch": _grouped(each, lambda row: row.branch),
        "by_week": _by_week(each),
        "by_day": dict(sorted(Counter(day for row in rows if (day := _day(row))).items())),
        "gate": gate,
        "cost": {
            "tool_calls": calls,
            "tokens": history,
            "carried_tokens": len(carried) // _CHARACTERS_A_TOKEN,
            "gate_tokens": gate["reminded"] * _REMINDER + gate["denied"] * _DENIAL,
        },
        "saved": {"brief_tokens": short, "history_tokens": history, "tokens": history - short},
    }


def _facts(store: Store, rows: list[Numbers], progress: Progress | None) -> tuple[dict[str, Counter[str]], int]:
    """Return the counts in each file's facts, and how many characters all of them say apart from that."""
    found: dict[str, Counter[str]] = {}
    size = 0
    for done, row in enumerate(rows, 1):
        try:
            said, facts = split(session_files.text(store, row.file))
        except (UnreadableSessionError, OSError):  # it was there a moment ago
            said, facts = "", Facts()
        size += len(said)
        found[row.file] = Counter(facts.counts)
        if progress:
            progress(done, len(rows))
    return found, size


def _gate(store: Store, facts: dict[str, Counter[str]]) -> dict[str, int]:
    total = sum(facts.values(), Counter())
    for key in journal.session_keys(store.path):
        total.update(counted(journal.read_events(store.path, key)))
    names = {"reminded": "reminders", "denied": "denials", "let_go": "releases", "calls": "calls"}
    return {name: total[fact] for name, fact in names.items()}


def _counted(row: Numbers, facts: Counter[str]) -> Counter[str]:
    return Counter(sessions=1, checkpoints=facts["checkpoints"], decisions=row.decisions, files=row.files)


_Each = list[tuple[Numbers, Counter[str]]]


def _grouped(each: _Each, name_of: Callable[[Numbers], str]) -> "dict[str, CountsRow]":
    """Return the counts by a name, those with most sessions first; what has no name is under the empty one."""
    found: dict[str, Counter[str]] = {}
    for row, counts in each:
        found.setdefault(name_of(row), Counter()).update(counts)
    ordered = sorted(found.items(), key=lambda pair: (-pair[1]["sessions"], pair[0]))
    return {name: _counts(counts) for name, counts in ordered}


def _by_week(each: _Each) -> "list[WeekRow]":
    """Return the counts of every week from the first one to the last, named by its Monday."""
    weeks: dict[str, Counter[str]] = {}
    for row, counts in each:
        if day := _day(row):
            weeks.setdefault(_monday(day), Counter()).update(counts)
    named = _every(min(weeks), max(weeks)) if weeks else []
    return [{"week": week, **_counts(weeks.get(week, Counter()))} for week in named]


def _counts(counts: Counter[str]) -> "CountsRow":
    return {
        "sessions": counts["sessions"],
        "checkpoints": counts["checkpoints"],
        "decisions": counts["decisions"],
        "files": counts["files"],
    }


def _every(first: str, last: str) -> list[str]:
    """Return every Monday from the first to the last, at most the latest ten years of them."""
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    count = min((end - begin).days // 7, 520) + 1
    return [f"{end - timedelta(weeks=count - 1 - n):%Y-%m-%d}" for n in range(count)]


def _monday(day: str) -> str:
    when = datetime.fromisoformat(day)
    return f"{when - timedelta(days=when.weekday()):%Y-%m-%d}" if when.toordinal() > 7 else day  # noqa: PLR2004 - the first week of all


def _day(row: Numbers) -> str:
    """Return the day on which a session started, on the calendar where it was; empty when it does not say."""
    began = times.moment(row.date)
    return f"{began:%Y-%m-%d}" if began else ""


def _brief(store: Store) -> int:
    """Return how many tokens the brief of this branch takes."""
    settings = config.load(paths.user_store(), store.path)
    _, branch = paths.git_head(store.root)
    said = brief.brief(store, branch=branch, session_id=None, tokens=int(settings["brief.tokens"]))
    return len(said) // _CHARACTERS_A_TOKEN
