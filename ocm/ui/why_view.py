"""What a person reads about why a line is there, what became of a session, and which decisions hold, as plain lines."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ocm.provenance.summary import SHORT_ID, committed_text, cut, day, freshness_text

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow

UNKNOWN = "unknown"

Answer = dict[str, Any]
_ORIGINS = {"person": " · by hand", "machine": " · imported"}
_MAX_NOT_LANDED = 10  # files behind a session that never landed


def why_lines(answer: Answer) -> Iterator[str]:
    """Return the lines that say why something is there."""
    if answer["lines"] is None:
        yield from _file_lines(answer)
    for one in answer.get("origins", ()):
        first, last = one["lines"]
        yield f"{cut(answer['file'])}:{first}" + (f"-{last}" if last != first else "")
        yield from _commit_lines(one["commit"], committed_text(one))
        for session in one["sessions"]:
            yield from _session_lines(session)
        yield from _decision_lines(one["decisions"])
        for item in one["work"]:
            yield f"  work      {cut(item)}"
        yield from _note_lines(one)
        yield from _next_step(one["sessions"])
    yield from _note_lines(answer)


def _file_lines(answer: Answer) -> Iterator[str]:
    yield cut(answer["file"])
    for session in answer["sessions"]:
        yield f"  session   {day(session['date'])} · {session['session_id']} · {cut(session['title'], 90)}"
    for session_id in answer["editing"]:
        yield f"  session   {cut(session_id)} edited it since its last checkpoint"
    for commit in answer["commits"]:
        yield from _commit_lines(commit)
    yield from _decision_lines(answer["decisions"])
    yield from _next_step(answer["sessions"])


def _commit_lines(commit: Answer | None, nothing: str = "") -> Iterator[str]:
    if commit is None:
        yield f"  commit    {nothing}"
    else:
        yield f"  commit    {commit['sha'][:SHORT_ID]} · {day(commit['date'])} · {cut(commit['subject'], 90)}".rstrip(
            " ·"
        )


def _session_lines(session: Answer) -> Iterator[str]:
    word = "session " if session["sure"] else "maybe   "
    parts = (day(session["date"]), session["session_id"], cut(session["title"], 90))
    yield f"  {word}  {' · '.join(part for part in parts if part)}"
    yield f"            {session['because']}{'' if session['sure'] else ', which is not certain'}"
    if fresh := freshness_text(session["freshness"], session["commits_since"]):
        yield f"            {fresh}"


def _decision_lines(decisions: list[Answer]) -> Iterator[str]:
    for decision in decisions:
        yield f"  decision  {day(decision['date'])[:10]} · {cut(decision['decision'])}{_by(decision)}"
        if decision["superseded"]:
            yield f"            superseded by: {cut(decision['superseded']['by'], 120)}"


def _by(item: Answer) -> str:
    """Return who an item is from, where it is not the assistant."""
    return _ORIGINS.get(item["origin"], "")


def _note_lines(answer: Answer) -> Iterator[str]:
    for note in answer["notes"]:
        yield f"  note      {note}"


def _next_step(sessions: list[Answer]) -> Iterator[str]:
    known = [session["session_id"] for session in sessions if session.get("markdown_path")]
    if known:
        yield f"  more      ocm show {known[0]}"


def commit_lines(answer: Answer) -> Iterator[str]:
    """Return the lines that say which sessions a commit comes from."""
    yield from _commit_lines(answer["commit"])
    for session in answer["sessions"]:
        yield from _session_lines(session)
        yield from _decision_lines(session["decisions"])
    yield from _note_lines(answer)
    yield from _next_step(answer["sessions"])


def outcome_lines(answer: Answer, limit: int | None = None) -> Iterator[str]:
    """Return the lines that say what a session's work ended in, no more than `limit` about what never landed."""
    for commit in answer["commits"]:
        doubt = "" if commit["sure"] else " · maybe"
        yield f"  {commit['sha'][:SHORT_ID]} · {day(commit['date'])} · {cut(commit['subject'], 90)}{doubt}"
    if not answer["commits"]:
        is_known = answer["landed"] != UNKNOWN
        yield (
            "  no commit holds work of this session"
            if is_known
            else "  no commit is known to hold work of this session"
        )
    for path in answer["not_landed"][:limit]:
        yield f"  not landed: {cut(path)}"
    if more := len(answer["not_landed"]) - len(answer["not_landed"][:limit]):
        yield f"  not landed: {more} more, see: ocm commits {answer['session_id']}"
    for one in answer["not_known"][:limit]:
        yield f"  not known: {cut(one['path'])} ({one['because']})"
    if more := len(answer["not_known"]) - len(answer["not_known"][:limit]):
        yield f"  not known: {more} more, see: ocm commits {answer['session_id']}"
    for note in answer["notes"]:
        yield f"  {note}"


def outcome_section(answer: Answer) -> list[str]:
    """Return the same with a heading, as it follows a session; nothing where there is nothing to say."""
    is_known = answer["commits"] or answer["not_landed"] or answer["not_known"]
    standing = [f"  {answer['standing']}"] if answer.get("standing") else []
    said = [*outcome_lines(answer, _MAX_NOT_LANDED), *standing]
    return ["What came of it, as git has it now:", *said] if is_known else []


def session_file_lines(text: str, ended: "Sequence[EndedRow]") -> Iterator[str]:
    """Return the lines of a session file; the first one of an item that was superseded or solved says by what."""
    firsts = {one["item"].split("\n")[0]: one["by"] for one in ended}
    for line in text.split("\n"):
        by = firsts.get(line.lstrip()[2:]) if line.lstrip().startswith(("- ", "* ")) else None
        yield f"{line}  [ended by: {cut(by, 120)}]" if by else line


def ledger_lines(found: list[Answer], kind: str) -> Iterator[str]:
    """Return the lines of a list of decisions or problems."""
    for one in found:
        yield f"{day(one['date'])[:10]}  {cut(one[kind])}"
        ended = one["superseded" if kind == "decision" else "solved"]
        word = "superseded by" if kind == "decision" else "solved by"
        yield f"            {one['session_id']} · {cut(one['title'], 90)}{_by(one)}"
        if fresh := freshness_text(one["freshness"], one["commits_since"]):
            yield f"            {fresh}"
        if ended:
            yield f"            {word}: {cut(ended['by'], 120)}"
