"""What a diff and a session have in common: keys, what survives a rewrite, and when nothing is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.git import fingerprints
from ocm.git.fingerprints import Patch
from ocm.markdown import fingerprint_lines
from ocm.markdown.fingerprint_lines import Unit

LINES = [f"value_{n} = compute({n})".encode() for n in range(9)]


def diff(*added: bytes, removed: tuple[bytes, ...] = (), name: bytes = b"a.py", at: int = 1) -> list[bytes]:
    """Return the diff of one hunk."""
    body = [*(b"-" + line for line in removed), *(b"+" + line for line in added)]
    head = [
        b"diff --git a/%b b/%b" % (name, name),
        b"index 1..2 100644",
        b"--- a/x",
        b"+++ b/x",
        b"@@ -1,2 +%d,3 @@" % at,
    ]
    return [line + b"\n" for line in [*head, *body]]


def patch(*lines: bytes) -> Patch:
    """Return the fingerprints of one diff."""
    (found,) = fingerprints.patches(lines)
    return found


def unit(found: Patch, number: int = 0, sha: str = "") -> Unit:
    """Return what a checkpoint records of a diff."""
    return Unit(number, "2026-03-01T12:00:00+00:00", sha, found.whole, frozenset(found.own))


def matches(commit: Patch, *sessions: Patch) -> list[tuple[str, str, float]]:
    """Return which of the sessions `0`, `1`, … a commit comes from, where each key is as rare as it is among them."""

    def rarity(key: int) -> float:
        return 1 / max(1, sum(key in each.own for each in sessions))

    found = fingerprints.match(commit, [(str(n), unit(each)) for n, each in enumerate(sessions)], rarity)
    return [(one.session, one.how, round(one.score, 2)) for one in found]


# --- keys


def test_three_lines_make_a_key_and_fewer_make_one_of_their_own() -> None:
    assert len(patch(*diff(*LINES[:5])).own) == 3
    assert (
        len(patch(*diff(*LINES[:3])).own) == len(patch(*diff(*LINES[:2])).own) == len(patch(*diff(LINES[0])).own) == 1
    )
    assert patch(*diff(*LINES[:3])).own == {fingerprints.key(b"a.py", b"+", LINES[:3])}


def test_indentation_and_blank_lines_do_not_matter() -> None:
    plain = patch(*diff(*LINES[:4])).own
    assert patch(*diff(LINES[0], b"", b"    " + LINES[1], b"\t", *LINES[2:4])).own == plain
    assert patch(*diff(*(line + b"\r" for line in LINES[:4]))).own == plain


@pytest.mark.parametrize("other", [
    diff(*LINES[:4], name=b"b.py"), diff(*LINES[1:5]), diff(removed=tuple(LINES[:4])), diff(*LINES[3::-1]),
])  # fmt: skip
def test_path_lines_order_and_direction_matter(other: list[bytes]) -> None:
    assert patch(*other).own.isdisjoint(patch(*diff(*LINES[:3])).own)


def test_lines_that_are_in_every_file_make_no_key() -> None:
    assert patch(*diff(b"}", b"")).own == set()
    assert patch(*diff(b"else:")).own == set()
    assert patch(*diff(b"else: x()")).own != set()


def test_deleted_lines_count_too() -> None:
    assert len(patch(*diff(removed=tuple(LINES[:4]))).own) == 2


def test_a_squash_that_joins_runs_still_has_the_keys_of_each() -> None:
    first, second = patch(*diff(*LINES[:2])), patch(*diff(*LINES[2:4]))
    both = patch(*diff(*LINES[:4]))
    assert first.own <= both.parts | both.own
    assert second.own <= both.parts | both.own


def test_a_binary_file_is_known_by_its_ids() -> None:
    head = [b"diff --git a/x.png b/x.png", b"index 12..34 100644", b"Binary files a/x.png and b/x.png differ"]
    other = [head[0], b"index 12..35 100644", head[2]]
    assert patch(*head).own
    assert patch(*head).own.isdisjoint(patch(*other).own)
    assert patch(*head).whole != patch(*other).whole


def test_the_whole_does_not_depend_on_line_numbers_or_the_order_of_files() -> None:
    here, there = diff(*LINES[:3], at=1), diff(*LINES[:3], at=70)
    assert patch(*here).whole == patch(*there).whole
    other = diff(*LINES[4:6], name=b"b.py")
    assert patch(*here, *other).whole == patch(*other, *there).whole != patch(*here).whole


def test_lines_that_look_like_headings_are_lines() -> None:
    found = patch(*diff(b"++ b/other.py and more", b"@@ -1 +1 @@ not a hunk", b"diff --git a/x b/x"))
    assert found.own == {
        fingerprints.key(b"a.py", b"+", [b"++ b/other.py and more", b"@@ -1 +1 @@ not a hunk", b"diff --git a/x b/x"])
    }


def test_a_stream_is_read_commit_by_commit() -> None:
    stream = [
        b"\x01abc 1700000000 First: one \x01 two\n",
        *diff(*LINES[:3]),
        b"\x01def 12x\n",
        b"\x01aaa 5 \n",
        *diff(LINES[4]),
    ]
    found = list(fingerprints.patches(stream))
    assert [(one.sha, one.at, one.subject) for one in found] == [
        ("abc", 1_700_000_000.0, "First: one \x01 two"), ("def", 0.0, ""), ("aaa", 5.0, ""),
    ]  # fmt: skip
    assert [len(one.own) for one in found] == [1, 0, 1]
    assert list(fingerprints.patches([])) == []


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))))
def test_no_bytes_are_an_error(lines: list[bytes]) -> None:
    for found in fingerprints.patches(lines):
        assert all(0 <= key < 1 << fingerprint_lines.BITS for key in found.own | found.parts)
        fingerprints.line_keys(lines, b"a.py", 1)


def test_of_a_huge_diff_a_fair_sample_is_kept() -> None:
    lines = [b"line number %d of it" % n for n in range(40_000)]
    found = patch(*diff(*lines))
    assert len(found.own | found.parts) == fingerprints.MAX_KEYS
    assert max(found.own | found.parts) == found.bound
    small = patch(*diff(*lines[100:160]))
    assert matches(found, small)[0][:2] == ("0", "content")


# --- the keys of a line


@pytest.mark.parametrize("number", range(11, 16))
def test_a_line_s_keys_are_those_of_the_runs_that_hold_it(number: int) -> None:
    lines = diff(*LINES[:5], at=11)
    place = number - 11
    keys = fingerprints.line_keys(lines, b"a.py", number)
    assert fingerprints.key(b"a.py", b"+", [LINES[place]]) in keys
    assert keys & patch(*lines).own
    runs = [LINES[a : a + size] for size in (1, 2, 3) for a in range(6 - size) if a <= place < a + size]
    assert keys == {fingerprints.key(b"a.py", b"+", run) for run in runs}


def test_a_line_outside_every_hunk_has_none() -> None:
    assert fingerprints.line_keys(diff(*LINES[:5], at=11), b"a.py", 40) == set()
    assert fingerprints.line_keys(diff(*LINES[:5], at=11), b"a.py", 2) == set()
    assert fingerprints.line_keys([b"@@ nonsense", b"+x"], b"a.py", 1) == set()


def test_a_blank_line_is_known_by_its_neighbours() -> None:
    lines = diff(LINES[0], b"", LINES[1], at=1)
    assert fingerprints.line_keys(lines, b"a.py", 2) >= {fingerprints.key(b"a.py", b"+", LINES[:2])}


# --- comparing


def test_the_very_same_change_is_known_as_such() -> None:
    assert matches(patch(*diff(*LINES[:4], at=99)), patch(*diff(*LINES[:4]))) == [("0", "same", 1.0)]


def test_a_commit_that_the_session_made_is_recorded() -> None:
    commit = patch(b"\x01" + b"a" * 40 + b" 5 x", *diff(*LINES[:4]))
    (found,) = fingerprints.match(commit, [("S", Unit(3, "", "a" * 40))], lambda _: 1.0)
    assert (found.session, found.unit, found.how, found.sure) == ("S", 3, "recorded", True)


def test_a_squash_names_all_of_its_sessions() -> None:
    commit = patch(*diff(*LINES[:4]), *diff(*LINES[4:8], name=b"b.py"))
    assert matches(commit, patch(*diff(*LINES[:4])), patch(*diff(*LINES[4:8], name=b"b.py"))) == [
        ("0", "content", 1.0), ("1", "content", 1.0),
    ]  # fmt: skip


def test_a_share_below_the_threshold_is_a_possibility_and_a_small_one_nothing() -> None:
    def shared(count: int) -> list[fingerprints.Match]:
        lines = [b"a line of the session %d" % n for n in range(22)]
        commit = patch(*diff(*lines[: count + 2], *LINES, *LINES[::-1], *(line * 2 for line in LINES)))
        return fingerprints.match(commit, [("S", unit(patch(*diff(*lines))))], lambda _: 1.0)

    assert [one.sure for one in shared(7)] == [True]
    assert [one.sure for one in shared(5)] == [False]
    assert shared(2) == []


def test_a_small_commit_out_of_a_session_s_work_is_its_own() -> None:
    lines = [b"a line of the session %d" % n for n in range(60)]
    assert matches(patch(*diff(*lines[20:26])), patch(*diff(*lines))) == [("0", "content", 1.0)]


def test_two_common_lines_make_no_session() -> None:
    lines = [b"a line of the session %d" % n for n in range(60)]
    assert matches(patch(*diff(*lines[20:22])), patch(*diff(*lines))) == []


def test_what_a_better_session_explains_is_not_said_twice() -> None:
    true = patch(*diff(*LINES))
    twin = patch(*diff(*LINES[:5]))
    commit = patch(*diff(*LINES), *diff(b"something else on top", name=b"c.py"))
    assert matches(commit, twin, true) == [("1", "content", 1.0)]


def test_a_common_key_says_less_than_a_rare_one() -> None:
    def boilerplate(n: int) -> Patch:
        return patch(
            *diff(b"from __future__ import x"), *diff(b"rare line number %d" % n, b"and its like %d" % n, name=b"b.py")
        )

    sessions = [boilerplate(n) for n in range(10)]
    assert [
        name
        for name, _, _ in matches(patch(*diff(b"from __future__ import x"), *diff(b"another", name=b"z")), *sessions)
    ] == []


def test_a_session_that_made_the_commit_does_not_hide_whose_work_it_squashed() -> None:
    commit = patch(b"\x01" + b"a" * 40 + b" 5 x", *diff(*LINES[:6]), *diff(*LINES[6:], name=b"b.py"))
    made = Unit(0, "", "a" * 40, commit.whole, frozenset(commit.own))
    found = fingerprints.match(commit, [("later", made), ("first", unit(patch(*diff(*LINES[:6]))))], lambda _: 1.0)
    assert [(one.session, one.how) for one in found] == [("later", "recorded"), ("first", "content")]
