"""An answer about one line, short enough for a model: the most useful parts first, within a budget of tokens."""

import json
from collections.abc import Mapping
from typing import Any

from ocm.base import sanitize, times
from ocm.base.sanitize import clean_line
from ocm.base.text import cut as shortened
from ocm.git import freshness

Answer = dict[str, Any]
_LANDED = {"no": "not landed", "partly": "partly landed"}
_BRANCH = {"open": "branch not merged", "gone": "branch gone"}
TOKENS = 300
_CHARACTERS_A_TOKEN = 4
_ITEM = 400
_NAME, _STEP = 200, 20  # quarters of a token: of a name at most; by which a text is made shorter until it fits
SHORT_ID = 9  # characters of a commit's id that are shown


def cut(text: str, limit: int = _ITEM) -> str:
    """Return stored text as one line of at most `limit` characters, cut between words."""
    return shortened(clean_line(text), limit)


def day(date: str) -> str:
    """Return the part of an ISO time that is shown."""
    return times.on_the_wall(date)


def freshness_text(counts: dict[str, int] | None, commits: int | None) -> str:
    """Return how far a record still holds, in a few words: its files, and the commits since; empty when not known."""
    names = (*freshness.STATES, freshness.UNKNOWN)
    files = [f"{count} {name}" for name in names if (count := (counts or {}).get(name))]
    parts = ["files: " + ", ".join(files)] if files else []
    if commits is not None:
        more = "+" if commits >= freshness.MAX_COMMITS else ""
        parts.append(f"{commits}{more} commit{'s' * (commits != 1)} since")
    return "; ".join(parts)


def committed_text(answer: Answer) -> str:
    """Return what there is to say of a commit where there is none: that it is so, or that it is not known."""
    why = answer.get("unknown", {}).get("committed")
    return f"not known: {why}" if why else "none yet: this is not committed"


def standing_text(row: Mapping[str, Any]) -> str:
    """Return what a person should know of a session's work: what of it ended, or is in no commit of this history."""
    parts = [_LANDED.get(row.get("landed", ""), ""), _BRANCH.get(row.get("branch_state", ""), "")]
    ended = len(row.get("ended", ()))
    return " · ".join(part for part in [*parts, f"{ended} ended since" if ended else ""] if part)


def short(answer: Answer, tokens: int = TOKENS) -> Answer:
    """Return an answer about one place in at most `tokens`, the most useful first; what does not fit is left out.

    The label that goes out with it is counted in. Four characters of ASCII count as a token, any other character as one
    of its own, which is no less than what models make of them.
    """
    origins = answer.get("origins") or [{**answer, "work": [], "commit": (answer.get("commits") or [None])[0]}]
    one = max(origins, key=lambda each: len(each["sessions"]))
    best = one["sessions"][0] if one["sessions"] else {}
    session_id = _within(best.get("session_id") or "", _NAME)  # the beginning of an id finds it as well
    found: Answer = {"file": _tail(answer["file"], _NAME), "line": answer["lines"][0] if answer["lines"] else None}
    optional = [
        ("session_id", session_id),
        ("date", day(best.get("date") or "")),
        ("sure", best.get("sure")),
        ("more", f"ocm__get_session {session_id}" if best.get("markdown_path") else None),
        ("freshness", freshness_text(best.get("freshness"), best.get("commits_since"))),
        ("decisions", [_decision(each) for each in one["decisions"]]),
        ("commit", _commit(one["commit"]) or committed_text(one)),
        ("notes", [*one["notes"], *answer["notes"]][:3]),
        ("session", cut(best.get("title") or "", 90)),
        ("work", [cut(item, 200) for item in one["work"][:2]]),
        ("because", best.get("because")),
    ]
    for name, value in optional:
        if value not in (None, "", []):
            _fit(found, name, value, tokens * _CHARACTERS_A_TOKEN - len(sanitize.LABEL))
    return found


def _fit(found: Answer, name: str, value: Any, limit: int) -> None:  # noqa: ANN401 - a value of JSON
    """Add as much of a value as stays within the limit, as it goes out; the first of several texts is cut to fit."""
    parts = [value[:count] for count in range(len(value), 0, -1)] if isinstance(value, list) else [value]
    if isinstance(value, list):
        parts += [[_cut_to(value[0], size)] for size in range(_NAME, 0, -_STEP)]
    for each in parts:
        if _size(json.dumps(sanitize.data({**found, name: each}), ensure_ascii=False)) <= limit:
            found[name] = each
            return


def _size(text: str) -> int:
    """Return how long a text is in quarters of a token."""
    return sum(1 if character.isascii() else _CHARACTERS_A_TOKEN for character in text)


def _within(text: str, size: int) -> str:
    """Return as much of the beginning of a text as is no longer than `size` quarters of a token."""
    for end, character in enumerate(text):
        size -= _size(character)
        if size < 0:
            return text[:end]
    return text


def _cut_to(text: str, size: int) -> str:
    """Return the same, with a sign where something is cut off."""
    return text if _size(text) <= size else shortened(text, len(_within(text, size - _CHARACTERS_A_TOKEN)) + 1)


def _tail(text: str, size: int) -> str:
    """Return as much of its end: of a path that says more."""
    return _cut_to(text[::-1], size)[::-1]


def _decision(decision: Answer) -> str:
    """Return a decision, and in front of it, where nothing is cut off, what superseded it."""
    ended = decision["superseded"]
    mark = f"[superseded by: {_cut_to(cut(ended['by'], 80), _NAME)}] " if ended else ""
    return f"{day(decision['date'])[:10]} {mark}{_cut_to(cut(decision['decision'], 300), 2 * _NAME)}"


def _commit(commit: Answer | None) -> str:
    return f"{commit['sha'][:SHORT_ID]} {day(commit['date'])[:10]} {cut(commit['subject'], 80)}" if commit else ""
