"""What git's history says: which commits there are, what each changed, who last changed a line.

Invariants: one process a question, never one a commit; plumbing, so that no setting of the user changes an answer;
nothing is written. Names are bytes from the top of the work tree, as in `parse`. What git cannot say (a broken
object store, no git at all) is None, or the end of a stream.
"""

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from ocm.base.times import second
from ocm.git import parse, process, refusal, worktree
from ocm.git.commits import LINE_FORMAT, Commit, commits_in, commits_in_lines
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from ocm.store.paths import git_head

_HEADER = "--format=%x01%H %ct %s"
_PATCH = (
    "-p",
    "-U0",
    "--no-renames",  # a session that only edited a file must look alike in a commit that also moved it
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--full-index",
    "--ignore-submodules=dirty",
)
YES, NO, UNKNOWN = "yes", "no", "unknown"
_BLAME_SECONDS = 120.0
_NO_HISTORY = ("stash", "notes/*", "heads/entire/checkpoints/*", "remotes/*/entire/checkpoints/*")  # refs
_UNCOMMITTED = frozenset("0")
_NAMES_OF_COMMITS = (
    "diff-tree",
    "--stdin",
    "-z",
    "-r",
    "-c",
    "--root",
    "--name-only",
    "--no-commit-id",
    "--no-renames",
)


class Line(NamedTuple):
    """Who last changed a line, and when: `sha` (empty: no commit yet), `path` and `number` there.

    At an `edge` history ends, as it does in a shallow clone.
    """

    sha: str
    path: bytes
    number: int
    text: bytes
    at: int = 0
    edge: bool = False


def since(root: str, when: float) -> list[str] | None:
    """Return the commits of all branches and tags, merges left out, that are not older than an instant, newest first.

    The stash, notes and another tool's branches of transcripts are nobody's history.
    """
    tree = WorkTree.find(root)
    if tree is None or not (git_head(tree.top)[0] or os.path.isdir(tree.common_dir)):
        return None
    left_out = (f"--exclude=refs/{name}" for name in _NO_HISTORY)
    asked = ("--no-merges", f"--max-age={max(0, int(when))}", *left_out, "--all")
    try:
        return process.run(tree.top, "rev-list", *asked).decode().split()
    except UnknownError:
        return None


def name_of(root: str, path: str) -> bytes:
    """Return the name of a path from the top of its work tree, empty outside every one."""
    tree = WorkTree.find(root)
    return tree.raw(tree.name_of(path)) if tree else b""


def on_disk(root: str, path: str) -> str:
    """Return where a file lies whose path stands in a session, which is text even where the name is none."""
    full = os.path.join(root, path)
    tree = WorkTree.find(root)
    name = tree.name_of(path) if tree and "\\x" in path and not os.path.lexists(full) else ""
    return os.fsdecode(tree.on_disk(tree.raw(name))) if tree and name else full


def patches(root: str, commits: Sequence[str]) -> Iterator[bytes]:
    """Return the lines of the diffs of commits, each behind a header (see links.py): one process for all of them.

    Raises:
        UnknownError: at the first commit that git cannot read, whose header may have come already.
    """
    tree = WorkTree.find(root)
    if tree is not None and commits:
        asked = ("diff-tree", "--stdin", "--always", "--root", "-r", *_PATCH, _HEADER)
        yield from process.stream(tree.top, "-c", "core.quotePath=false", *asked, stdin=parse.lines_of(commits))


def names_in(tree: WorkTree, commits: list[str]) -> set[bytes]:
    """Return every name that these commits changed; of a merge only what it holds that no parent does.

    Raises:
        UnknownError: git cannot say.
    """
    if not commits:
        return set()
    return set(parse.names(process.run(tree.top, *_NAMES_OF_COMMITS, stdin=parse.lines_of(commits))))


def patches_in(root: str, places: Collection[tuple[str, bytes]]) -> dict[tuple[str, bytes], list[bytes]]:
    """Return the diffs of commits in single files; a commit and a file of each pair."""
    tree = WorkTree.find(root)
    found: dict[tuple[str, bytes], list[bytes]] = {}
    if tree is None or not places:
        return found
    names = sorted({os.fsdecode(name) for _, name in places})
    asked = ("diff-tree", "--stdin", "--root", "-r", *_PATCH, _HEADER, "--", *names)
    stdin = parse.lines_of(sorted({sha for sha, _ in places}))
    sha, current = "", found.setdefault(("", b""), [])
    with contextlib.suppress(UnknownError):
        for line in process.stream(tree.top, "-c", "core.quotePath=false", *asked, stdin=stdin):
            if line.startswith(b"\x01"):
                sha = line[1:].partition(b" ")[0].decode()
            elif line.startswith(b"diff --git "):
                current = found.setdefault((sha, patched_name(line)), [])
            current.append(line)
    return found


def patched_name(line: bytes) -> bytes:
    """Return the name in the first line of a file's diff: both sides are of one length, because renames are off."""
    names = line[11:].rstrip(b"\n")
    return parse.unquoted(names[: (len(names) - 1) // 2])[2:]


def merged_commits(root: str, commit: str, limit: int) -> list[str]:
    """Return the commits that a merge brought in, merges left out, the newest first."""
    tree = WorkTree.find(root)
    if tree is None:
        return []
    with contextlib.suppress(UnknownError):
        from ocm.git import repository

        if repository.is_readable(tree):
            return repository.merged_commits(tree, commit, limit)
    try:
        asked = ("rev-list", "--no-merges", f"--max-count={limit}", commit, f"^{commit}^1")
        return process.run(tree.top, *asked).decode().split()
    except UnknownError:
        return []


def uncommitted(root: str, paths: Collection[str]) -> Iterator[bytes]:
    """Return the lines of the diff between HEAD and the work tree in tracked files among `paths`."""
    tree = WorkTree.find(root)
    names = tree.names_of(paths) if tree else []
    if tree is None or not names or not git_head(tree.top)[0]:
        return
    few = sum(map(len, names)) < process.MAX_ARGUMENTS
    hidden = process.filtered(tree.top, names)
    wanted = {os.fsencode(name) for name in names if name not in hidden}
    with contextlib.suppress(UnknownError):
        asked = ("diff-index", *_PATCH, "HEAD", "--", *(names if few else ()))
        inside = True
        for line in process.stream(tree.top, "-c", "core.quotePath=false", *asked):
            if line.startswith(b"diff --git "):
                inside = patched_name(line) in wanted
            if inside:
                yield line


def blame(root: str, path: str, first: int, last: int) -> list[Line] | None:
    """Return who last changed each of these lines, as they are in the work tree; None when git cannot say."""
    tree = WorkTree.find(root)
    names = tree.names_of([path]) if tree else []
    if tree is None or not names or not git_head(tree.top)[0]:
        return None
    # A file of commits to ignore that the settings name and nobody has would be fatal.
    options = ("--porcelain", "--no-textconv", "--no-ignore-revs-file", f"-L{first},{last}")
    try:
        if process.filtered(tree.top, names):
            return None
        out = process.run(tree.top, "blame", *options, "--", *names, seconds=_BLAME_SECONDS)
    except UnknownError:
        return None
    return _blamed(out)


def committed(root: str, path: str) -> tuple[str, str]:
    """Return whether HEAD has a file of which nobody could be named: `no`, or `unknown` and why.

    It has what it has of the file's lines: where blame did not answer although it has the file, nothing is known.
    """
    tree = WorkTree.find(root)
    if tree is None:
        return UNKNOWN, refusal.NO_REPOSITORY
    try:
        if process.filtered(tree.top, tree.names_of([path])):
            return UNKNOWN, refusal.FILTERED
        head = git_head(tree.top)[0]
        if not head and process.run(tree.top, "rev-list", "--all", "--max-count=1"):
            return UNKNOWN, refusal.UNBORN
        has_it = bool(worktree.names_at(tree, head, {tree.name_of(path)}))
    except UnknownError:
        has_it = True
    why = refusal.of_an_answer(root) if has_it else refusal.reason(root)
    return (UNKNOWN, why) if why else (NO, "")


def _blamed(data: bytes) -> list[Line]:
    """Return what the porcelain output of `git blame` lists."""
    found: list[Line] = []
    names: dict[str, bytes] = {}
    times: dict[str, int] = {}
    edges: set[str] = set()
    sha, number = "", 0
    for raw in data.split(b"\n"):
        word, _, rest = raw.partition(b" ")
        if raw.startswith(b"\t"):
            own = "" if set(sha) == _UNCOMMITTED else sha
            found.append(Line(own, names.get(sha, b""), number, raw[1:], times.get(sha, 0), sha in edges))
        elif len(word) in (40, 64) and rest[:1].isdigit():
            sha, number = word.decode(), int(rest.split(b" ")[0])
        elif word == b"committer-time":
            times[sha] = second(rest.decode("ascii", "replace"))
        elif word == b"filename":
            names[sha] = parse.unquoted(rest)
        elif raw == b"boundary":
            edges.add(sha)
    return found


def describe(root: str, commits: Sequence[str]) -> dict[str, Commit]:
    """Return what there is to say of these commits; one that git does not have is left out."""
    tree = WorkTree.find(root)
    if tree is None or not commits:
        return {}
    try:  # `git rev-list` would give up at the first commit that is missing
        out = process.run(
            tree.top, "cat-file", "--batch", stdin=parse.lines_of([f"{sha}^{{commit}}" for sha in commits])
        )
    except UnknownError:
        return {}
    return {commit.sha: commit for commit in commits_in(out)}


def log(root: str, paths: Collection[str], limit: int) -> list[Commit] | None:
    """Return the last commits that changed one of these files, the newest first; None when git cannot say."""
    tree = WorkTree.find(root)
    names = tree.names_of(paths) if tree else []
    if tree is None or not names or not git_head(tree.top)[0]:
        return None
    asked = ("rev-list", "--no-commit-header", f"--max-count={limit}", f"--format={LINE_FORMAT}", "HEAD", "--", *names)
    try:
        return commits_in_lines(process.run(tree.top, *asked))
    except UnknownError:
        return None


def resolve(root: str, name: str) -> str | None:
    """Return the commit that `name` means; empty when it means none, None when git cannot say."""
    tree = WorkTree.find(root)
    if tree is None:
        return None
    if not name.isprintable() or not name.strip():
        return ""
    try:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")
        return process.run(tree.top, *asked).decode().strip()
    except UnknownError:
        return ""


def tracked(root: str, path: str) -> str | None:
    """Return what git has at a path: `file`, `submodule`, `folder` or nothing; None when it cannot say."""
    tree = WorkTree.find(root)
    names = tree.names_of([path]) if tree else []
    if tree is None:
        return None
    if not names:
        return ""
    try:
        lines = parse.names(process.run(tree.top, "ls-files", "-z", "--stage", "--", *names))
    except UnknownError:
        return None
    exact = [line for line in lines if line.partition(b"\t")[2] == os.fsencode(names[0])]
    if exact:
        return "submodule" if exact[0].startswith(b"160000") else "file"
    return "folder" if lines else ""


def untracked(root: str, paths: Collection[str]) -> list[str]:
    """Return which of these files git neither tracks nor ignores; before the first commit, which none holds, all.

    Raises:
        UnknownError: git cannot say.
    """
    tree = WorkTree.find(root)
    names = {tree.raw(name): path for path in paths if (name := tree.name_of(path))} if tree else {}
    if tree is None or not names:
        return []
    if not git_head(tree.top)[0]:
        return list(names.values())
    few = sum(map(len, names)) < process.MAX_ARGUMENTS
    asked = (
        "ls-files",
        "-z",
        "--others",
        "--exclude-standard",
        "--",
        *(map(os.fsdecode, sorted(names)) if few else ()),
    )
    return [names[name] for name in parse.names(process.run(tree.top, *asked)) if name in names]


def is_shallow(root: str) -> bool:
    """Return whether history was cut off when the repository was cloned."""
    tree = WorkTree.find(root)
    return tree is not None and os.path.exists(os.path.join(tree.common_dir, "shallow"))
