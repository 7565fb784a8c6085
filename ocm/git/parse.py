r"""What git's output and git's own files say. Pure: bytes in, values out, no process and no I/O.

Names are bytes here, from the top of the work tree; `printable` is the text that stands for one, in which bytes that
are not UTF-8 are written `\xff`, because a session file is UTF-8. Light to import, because a hook needs it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KINDS = {"A": "created", "C": "created", "M": "modified", "T": "modified", "D": "deleted", "R": "renamed"}
_SUBMODULE = "160000"
_BINARY_PROBE = 8_000  # where git itself looks for a NUL
_CREATING = {"am", "cherry-pick", "commit", "merge", "revert"}
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_REPLAYING = {"continue", "edit", "fixup", "merge", "pick", "reword", "squash"}


class Entry:
    """One path that differs from the start: what happened to it, and what was there (`oid`)."""

    __slots__ = ("added", "kind", "oid", "old", "path", "removed", "submodule", "tracked")

    def __init__(
        self, kind: str, path: bytes, old: bytes | None = None, oid: str = "", *, tracked: bool = True
    ) -> None:
        """Start without line counts."""
        self.kind = kind
        self.path = path
        self.old = old
        self.oid = oid
        self.tracked = tracked
        self.submodule = False
        self.added = self.removed = 0

    @property
    def names(self) -> tuple[bytes, ...]:
        """Every name it has or had."""
        return (self.path,) if self.old is None else (self.path, self.old)


def printable(name: bytes) -> str:
    """Return the text that stands for a name."""
    return name.decode("utf-8", "backslashreplace")


def encoded(text: str) -> bytes:
    """Return the bytes of a name that Python or JSON gave as text, with whatever lone surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def unprintable(text: str) -> bytes:
    r"""Return the name that `printable` made this text of: `\xff` in it stands for a byte that was no text.

    A name may hold a backslash itself, so it is taken for what it says where no other name could have become it.
    """
    import re

    found = re.sub(rb"\\x([89a-f][0-9a-f])", lambda hit: bytes([int(hit[1], 16)]), encoded(text))
    return found if printable(found) == printable(encoded(text)) else encoded(text)


def names(data: bytes) -> list[bytes]:
    """Return the names in output of `-z`; one that was cut off is left out."""
    return data.split(b"\0")[:-1]


def lines_of(commits: "Sequence[str]") -> bytes:
    """Return ids as git reads them from its input, one a line."""
    return "".join(f"{commit}\n" for commit in commits).encode()


def unquoted(name: bytes) -> bytes:
    """Return a name that git may have put in quotes."""
    if not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    found, rest = [], name[1:-1]
    while rest:
        plain, escape, rest = rest.partition(b"\\")
        found.append(plain)
        if escape and rest[:3].isdigit():
            found.append(bytes([int(rest[:3], 8) & 255]))
            rest = rest[3:]
        elif escape:
            found.append(_ESCAPES.get(rest[:1], rest[:1]))
            rest = rest[1:]
    return b"".join(found)


def tree_name(line: bytes) -> bytes:
    """Return the name in a line of `git ls-tree`, nothing for a folder."""
    fields, _, name = line.partition(b"\t")
    return b"" if b" tree " in fields else name


def parse_diff(data: bytes, *, whole: bool = True) -> list[Entry]:
    """Return what the output of `git diff --raw --numstat -z --no-abbrev` lists.

    A file whose times changed but not its content is listed by git with no line counts, and left out here; of output
    that is not `whole` nobody knows.
    """
    entries: dict[bytes, Entry] = {}
    doubtful: set[bytes] = set()
    tokens = iter(names(data))
    for token in tokens:
        if token.startswith(b":"):
            entry, doubt = _raw(token, tokens)
            if entry is not None and entry.path not in entries:
                entries[entry.path] = entry
                doubtful.update([entry.path] if doubt else [])
        else:
            added, removed, path = _counts(token, tokens)
            if path in entries and (added, removed) != (b"0", b"0"):
                doubtful.discard(path)
                entries[path].added, entries[path].removed = _number(added), _number(removed)
    return [entry for path, entry in entries.items() if path not in doubtful or not whole]


def _raw(token: bytes, tokens: "Iterator[bytes]") -> tuple[Entry | None, bool]:
    """Read `:100644 100755 <oid> <oid> R086` and the one or two names behind it."""
    old_mode, mode, oid, _, status = token[1:].decode().split(" ")
    first = next(tokens, b"")
    second = next(tokens, b"") if status[0] in "RC" else b""
    kind = _KINDS.get(status[0])
    if kind is None:  # unmerged: another record tells what it is
        return None, False
    old = first if status[0] == "R" else None
    entry = Entry(kind, second or first, old, oid)
    entry.submodule = _SUBMODULE in (old_mode, mode)
    return entry, status[0] == "M" and old_mode == mode


def _counts(token: bytes, tokens: "Iterator[bytes]") -> tuple[bytes, bytes, bytes]:
    added, removed, path = token.split(b"\t", 2)
    if not path:  # a rename: its two names follow
        next(tokens, b"")
        path = next(tokens, b"")
    return added, removed, path


def _number(count: bytes) -> int:
    return int(count) if count.isdigit() else 0  # `-` stands for a binary file


def commits_created(reflog: bytes, start: str) -> list[tuple[int, str]]:
    """Return the commits that a reflog of HEAD says were created here, each with the second when, oldest first.

    Checkouts, resets, pulls and fast-forwards move HEAD without creating anything; what stands before HEAD first came
    to `start` (empty: no commit yet) is older than whatever started there.
    """
    found = []
    lines = reflog.split(b"\n")
    arrival = next((at for at, line in enumerate(lines) if start and line.split(b" ", 2)[1:2] == [start.encode()]), -1)
    for line in lines[arrival + 1 :]:
        head, _, message = line.partition(b"\t")
        fields = head.decode("ascii", "replace").split(" ")
        if len(fields) > 4 and fields[-2].isdigit() and _creates(message.decode("utf-8", "replace")):  # noqa: PLR2004
            found.append((int(fields[-2]), fields[1]))  # <old> <new> <name> … <seconds> <time zone>
    return found


def subjects(reflog: bytes, shas: "set[str]") -> dict[str, str]:
    """Return what the reflog says of each of these commits, without the action in front."""
    found = {}
    for line in reflog.split(b"\n"):
        head, _, message = line.partition(b"\t")
        sha = head.decode("ascii", "replace").split(" ")[1:2]
        if sha and sha[0] in shas:
            found[sha[0]] = message.decode("utf-8", "replace").partition(": ")[2]
    return found


def _creates(message: str) -> bool:
    action, _, subject = message.partition(": ")
    word = action.split(" ", 1)[0]
    step = action.rpartition("(")[2].removesuffix(")") if action.endswith(")") else ""
    if word in {"rebase", "pull"}:
        return step in _REPLAYING and subject.lower() != "fast-forward"
    return word in _CREATING and (word == "commit" or not subject.lower().startswith("fast-forward"))


def line_count(data: bytes) -> int:
    """Return how many lines a new file adds, as git counts them: none when it is binary."""
    if b"\0" in data[:_BINARY_PROBE]:
        return 0
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def blob_id(data: bytes, like: str) -> str:
    """Return the id that git gives to this content, in the hash format of the id `like`."""
    import hashlib

    algorithm = hashlib.sha1 if len(like) == 40 else hashlib.sha256  # noqa: PLR2004 - hex digits of SHA-1
    return algorithm(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pair_renames(entries: list[Entry], contents: dict[bytes, bytes]) -> list[Entry]:
    """Return `entries` with each new untracked file joined to the deleted one that held exactly its content.

    Git itself looks for renames among tracked files only, so a plain `mv` would show as two changes.
    """
    gone: dict[str, list[bytes]] = {}
    for entry in entries:
        if entry.kind == "deleted":
            gone.setdefault(entry.oid, []).append(entry.path)
    paired: set[bytes] = set()
    for entry in entries if gone else ():
        data = contents.get(entry.path)
        sources = gone.get(blob_id(data, next(iter(gone))), []) if data else []  # git pairs no empty files either
        if sources:
            entry.kind, entry.old, entry.added = "renamed", sources.pop(0), 0
            paired.add(entry.old)
    return [entry for entry in entries if entry.path not in paired]


def summary(entries: list[Entry], listed: int) -> str:
    """Return one line like that of `git diff --shortstat`; it says so when only the first `listed` files are listed."""
    if not entries:
        return ""
    added, removed = sum(entry.added for entry in entries), sum(entry.removed for entry in entries)
    parts = [f"{len(entries)} file{'s' * (len(entries) != 1)} changed"]
    if added or not removed:
        parts.append(f"{added} insertion{'s' * (added != 1)}(+)")
    if removed or not added:
        parts.append(f"{removed} deletion{'s' * (removed != 1)}(-)")
    if len(entries) > listed:
        parts.append(f"the first {listed} are listed")
    return ", ".join(parts)


def remote_name(config: str) -> str:
    """Return the last part of the first remote's URL in a git config, without `.git`; empty when there is none."""
    in_remote = False
    for raw in config.splitlines():
        line = raw.strip()
        if line.startswith("["):
            in_remote = line.startswith('[remote "')
        elif in_remote:
            key, _, value = line.partition("=")
            if key.strip().lower() == "url":
                return _last_part(value.strip().strip('"'))
    return ""


def _last_part(url: str) -> str:
    path = url.replace("\\", "/").rstrip("/").removesuffix("/.git").removesuffix(".git")
    return path.replace(":", "/").rpartition("/")[2].rpartition("@")[2]  # never a password, where there is no path
