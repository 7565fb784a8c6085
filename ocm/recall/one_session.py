"""What a brief says of one session: all that it left, for who goes on with it, or has just lost what it knew."""

from ocm.base.sanitize import short
from ocm.base.times import instant
from ocm.git import freshness
from ocm.git.head import Head
from ocm.index.queries import Index, SessionRow
from ocm.index.queries import State as Said
from ocm.index.standing import DECISION, LEFT, OPEN, PROBLEM, Item
from ocm.recall import brief_words as words
from ocm.recall.lines import Lines

_SHA, _MAX_MADE, _UNLANDED, _MAX_COMMITS = 9, 8, 5, 20
_FILE_HEADINGS = {
    freshness.CHANGED: "Files changed since:",
    freshness.GONE: "Files gone since:",
    freshness.UNCHANGED: "Files unchanged since:",
    None: "Files:",
}


class Known:
    """What the cache knows of a session: its row, what it left and did, its files and its commits."""

    def __init__(self, cache: Index, row: SessionRow, project: str) -> None:
        """Ask the cache."""
        self.row = row
        standing = cache.standing(project)
        items = standing.items([row.row])
        ended = standing.ended(items)
        self.items = [item for item in items if item not in ended]
        self.said: Said = cache.state(row.row)
        self.files = cache.touched(row.file)
        self.made = cache.links(project).made_in(row.file)

    def of(self, kind: str) -> list[Item]:
        """Return what it left of a kind."""
        return [item for item in self.items if item.kind == kind]


def lines(root: str, branch: str, known: Known, room: int) -> list[str]:
    """Return the lines, what matters most first."""
    row = known.row
    page = freshness.Page(root, [(known.files, row.updated)], count_commits=False)
    paths = [change.path for change, _ in known.files if len(change.path) <= words.MAX_PATH]
    head = Head(root, instant(row.date) or row.updated, paths)
    files = Lines(room * 3 // 10)
    _name_files(files, known, page)
    commits = Lines(room // 10)
    since = [commit for commit in head.commits if commit.at > row.updated]
    if since:
        subjects = [words.item(f"{one.sha[:7]} {one.subject}", words.MAX_TITLE) for one in since[:_MAX_COMMITS]]
        commits.section(f"Commits since, {len(since)}, latest first:", subjects)
    first = Lines(room - files.used - commits.used)
    _describe(first, known)
    first.joined("Its commits:", [sha[:_SHA] for sha in known.made[-_MAX_MADE:]])
    if row.branch == branch:
        left = head.uncommitted(paths)
        first.joined("Not committed:", [words.paths(left, _UNLANDED)] if left else [])
    return [*first.lines, *files.lines, *commits.lines]


def _describe(first: Lines, known: Known) -> None:
    row = known.row
    title = words.item(row.title, words.MAX_TITLE)
    where = [row.date[:10], words.name(row.tool), words.name(row.branch), short(row.session_id)]
    if not first.add(" · ".join(["Session", *filter(None, where)]), title):
        return
    goal = words.item(row.goal)
    if goal and goal != title:
        first.add(f"Goal: {goal}")
    first.section("To be done:", [words.item(item.text) for item in known.of(OPEN)])
    first.section("Left open when it was imported:", [words.item(item.text) for item in known.of(LEFT)])
    first.section("Problems, latest first:", [words.item(item.text) for item in reversed(known.of(PROBLEM))])
    first.section("Decisions, latest first:", [words.item(item.text) for item in reversed(known.of(DECISION))])
    done = [*reversed(known.said.work_summary), *reversed(known.said.work_completed)]
    first.section("Done, latest first:", [words.item(text) for text in done])


def _name_files(files: Lines, known: Known, page: freshness.Page) -> None:
    states = {change.path: page.state(change.path, oid) if oid else None for change, oid in known.files}
    for state, heading in _FILE_HEADINGS.items():
        kept = sorted(path for path in states if states[path] == state and len(path) <= words.MAX_PATH)
        files.joined(heading, list(map(words.place, kept)))
