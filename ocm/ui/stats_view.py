"""Figures as a person takes them in at a glance: sparklines, a calendar, and a few sentences."""

from collections.abc import Iterator
from datetime import date, timedelta

from ocm.ui.cells import cells
from ocm.ui.list_view import fact, one_line
from ocm.ui.output import Row
from ocm.ui.terminal import HEAD, QUIET, Line, Part, Screen, joined

_COUNTED = ("sessions", "checkpoints", "decisions", "files")
_SPARKS = "▁▂▃▄▅▆▇█"
_SHADES = " ░▒▓█"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "   ", "Wed", "   ", "Fri", "   ", "Sun")
_WEEKS, _LEAST_WEEKS, _MOST_NAMED = 53, 4, 5
_NAME, _COUNT = 13, 7


def stats(screen: Screen, found: Row) -> Iterator[Line]:
    """Yield the figures of a store."""
    if not found["sessions"]:
        yield from screen.wrap([("No sessions yet: there is nothing to count.", "")])
        return
    yield from _over_time(screen, found)
    yield []
    yield from calendar(screen, found["by_day"])
    for name, title in (("by_tool", "assistant"), ("by_branch", "branch")):
        yield []
        yield from _groups(screen, found[name], title)
    yield []
    for name, words in sentences(found, screen):
        yield from fact(screen, name, [(words, "")])


def sentences(found: Row, screen: Screen | None = None) -> Iterator[tuple[str, str]]:
    """Yield what the gate did, what the journal cost and what it saves, in words."""
    gate, cost, saved = found["gate"], found["cost"], found["saved"]
    day = screen.day if screen else (lambda text: str(text)[:10])
    yield "since", f"{day(found['first'])}; {found['tool_calls']:,} tool calls were seen"
    yield (
        "gate",
        f"reminded {_times(gate['reminded'])}, denied {_times(gate['denied'])}, let go {_times(gate['let_go'])}",
    )
    yield "cost", f"{cost['tool_calls']:,} checkpoint calls; about {cost['tokens']:,} tokens written into sessions"
    said = f"reminders and denials took about {cost['gate_tokens']:,} in all"
    yield "carried", f"about {cost['carried_tokens']:,} tokens of rules and tools in each conversation; {said}"
    less = f"{saved['tokens']:,} less for each new conversation"
    all_ = f"all sessions take {saved['history_tokens']:,}"
    yield "saved", f"the brief takes about {saved['brief_tokens']:,} tokens where {all_}: {less}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _of(count: int, what: str) -> str:
    return f"{count:,} {what[:-1] if count == 1 else what}"


def _over_time(screen: Screen, found: Row) -> Iterator[Line]:
    weeks = found["by_week"]
    room = max(screen.width - _NAME - _COUNT - 2, 1)
    shown = weeks[-min(room, _WEEKS) :]
    yield screen.fit([(f"a week{'':<7}{'total':>{_COUNT}}  the last {len(shown)} of {len(weeks)}", QUIET)])
    for name in _COUNTED:
        line = spark([week[name] for week in shown])
        yield screen.fit([(f"{name:<{_NAME}}", QUIET), (f"{found[name]:>{_COUNT},}  ", HEAD), (line, "")])


def spark(values: list[int]) -> str:
    """Return numbers as a line of bars; the smallest bar is for the smallest number that is not nothing."""
    most = max(values, default=0)
    top = len(_SPARKS) - 1
    return "".join(_SPARKS[max(1, value * top // most)] if value else _SPARKS[0] for value in values) if most else ""


def calendar(screen: Screen, days: dict[str, int]) -> Iterator[Line]:
    """Yield the sessions of each day, a week a column, up to the present one."""
    weeks = min(_WEEKS, (screen.width - 5) // 2)
    if weeks < _LEAST_WEEKS:
        return
    today = screen.now.date()
    first = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    most = max((count for day, count in days.items() if day >= first.isoformat()), default=0)
    yield [("     " + _months(first, weeks), QUIET)]
    for weekday, name in enumerate(_DAYS):
        column = [first + timedelta(weeks=n, days=weekday) for n in range(weeks)]
        yield [(f"{name}  ", QUIET), *(_square(day, days, most, today) for day in column)]


def _square(day: date, days: dict[str, int], most: int, today: date) -> Part:
    count = days.get(day.isoformat(), 0)
    if not count:
        return "  " if day > today else "· ", QUIET
    level = 1 + (count - 1) * (len(_SHADES) - 1) // max(most, 1)
    return _SHADES[min(level, len(_SHADES) - 1)] * 2, ""


def _months(first: date, weeks: int) -> str:
    """Return the names of months above the weeks in which they begin, as far as there is room for them."""
    line = ""
    for n in range(weeks):
        day = first + timedelta(weeks=n)
        if day.day <= 7 and len(line) <= 2 * n and 2 * n + 3 <= 2 * weeks:  # noqa: PLR2004 - the days of a week
            line = f"{line:<{2 * n}}{_MONTHS[day.month - 1]} "
    return line.rstrip()


def _groups(screen: Screen, groups: dict[str, dict[str, int]], title: str) -> Iterator[Line]:
    """Yield the largest groups, each with its share as a bar."""
    most = max((counts["sessions"] for counts in groups.values()), default=1)
    shown = list(groups.items())[:_MOST_NAMED]
    width = min(max(cells(one_line(name) or "none") for name, _ in shown), 24)
    room = max(1, min(30, screen.width - width - 48))
    yield screen.fit([(f"by {title}", QUIET)])
    for name, counts in shown:
        label = screen.fit([(one_line(name) or "none", "")], width)
        pad = " " * (width - sum(cells(text) for text, _ in label) + 2)
        words = joined([_of(counts[what], what) for what in _COUNTED[:3]], ", ")
        bar = "▇" * max(1, counts["sessions"] * room // most)
        yield screen.fit([*label, (pad, ""), (f"{bar:<{room}}  ", ""), *words])
    if len(groups) > len(shown):
        yield screen.fit([(f"and {len(groups) - len(shown)} more", QUIET)])
