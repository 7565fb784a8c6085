"""From what a conversation told to a session: pure, and rather too little than what is not so.

Every item is the machine's own, with the place in the transcript that it comes from. What is not clearly a decision or
a problem is called neither; what was typed and answered is kept as it was said, a line a turn.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ocm.base import times
from ocm.base.model import FileChange, Reference, Session, WorkEntry, clean_text, slugify
from ocm.base.text import cut, one_line
from ocm.git.worktree import is_commit_id
from ocm.markdown import facts, fingerprint_lines
from ocm.markdown.fingerprint_lines import MAX_SESSION, MAX_UNIT
from ocm.sources.head import Head
from ocm.sources.story import Segment, Story, Turn, lowest, plan_summary, whole
from ocm.store.events import MAX_WORDS

_TURN_LINE, _PROMPT_PART = 400, 220
_TITLE, _SLUG_WORDS = 80, 5
_STALE_EDITS = 8  # made after a to-do list was last touched: nobody kept it up to date
_MOST_PENDING, _MOST_DECISIONS, _MOST_PROBLEMS = 20, 60, 10
_WEAK = re.compile(
    r"(?:/\S+|y|yes|yep|yeah|no|ok|okay|k|sure|go|go on|go ahead|continue|proceed|next|thanks?(?: you)?|thx|"
    r"great|perfect|nice|"
    r"cool|good|do it|please|commit(?: it| this)?|push(?: it)?|commit and push|retry|try again|again|hi|hello|hey|test|"
    r"resume|stop|wait|done|lgtm|ship it|looks good|sounds good)[\s.!,]*(?:please|thanks?)?[\s.!]*",
    re.IGNORECASE,
)
_PLAN_PROMPT = "Implement the following plan:"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])|\n+")
_BECAUSE = r"(?:because|since|so that|so we|to avoid|to keep|due to|which avoids|as it)"
_DECIDED = re.compile(
    rf"\b(?:I|we|I've|we've)\b[^.?!]{{0,30}}"
    rf"\b(?:chose|decided (?:to|on|against|not)|opted (?:for|to)|went with|settled on)\b"
    rf"[^?]{{0,250}}\b(?:over|instead of|rather than|{_BECAUSE})\b"
    rf"|\b(?:now )?(?:uses?|using|used|kept|keeps?|switched to|replaced|moved|returns?|stores?)\b[^?]{{3,160}}"
    rf"\b(?:instead of|rather than)\b[^?]{{3,160}}\b{_BECAUSE}\b",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"\?|\b(?:if|could|might|maybe|perhaps|would|should|option|alternative|alternatively|suggest|recommend|consider|"
    r"prefer|want|let me|I'll|we'll|going to|was (?:using|calling)|currently|"
    r"the (?:problem|issue|bug|root cause)|because the test)\b",
    re.IGNORECASE,
)
_NEXT_STEPS = re.compile(
    r"(?:#{1,6}\s*)?\**(?:next steps?|remaining(?: work| steps| tasks| items)?|what'?s (?:left|next)|"
    r"still (?:to do|open|left)|left to do|to ?dos?|open items|not done(?: yet)?)\b[^\n]{0,40}",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s{0,6}(?:[-*+]|\d{1,2}[.)])\s+(?:\[ \]\s+)?(\S.*)")
_PLACED = re.compile(
    r"[\w/.-]+\.\w{1,5}:\d+|::\w|--- FAIL: \S|^FAIL\b.*[\w/]{4}|FAILED \S|\w \u203a \w|test \S+ \.\.\. FAILED"
)  # a test by name, or a line of a file


@dataclass(slots=True)
class Draft:
    """A session as a transcript tells it, with the place of each of its items."""

    session: Session
    spoken: str = ""  # when its last words were said
    places: dict[tuple[str, str], str] = field(default_factory=dict)  # by section and text


def draft(head: Head, story: Story, version: str, shas: Mapping[str, str]) -> Draft:
    """Return the session of a conversation.

    Args:
        head: Whose conversation it is.
        story: What it told.
        version: The version of its reader.
        shas: The whole ids of the commits that it printed, as far as the repository has them.
    """
    start = story.start or head.start
    made = Draft(
        Session(
            session_id=head.session_id,
            tool=head.tool or head.source,
            status="closed",
            branch=_scalar(story, story.branch),
            started_at=times.iso(start),
            updated_at=times.iso(story.end or start),
            ended_at=times.iso(story.end or start),
            git_sha_start=story.sha if is_commit_id(story.sha) else "",
            source=head.source,
            source_id=head.session_id,
            source_version=version,
            model=_scalar(story, story.model),
            parent=_scalar(story, story.parent),
        )
    )
    _words(made, story)
    _say_last(made, story)
    _lists(made, story)
    session = made.session
    session.work = list(_work(made, story))
    session.files = [FileChange(path, kind) for path, kind in sorted(story.files.items())]
    session.tags = list(story.tags)
    session.references = [Reference(url, one_line(title)) for url, title in story.links.items()]
    noted = [(note.text, note.at) for note in story.notes if note.kind in ("decisions", "problems")]
    dated = [*((text, at) for text, (_, at) in story.decisions.items()), *noted]
    dates = [facts.date_line(times.iso(at), text) for text, at in dated]
    session.facts = [*(_fingerprints(story, shas)), *dates]
    return made


def _scalar(story: Story, text: str) -> str:
    return one_line(clean_text(story.clean(whole(text))), 200)


def _words(made: Draft, story: Story) -> None:
    """Set goal, title and slug."""
    session = made.session
    asked = next((turn for turn in story.turns if turn.prompt and not _WEAK.fullmatch(turn.prompt)), None)
    session.goal = _goal(asked.prompt) if asked else ""
    first = session.goal or next((turn.prompt for turn in story.turns if turn.prompt), "")
    title = one_line(story.title, _TITLE) or one_line(first.split("\n")[0].strip("# "), _TITLE)
    session.title = title
    session.slug = "-".join(slugify(title).split("-")[:_SLUG_WORDS])
    place = asked.place if asked else "-"
    made.places |= {("goal", session.goal): place, ("title", session.title): place}


def _say_last(made: Draft, story: Story) -> None:
    """Set the last words."""
    last = next((turn for turn in reversed(story.turns) if turn.answer), None)
    if last:
        made.session.last_words = clean_text(cut(last.answer, MAX_WORDS))
        made.spoken = times.iso(last.end)


def _goal(prompt: str) -> str:
    if not prompt.startswith(_PLAN_PROMPT):
        return prompt
    return f"Implement the plan: {plan_summary(prompt.removeprefix(_PLAN_PROMPT))}"


def _lists(made: Draft, story: Story) -> None:
    """Set what was completed, left open, decided and still failing."""
    _keep(made, "work_completed", story.done.items())
    is_stale = story.edits - story.edits_at_todo > _STALE_EDITS
    left = [] if is_stale else [(t, place) for t, status, place in story.todos.values() if status != "completed"]
    _keep(made, "work_pending", [*left, *_next_steps(story)][:_MOST_PENDING])
    for turn in story.turns:
        for sentence in decisions_in(turn.answer):
            story.decisions.setdefault(sentence, (turn.place, turn.end))
    chosen = [(text, place) for text, (place, _) in story.decisions.items()]
    _keep(made, "decisions", chosen[:_MOST_DECISIONS])
    failing = [
        (f"`{name}` failed at the end: {check.line}", check.place)
        for name, check in story.checks.items()
        if check.failed and check.stands and _PLACED.search(check.line)
    ]
    _keep(made, "problems", failing[:_MOST_PROBLEMS])
    for section in ("work_completed", "work_pending", "decisions", "problems"):
        _keep(made, section, ((note.text, note.place) for note in story.notes if note.kind == section))


def _keep(made: Draft, section: str, found: Iterable[tuple[str, str]]) -> None:
    items: list[str] = getattr(made.session, section)
    for text, place in found:
        if text and text not in items:
            items.append(text)
            made.places[section, text] = place


def _work(made: Draft, story: Story) -> Iterator[WorkEntry]:
    """Yield the work up to each commit: what was asked and answered, what failed and then passed, the commit."""
    solved = [
        (f"`{name}` failed: {line}; passed after changing {changed}", place)
        for name, check in story.checks.items()
        for line, changed, place in check.solved
    ]
    known: set[str] = set()
    for number, segment in enumerate(story.segments):
        turns = [turn for turn in story.turns if turn.segment == number]
        lines = [(turn_line(turn), turn.place) for turn in turns]
        if number == len(story.segments) - 1:
            lines += solved
        if segment.sha:
            lines.append((f"Committed {segment.sha[:10]} {segment.subject}".strip(), segment.place))
        items = []
        for text, place in lines:
            if text and text not in known:
                known.add(text)
                items.append(text)
                made.places["work", text] = place
        if items:
            yield WorkEntry(_heading(segment, turns, story), items)
    yield from _noted_work(made, story)


def _noted_work(made: Draft, story: Story) -> Iterator[WorkEntry]:
    """Yield what another memory noted of the work, an entry a day."""
    days: dict[str, list[str]] = {}
    for note in story.notes:
        if note.kind == "work":
            day = f"{datetime.fromtimestamp(note.at).astimezone():%Y-%m-%d}" if note.at else "undated"
            days.setdefault(day, []).append(note.text)
            made.places["work", note.text] = note.place
    yield from (WorkEntry(day, list(dict.fromkeys(items))) for day, items in days.items())


def _heading(segment: Segment, turns: list[Turn], story: Story) -> str:
    at = segment.at or max((turn.end for turn in turns), default=0.0) or story.end
    when = f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}" if at else "undated"
    return " · ".join(filter(None, [when, segment.sha[:7]]))


def turn_line(turn: Turn) -> str:
    """Return one line that says what was asked and what was answered."""
    asked = one_line(turn.prompt, _PROMPT_PART)
    answered = one_line(turn.answer, _TURN_LINE - len(asked) - 3)
    return " → ".join(filter(None, [asked, answered]))


def decisions_in(answer: str) -> Iterator[str]:
    """Yield the sentences of an answer that say what was chosen over what, and why."""
    fenced = False
    for sentence in _SENTENCE.split(answer):
        if sentence.lstrip().startswith("```"):
            fenced = not fenced
        plain = sentence.strip(" -*•>").strip()
        is_fit = 30 < len(plain) < 400 and not fenced and not plain.endswith(":")  # noqa: PLR2004 - a sentence
        if is_fit and _DECIDED.search(plain) and not _DOUBTFUL.search(plain):
            yield plain


def _next_steps(story: Story) -> Iterator[tuple[str, str]]:
    """Yield the bullets below "Next steps" in the last answer."""
    last = next((turn for turn in reversed(story.turns) if turn.answer), None)
    is_below = False
    for line in last.answer.split("\n") if last else ():
        bullet = _BULLET.fullmatch(line)
        if _NEXT_STEPS.fullmatch(line.strip().rstrip(":*")):
            is_below = True
        elif bullet and is_below and last:
            yield one_line(bullet[1].strip("*")), last.place
        elif line.strip() and not line.startswith("  "):
            is_below = False


def _fingerprints(story: Story, shas: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for the edits of each turn, within what a session may hold, the last up to a commit with its id."""
    kept = [lowest(span.keys, MAX_UNIT) for segment in story.segments for span in segment.spans]
    everything = sorted(key for keys in kept for key in keys)
    bound = everything[:MAX_SESSION][-1] if everything else 0
    for segment in story.segments:
        sha = shas.get(segment.sha, segment.sha if len(segment.sha) in {40, 64} else "")
        for number, span in enumerate(segment.spans, 1):
            keys = {key for key in span.keys if key <= bound}
            commit = sha if number == len(segment.spans) else ""
            if keys or commit:
                at = times.iso((segment.at if commit else span.at) or story.end)
                yield fingerprint_lines.unit_line(at or "-", commit, 0, keys)
