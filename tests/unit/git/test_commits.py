"""Commits as git prints and as it stores them."""

import pytest

from ocm.git import commits
from ocm.git.commits import Commit

SHA = "a" * 40
STORED = f"tree {'b' * 40}\nparent {'c' * 40}\nauthor Ä B <a@example.org> 1 +0000\ncommitter C <c@example.org> 1700000000 +0100\n\nA subject\nthat goes on\n\nbody\n"


def stored(text: str) -> bytes:
    data = text.encode()
    return f"{SHA} commit {len(data)}\n".encode() + data + b"\n"


def test_a_commit_is_read_as_it_is_stored() -> None:
    merge = STORED.replace("author", f"parent {'d' * 40}\nauthor", 1)
    missing = b"%b missing\n" % (b"e" * 40)
    assert list(commits.commits_in(missing + stored(STORED) + stored(merge))) == [
        Commit(SHA, 1_700_000_000, "Ä B", "A subject that goes on"),
        Commit(SHA, 1_700_000_000, "Ä B", "A subject that goes on", is_merge=True),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "committer", "committer x", "author \ncommitter + +\n\n\n"])
def test_a_commit_that_says_nothing_is_one_all_the_same(text: str) -> None:
    assert list(commits.commits_in(stored(text))) == [Commit(SHA, 0, "", "")]


def test_commits_are_read_from_lines() -> None:
    lines = f"{SHA}\x00170\x00Ä\x00{SHA} {SHA}\x00a\x00b\nno commit\n{SHA}\x00x\x00\x00\x00\n\xff".encode("latin-1")
    assert commits.commits_in_lines(lines.replace("Ä".encode("latin-1"), "Ä".encode())) == [
        Commit(SHA, 170, "Ä", "a\x00b", is_merge=True),
        Commit(SHA, 0, "", ""),
    ]
