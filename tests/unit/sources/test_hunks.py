"""The lines of diffs, from whatever tells of an edit."""

from __future__ import annotations

from ocm.git import fingerprints
from ocm.sources import hunks

HEAD = [b"diff --git a/a.py b/a.py"]


def keys(lines: list[bytes]) -> set[int]:
    (patch,) = fingerprints.patches([*HEAD, *lines])
    return patch.own


def test_every_form_of_one_edit_has_the_keys_that_git_gives_it() -> None:
    old, new = "first line\nsecond line\nthird line", "first line\nanother line\nthird line\nadded one\nadded two"
    git = keys([b"@@ -2 +2 @@", b"-second line", b"+another line", b"@@ -3,0 +4,2 @@", b"+added one", b"+added two"])
    unified = (
        "--- a.py\n+++ a.py\n@@ -1,3 +1,5 @@\n first line\n-second line\n+another line\n third line\n"
        "+added one\n+added two\n\\ No newline at end of file\n"
    )
    assert keys(list(hunks.between(old, new))) == git
    assert keys(list(hunks.of_unified(unified))) == git
    assert keys(list(hunks.of_hunks([unified.split("\n")[3:]]))) == git


def test_a_new_file_has_the_keys_of_its_lines() -> None:
    content = "one line\ntwo lines\nthree lines\nfour lines"
    git = keys(list(fingerprints.of_content(b"a.py", content.encode()))[2:])
    assert keys(list(hunks.added(content))) == git


def test_text_without_hunks_has_no_lines() -> None:
    assert list(hunks.of_unified("no diff at all")) == []


def test_two_huge_texts_are_not_compared() -> None:
    lines = list(hunks.between("a\n" * 15_000, "b\n" * 15_000))
    assert lines[:2] == [hunks.HUNK, b"-a"]
    assert len(lines) == 30_003
