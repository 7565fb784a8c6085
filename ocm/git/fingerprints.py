r"""Links by content: from a diff to fingerprints, from fingerprints to what a commit has in common with a session.

Pure: bytes and numbers in, values out. A key is 48 bits of a hash of a path and up to three consecutive added (or
deleted) lines, stripped; a run of fewer lines is one key. A commit also has the keys of one and two lines, because a
squash joins runs that were apart, and so has a session for its short runs, of which one changed line leaves no whole
key. Measured on three public repositories (`tests/bench/links`): keys of at least 8 characters, a rare key counting
more than a common one, and each line explained once, which keeps twins out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ocm.base.times import second
from ocm.git import parse
from ocm.markdown.fingerprint_lines import BITS, Unit

if TYPE_CHECKING:
    import hashlib

WINDOW = 3
SHORT = 8  # lines of a run whose parts a session records as well
SURE, MAYBE = 0.34, 0.2  # shares of the keys; below the second nothing is said
MAX_KEYS = 4096  # of a commit; those with the lowest hashes are kept, which is a fair sample
KeyWeight = Callable[[int], float]  # how much a key says: one over the number of sessions that have it
HEADER = b"\x01"  # what begins the line in front of each commit: no line of a diff does
_MIN_CHARACTERS = 8  # characters; shorter runs are in every file
_MAX_LINES = 400_000  # of one commit that are looked at
_MIN_KEYS = 3  # keys without which a commit is not part of a session, however small it is
_MIN_PART = 0.5  # of a commit's keys that a session must hold where the commit is a small part of it
_MIN_UNEXPLAINED = 0.5  # of what a session shares with a commit must not be explained by a better session


class Patch:
    """The fingerprints of one diff: `own` keys, `parts` of them, and one of the `whole` that line numbers leave alone.

    Of a large diff only the keys up to `bound` are kept. `brief` are those parts that a session records as well,
    `names` are keys of the files that it changes.
    """

    __slots__ = ("at", "bound", "brief", "names", "own", "parts", "sha", "subject", "whole")

    def __init__(self, sha: str = "", at: float = 0.0, subject: str = "") -> None:
        """Begin with no key."""
        self.sha = sha
        self.at = at
        self.subject = subject
        self.own: set[int] = set()
        self.parts: set[int] = set()
        self.brief: set[int] = set()
        self.whole = 0
        self.bound = 1 << BITS
        self.names: set[int] = set()

    def trim(self, limit: int) -> None:
        """Keep no more than `limit` keys, those with the lowest hashes."""
        everything = self.own | self.parts
        if len(everything) > limit:
            self.bound = sorted(everything)[limit - 1]
            self.own = {key for key in self.own if key <= self.bound}
            self.parts = {key for key in self.parts if key <= self.bound}


class Match(NamedTuple):
    """A session that a commit comes from: the unit that says it best, how much of it, and what tells."""

    session: str
    unit: int
    score: float
    how: str

    @property
    def sure(self) -> bool:
        """Whether this can be stated, rather than offered as a possibility."""
        return self.score >= SURE


def key(path: bytes, sign: bytes, lines: Sequence[bytes]) -> int:
    """Return the key of consecutive lines."""
    data = b"%b%b\0%b" % (sign, path, b"\n".join(lines))
    return int.from_bytes(_hash(data).digest())


def _hash(data: bytes = b"") -> "hashlib.blake2b":
    import hashlib  # loads OpenSSL, which a list of sessions without commits has no use for

    return hashlib.blake2b(data, digest_size=BITS // 8)


def name_key(path: bytes) -> int:
    """Return the key of a file's name."""
    return key(path, b"/", ())


# --- reading diffs


def patches(lines: Iterable[bytes]) -> Iterator[Patch]:
    r"""Return the fingerprints of a stream of diffs without context, each behind a header line.

    A header is `\x01<sha> <seconds> <subject>`; lines in front of the first one belong to a patch without a sha.
    """
    reader = _Reader()
    for raw in lines:
        line = raw.rstrip(b"\n")
        if line[:1] == HEADER:
            if reader.started:
                yield reader.done()
            reader = _Reader()
            sha, _, rest = line[1:].decode("utf-8", "replace").partition(" ")
            when, _, subject = rest.partition(" ")
            reader.begin(Patch(sha, float(second(when)), subject))
        else:
            reader.read(line)
    if reader.started:
        yield reader.done()


def of_content(path: bytes, data: bytes) -> Iterator[bytes]:
    """Return the lines of the diff that adds a file."""
    yield b"diff --git a/%b b/%b" % (path, path)
    yield b"new file mode 100644"
    yield b"@@ -0,0 +1 @@"
    for line in data.removesuffix(b"\n").split(b"\n"):
        yield b"+" + line


def line_keys(lines: Iterable[bytes], path: bytes, number: int) -> set[int]:
    """Return the keys that an added line has a part in: `number` is its place in the new file of the diff `lines`."""
    run: list[tuple[int, bytes]] = []
    at = 0
    for raw in lines:
        line = raw.rstrip(b"\n")
        if line.startswith(b"@@ "):
            if run and at > number:
                break
            at, run = _hunk_start(line), []
        elif line[:1] == b"+" and at:
            text = line[1:].strip()
            if text or at == number:
                run.append((at, text))
            at += 1
    return _covering([text for _, text in run], [place for place, _ in run], path, number)


def _hunk_start(line: bytes) -> int:
    """Return where a hunk begins in the new file: `@@ -1,2 +3,4 @@`."""
    new = line.split(b" ")[2][1:].partition(b",")[0] if line.count(b" ") > 1 else b""
    return int(new) if new.isdigit() else 0


def _covering(texts: list[bytes], places: list[int], path: bytes, number: int) -> set[int]:
    """Return the keys of every run of lines that holds the line at `number`; for an empty one, of those beside it."""
    if number not in places:
        return set()
    middle = places.index(number)
    wanted = {middle}
    if not texts[middle]:
        texts = texts[:middle] + texts[middle + 1 :]
        wanted = {middle - 1, middle}
    starts = range(max(0, middle - WINDOW), middle + 1)
    runs = [texts[at : at + size] for size in range(1, WINDOW + 1) for at in starts if wanted & {*range(at, at + size)}]
    return {key(path, b"+", run) for run in runs if sum(map(len, run)) >= _MIN_CHARACTERS}


class _Reader:
    """One diff on its way in; memory stays the same however long it is."""

    def __init__(self) -> None:
        self.started = False
        self._patch = Patch()
        self._path = b""
        self._sign = b""
        self._ids = b""
        self._run: list[bytes] = []  # the last lines of the run
        self._length = 0
        self._pieces: set[int] = set()  # keys of one and two lines of a run that is still short
        self._in_hunk = False
        self._file = _hash()
        self._whole = 0
        self._lines = 0

    def begin(self, patch: Patch) -> None:
        self._patch = patch
        self.started = True

    def read(self, line: bytes) -> None:
        """Take the next line of the diff."""
        sign = line[:1]
        if line.startswith(b"diff --git "):
            self._end_file()
            self.started = True
            names = line[11:]
            self._path = parse.unquoted(names[: (len(names) - 1) // 2])[2:]  # both sides are of one length: no renames
            self._in_hunk = False
        elif sign == b"@":
            self._end_run()
            self._in_hunk = True
        elif not self._in_hunk:
            self._heading(line)
        elif sign in (b"+", b"-") and self._lines < _MAX_LINES:
            self._lines += 1
            self._line(sign, line[1:].strip())

    def done(self) -> Patch:
        """Return what the diff came to."""
        self._end_file()
        self._patch.trim(MAX_KEYS)
        self._patch.whole = self._whole & (1 << BITS) - 1
        return self._patch

    def _heading(self, line: bytes) -> None:
        """Take a line between a file's name and its first hunk: of a binary file the ids are all there is."""
        if line.startswith(b"index "):
            self._ids = line
        elif line.startswith((b"new ", b"deleted ", b"old ")):
            self._file.update(line)
        elif line.startswith(b"Binary "):
            self._file.update(self._ids)
            self._patch.own.add(key(self._path, b"=", [self._ids]))

    def _line(self, sign: bytes, text: bytes) -> None:
        if sign != self._sign:
            self._end_run()
            self._sign = sign
        self._file.update(sign + text + b"\n")
        if not text:
            return
        self._length += 1
        self._run = [*self._run[1 - WINDOW :], text]
        for size in range(1, min(len(self._run), WINDOW - 1) + 1):
            self._add(self._patch.parts, self._run[-size:])
            if self._length <= SHORT:
                self._add(self._pieces, self._run[-size:])
        if len(self._run) == WINDOW:
            self._add(self._patch.own, self._run)

    def _add(self, keys: set[int], lines: list[bytes]) -> None:
        if sum(map(len, lines)) >= _MIN_CHARACTERS:
            keys.add(key(self._path, self._sign, lines))
            if len(self._patch.own) + len(self._patch.parts) > 4 * MAX_KEYS:
                self._patch.trim(2 * MAX_KEYS)

    def _end_run(self) -> None:
        if 0 < self._length < WINDOW:
            self._add(self._patch.own, self._run)
        if self._length <= SHORT and len(self._patch.brief) < MAX_KEYS:
            self._patch.brief |= self._pieces
        self._run, self._length, self._sign, self._pieces = [], 0, b"", set()

    def _end_file(self) -> None:
        self._end_run()
        if self._path:
            if len(self._patch.names) < MAX_KEYS:
                self._patch.names.add(name_key(self._path))
            self._file.update(b"\0" + self._path)
            self._whole += int.from_bytes(self._file.digest())
        self._file = _hash()
        self._path = b""


# --- comparing


def match(commit: Patch, units: Iterable[tuple[str, Unit]], key_weight: KeyWeight) -> list[Match]:
    """Return the sessions that a commit comes from, the best first, one match each.

    Args:
        commit: The commit.
        units: What sessions recorded, as far as it has any key or the whole in common with the commit.
        key_weight: How much a key says: one over the number of sessions that have it.
    """
    found: dict[str, _Candidate] = {}
    everything = commit.own | commit.parts
    for session, unit in units:
        common = unit.keys & everything
        one = _match(commit, session, unit, common, key_weight)
        if one.score >= MAYBE:
            before = found.get(session)
            shared = common | before.shared if before else common
            kept = before if before and _rank(before.match) >= _rank(one) else _Candidate(one, unit.at, shared)
            found[session] = kept._replace(shared=shared)
    return _unexplained(list(found.values()), commit.own, key_weight)


class _Candidate(NamedTuple):
    """A session as it matches best: when it recorded that, and all keys that it shares with the commit."""

    match: Match
    at: str
    shared: frozenset[int]


def _rank(one: Match) -> tuple[float, float]:
    return (_EVIDENCE[one.how], one.score)


_EVIDENCE = {"recorded": 2.0, "same": 1.0, "content": 0.0}


def _match(commit: Patch, session: str, unit: Unit, common: frozenset[int], key_weight: KeyWeight) -> Match:
    if commit.sha and unit.sha == commit.sha:
        return Match(session, unit.number, 1.0, "recorded")
    if commit.whole and unit.whole == commit.whole:
        return Match(session, unit.number, 1.0, "same")
    comparable = sum(key_weight(number) for number in unit.keys if number <= commit.bound)
    share = sum(key_weight(number) for number in common) / comparable if comparable else 0.0
    inside = len(common & commit.own)
    part = inside / len(commit.own) if inside >= _MIN_KEYS else 0.0
    return Match(session, unit.number, max(share, part if part >= _MIN_PART else 0.0), "content")


def _unexplained(found: list[_Candidate], own: set[int], key_weight: KeyWeight) -> list[Match]:
    """Return the matches without those whose keys a better one explains.

    A session that made the commit may have squashed the work of others, so it explains nothing away; nor does one that
    went on in files which an earlier one had left uncommitted, so that it recorded their lines as well.
    """

    def weight(keys: Iterable[int]) -> float:
        return sum(map(key_weight, keys))

    def order(one: _Candidate) -> tuple[float, float, str]:
        match = one.match
        return (-_EVIDENCE[match.how], -match.score * weight(one.shared), match.session)

    kept: list[_Candidate] = []
    explained: set[int] = set()
    certain = any(one.match.how == "same" for one in found)
    for one in sorted(found, key=order):
        is_explained = certain or weight(one.shared - explained) < _MIN_UNEXPLAINED * weight(one.shared)
        if one.match.how == "content" and is_explained and not _was_first(one, kept, own):
            continue
        kept.append(one)
        if one.match.how != "recorded":
            explained |= one.shared
    return [one.match for one in kept]


def _was_first(one: _Candidate, kept: list[_Candidate], own: set[int]) -> bool:
    """Return whether a later session recorded what this one had recorded before it, and mostly more."""
    later = [other for other in kept if other.match.how != "recorded" and one.at < other.at]
    return one.match.sure and any(len(one.shared & own) <= len(other.shared & own) for other in later)
