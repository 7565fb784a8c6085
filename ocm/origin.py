"""Who made a line: from git blame to a commit, from the commit to the session whose recorded work holds the line.

Says nothing rather than something wrong: a session whose recorded work has the line's own fingerprint comes first; one
that is only known for the commit is a possibility; and what could not be known is said in a sentence.
"""

import os
import stat
from dataclasses import dataclass, field

from ocm import gitdata, githistory, journal, lineage, links
from ocm.errors import BadInputError, NotFoundError
from ocm.githistory import Line
from ocm.index.landed import SLACK
from ocm.index.records import moment
from ocm.lineage import View
from ocm.links import Match
from ocm.paths import Store
from ocm.traces import Unit

_PROBE = 8000
_MAX_COMMITS = 8  # of a range of lines
UNCOMMITTED = "uncommitted"


@dataclass(frozen=True, slots=True)
class Source:
    """A session that a line comes from: its file (or its id, where it has none yet), the unit, and what tells."""

    file: str
    how: str
    sure: bool
    score: float = 0.0
    at: str = ""
    session_id: str = ""


@dataclass(slots=True)
class Origin:
    """Lines that have one origin: where they are, the commit (empty: none yet), and the sessions, the best first."""

    first: int
    last: int
    sha: str
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """The file that is asked about: its name in the project, and what is there: `text`, `binary` or `gone`."""

    name: str
    kind: str
    lines: int = 0


def target(store: Store, name: str) -> Target:
    """Look at what is asked about.

    Raises:
        BadInputError: it is no file.
    """
    full = os.path.join(store.root, name)
    try:
        found = os.lstat(full)
    except (OSError, ValueError):
        return Target(name, "gone")
    if stat.S_ISDIR(found.st_mode):
        inside = githistory.tracked(store.root, name) == "submodule"
        what = "a submodule, with a history of its own" if inside else "a folder"
        raise BadInputError(f"{name} is {what}.", "Ask in there." if inside else "Name a file in it.")
    if not stat.S_ISREG(found.st_mode):
        return Target(name, "binary")
    return _measured(name, full)


def _measured(name: str, full: str) -> Target:
    lines, last = 0, b"\n"
    try:
        with open(full, "rb") as file:
            head = file.read(_PROBE)
            if b"\0" in head:
                return Target(name, "binary")
            while head:
                lines += head.count(b"\n")
                last = head[-1:]
                head = file.read(1 << 20)
    except OSError:
        return Target(name, "gone")
    return Target(name, "text", lines + (last != b"\n"))


def checked(found: Target, first: int, last: int) -> tuple[int, int]:
    """Return the range as far as the file goes.

    Raises:
        BadInputError: it begins past the end, or is none.
    """
    if first < 1 or last < first:
        raise BadInputError(f"{first}-{last} is no range of lines.", "Accepted: LINE or FIRST-LAST, from 1.")
    if first > found.lines:
        raise BadInputError(f"{found.name} has {found.lines} lines, so it has no line {first}.", "Name one it has.")
    return first, min(last, found.lines)


def origins(view: View, asked: Target, first: int, last: int, lines: list[Line] | None) -> list[Origin]:
    """Return where these lines come from, those with the same commit together, in order; `lines` is what blame said."""
    if lines is None:
        return [_without_blame(view, asked, first, last)]
    groups: dict[str, list[tuple[int, Line]]] = {}
    for number, line in enumerate(lines, first):
        groups.setdefault(line.sha, []).append((number, line))
    chosen = sorted(groups.values(), key=lambda group: -len(group))[:_MAX_COMMITS]
    firsts = {(group[0][1].sha, group[0][1].path) for group in chosen if group[0][1].sha}
    patches = githistory.patches_in(view.store.root, firsts)
    return [_origin(view, asked, group, patches) for group in sorted(chosen, key=lambda group: group[0][0])]


def _without_blame(view: View, asked: Target, first: int, last: int) -> Origin:
    """Answer from the journal alone where git cannot say who changed a line."""
    found = Origin(first, last, "")
    there = githistory.tracked(view.store.root, asked.name)
    if there is None:
        found.notes.append("Git could not be asked here, so this is from the journal alone.")
    elif there:
        found.notes.append(f"Git could not read the history of {asked.name}, so this is from the journal alone.")
    else:
        found.notes.append(f"Git does not track {asked.name}, so this is from the journal alone.")
    name = githistory.name_of(view.store.root, asked.name) or gitdata.encoded(asked.name)
    lines = [line.rstrip(b"\n") for line in _window(os.path.join(view.store.root, asked.name), first)]
    begin = max(1, first - links.WINDOW)
    diff = [b"@@ -0,0 +%d @@" % begin, *(b"+" + line for line in lines)]
    found.texts = [lines[first - begin].decode("utf-8", "replace")] if len(lines) > first - begin else []
    _from_journal(view, asked, found, links.line_keys(diff, name, first))
    return found


def _window(path: str, number: int) -> list[bytes]:
    """Return the lines around one, as many as a key can reach."""
    found = []
    with open(path, "rb") as file:
        for at, line in enumerate(file, 1):
            if at >= number - links.WINDOW:
                found.append(line[:65_536])
            if at >= number + links.WINDOW:
                break
    return found


def _origin(
    view: View, asked: Target, group: list[tuple[int, Line]], patches: dict[tuple[str, bytes], list[bytes]]
) -> Origin:
    first, line = group[0]
    found = Origin(first, group[-1][0], line.sha)
    found.texts = [each.text.decode("utf-8", "replace") for _, each in group]
    if not line.sha:
        name = githistory.name_of(view.store.root, asked.name)
        keys = links.line_keys(githistory.uncommitted(view.store.root, [asked.name]), name, first)
        _from_journal(view, asked, found, keys)
        return found
    keys = links.line_keys(patches.get((line.sha, line.path), ()), line.path, line.number)
    from_commit(view, found, keys, line.at)
    if line.edge and githistory.is_shallow(view.store.root):
        found.notes.append("History is cut off here (a shallow clone): an older commit may have made this line.")
    return found


def _from_journal(view: View, asked: Target, found: Origin, keys: set[int]) -> None:
    """Find who made lines that no commit holds: recorded work, else an edit that no checkpoint has taken yet."""
    holders = _holders(view.links.units_with(keys), keys, float("inf"))
    for file, (unit, weight) in holders.items():
        found.sources.append(Source(file, "work", sure=weight >= 1, score=1.0, at=unit.at))
    if not found.sources:
        for session_id in editing(view.store, asked.name):
            found.sources.append(Source("", "journal", sure=False, session_id=session_id))
    if not found.sources:
        found.notes.append("No session is known to have written this line.")


def editing(store: Store, name: str) -> list[str]:
    """Return the ids of the sessions whose journals say that they edited a file since their last checkpoint."""
    from ocm.observe import relative, text_of

    found = []
    for key in journal.session_keys(store.path):
        events = journal.read_events(store.path, key)
        edited = (text_of(event, "path") for event in events if event.get("e", "edit") in {"call", "sub", "edit"})
        if any(relative(path, store.root) == name for path in edited if path):
            found.append(next((text for event in events if (text := text_of(event, "session"))), key))
    return found


def from_commit(view: View, found: Origin, keys: set[int], at: int) -> None:
    """Find the sessions behind a line of a commit: `keys` are the line's own, `at` is when the commit was made."""
    known = view.links
    made = known.commit(found.sha)
    matches = lineage.sessions_of(known, made) if made else []
    holders = _holders(known.units_with(keys), keys, at + SLACK if at else float("inf"))
    named = [match for match in matches if match.session in holders]
    if named:
        named.sort(key=lambda match: (moment(holders[match.session][0].at), match.session))
        found.sources = [_source(match, holders[match.session][0]) for match in named]
    elif matches:
        found.sources = [_source(match, None, doubted=bool(keys) and match.how == "content") for match in matches]
    else:
        found.sources = [
            Source(file, "lines", sure=False, score=0.0, at=unit.at)
            for file, (unit, weight) in holders.items()
            if weight >= 1
        ]
    if not found.sources:
        found.notes.append(f"No session is known for commit {found.sha[:9]}.")


def _source(match: Match, unit: Unit | None, *, doubted: bool = False) -> Source:
    return Source(match.session, match.how, match.sure and not doubted, match.score, unit.at if unit else "")


def _holders(units: list[tuple[str, Unit]], keys: set[int], before: float) -> dict[str, tuple[Unit, int]]:
    """Return the sessions that recorded one of these keys until an instant: the first unit, and how many keys."""
    held: dict[str, tuple[Unit, int]] = {}
    for file, unit in sorted(units, key=lambda pair: (moment(pair[1].at), pair[0], pair[1].number)):
        common = len(unit.keys & keys)
        if common and moment(unit.at) <= before:
            first, count = held.get(file, (unit, 0))
            held[file] = (first, max(count, common))
    return held


def not_known(name: str) -> NotFoundError:
    """Return what to say of a file that nobody has heard of."""
    return NotFoundError(f"Neither git nor any session knows {name}.", "Give a path from the project's top.")
