"""Saying in few words why a line is there: as lines for a person, and within a budget of tokens for a model."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ocm.base import sanitize
from ocm.base.sanitize import clean_line
from ocm.base.text import cut as shortened
from ocm.git import freshness

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow

Answer = dict[str, Any]
TOKENS = 300
_CHARACTERS_A_TOKEN = 4
_ITEM = 400
_NAME, _STEP = 200, 20  # quarters of a token: of a name at most; by which a text is made shorter until it fits
_SHORT = 9
_NAMED = 10  # files behind a session that never landed


def cut(text: str, limit: int = _ITEM) -> str:
    """Return stored text as one line of at most `limit` characters, cut between words."""
    return shortened(clean_line(text), limit)


def day(date: str) -> str:
    """Return the part of an ISO time that is shown."""
    return date[:16].replace("T", " ")


# --- for a person


def why(answer: Answer) -> Iterator[str]:
    """Return the lines that say why something is there."""
    if answer["lines"] is None:
        yield from _file(answer)
    for one in answer.get("origins", ()):
        first, last = one["lines"]
        yield f"{cut(answer['file'])}:{first}" + (f"-{last}" if last != first else "")
        yield from _commit_line(one["commit"])
        for session in one["sessions"]:
            yield from _session_lines(session)
        yield from _decision_lines(one["decisions"])
        for item in one["work"]:
            yield f"  work      {cut(item)}"
        yield from _notes(one)
        yield from _more(one["sessions"])
    yield from _notes(answer)


def _file(answer: Answer) -> Iterator[str]:
    yield cut(answer["file"])
    for session in answer["sessions"]:
        yield f"  session   {day(session['date'])} · {session['session_id']} · {cut(session['title'], 90)}"
    for session_id in answer["editing"]:
        yield f"  session   {cut(session_id)} edited it since its last checkpoint"
    for commit in answer["commits"]:
        yield from _commit_line(commit)
    yield from _decision_lines(answer["decisions"])
    yield from _more(answer["sessions"])


def _commit_line(commit: Answer | None) -> Iterator[str]:
    if commit is None:
        yield "  commit    none yet: this is not committed"
    else:
        yield f"  commit    {commit['sha'][:_SHORT]} · {day(commit['date'])} · {cut(commit['subject'], 90)}".rstrip(
            " ·"
        )


def _session_lines(session: Answer) -> Iterator[str]:
    word = "session " if session["sure"] else "maybe   "
    parts = (day(session["date"]), session["session_id"], cut(session["title"], 90))
    yield f"  {word}  {' · '.join(part for part in parts if part)}"
    yield f"            {session['because']}{'' if session['sure'] else ', which is not certain'}"
    if fresh := freshness.says(session["freshness"], session["commits_since"]):
        yield f"            {fresh}"


def _decision_lines(decisions: list[Answer]) -> Iterator[str]:
    for decision in decisions:
        yield f"  decision  {day(decision['date'])[:10]} · {cut(decision['decision'])}"
        if decision["superseded"]:
            yield f"            superseded by: {cut(decision['superseded']['by'], 120)}"


def _notes(answer: Answer) -> Iterator[str]:
    for note in answer["notes"]:
        yield f"  note      {note}"


def _more(sessions: list[Answer]) -> Iterator[str]:
    known = [session["session_id"] for session in sessions if session.get("markdown_path")]
    if known:
        yield f"  more      ocm show {known[0]}"


def explained(answer: Answer) -> Iterator[str]:
    """Return the lines that say which sessions a commit comes from."""
    yield from _commit_line(answer["commit"])
    for session in answer["sessions"]:
        yield from _session_lines(session)
        yield from _decision_lines(session["decisions"])
    yield from _notes(answer)
    yield from _more(answer["sessions"])


def came_of(answer: Answer, most: int | None = None) -> Iterator[str]:
    """Return the lines that say what a session's work ended in, no more than `most` about what never landed."""
    for commit in answer["commits"]:
        doubt = "" if commit["sure"] else " · maybe"
        yield f"  {commit['sha'][:_SHORT]} · {day(commit['date'])} · {cut(commit['subject'], 90)}{doubt}"
    if not answer["commits"]:
        yield "  no commit holds work of this session"
    for path in answer["not_landed"][:most]:
        yield f"  not landed: {cut(path)}"
    if more := len(answer["not_landed"]) - len(answer["not_landed"][:most]):
        yield f"  not landed: {more} more, see: ocm commits {answer['session_id']}"
    for note in answer["notes"]:
        yield f"  {note}"


def outcome(answer: Answer) -> list[str]:
    """Return the same behind a session, nothing where there is nothing to say."""
    is_known = answer["commits"] or answer["not_landed"]
    return ["What came of it, as git has it now:", *came_of(answer, _NAMED)] if is_known else []


def marked(text: str, ended: "Sequence[EndedRow]") -> Iterator[str]:
    """Return the lines of a session file; the first one of an item that was superseded or solved says by what."""
    firsts = {one["item"].split("\n")[0]: one["by"] for one in ended}
    for line in text.split("\n"):
        by = firsts.get(line.lstrip()[2:]) if line.lstrip().startswith(("- ", "* ")) else None
        yield f"{line}  [ended by: {cut(by, 120)}]" if by else line


def items(found: list[Answer], kind: str) -> Iterator[str]:
    """Return the lines of a list of decisions or problems."""
    for one in found:
        yield f"{day(one['date'])[:10]}  {cut(one[kind])}"
        ended = one["superseded" if kind == "decision" else "solved"]
        word = "superseded by" if kind == "decision" else "solved by"
        yield f"            {one['session_id']} · {cut(one['title'], 90)}"
        if fresh := freshness.says(one["freshness"], one["commits_since"]):
            yield f"            {fresh}"
        if ended:
            yield f"            {word}: {cut(ended['by'], 120)}"


# --- for a model


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
        ("freshness", freshness.says(best.get("freshness"), best.get("commits_since"))),
        ("decisions", [_decision(each) for each in one["decisions"]]),
        ("commit", _commit(one["commit"])),
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
    return f"{commit['sha'][:_SHORT]} {day(commit['date'])[:10]} {cut(commit['subject'], 80)}" if commit else ""
