"""What git's output and files say, where real repositories seldom say it."""

import pytest

from ocm.git import parse


def test_records_of_a_conflict_and_of_unknown_paths() -> None:
    ids = b"a" * 40 + b" " + b"0" * 40
    data = b":000000 100644 %s U\0both\0:100644 100644 %s M\0both\0" % (ids, ids)
    counts = b"3\t1\tboth\0" + b"9\t9\tstranger\0"
    assert [(entry.path, entry.kind, entry.added) for entry in parse.parse_diff(data + counts)] == [
        (b"both", "modified", 3)
    ]
    assert parse.parse_diff(data) == []
    assert len(parse.parse_diff(data + b":100644 1006", whole=False)) == 1


@pytest.mark.parametrize(
    ("message", "creates"),
    [
        ("commit: x", True),
        ("commit: fast-forward", True),
        ("commit (initial): x", True),
        ("commit (amend): x", True),
        ("commit (merge): x", True),
        ("merge topic: Merge made by the 'ort' strategy.", True),
        ("merge topic: Fast-forward", False),
        ("cherry-pick: x", True),
        ("cherry-pick: fast-forward", False),
        ("revert: Revert x", True),
        ("am: x", True),
        ("rebase (pick): x", True),
        ("rebase -i (squash): x", True),
        ("rebase (continue): x", True),
        ("rebase (start): checkout main", False),
        ("rebase (finish): returning to refs/heads/x", False),
        ("pull --rebase origin main (pick): x", True),
        ("pull --rebase (start): checkout abc", False),
        ("pull: Merge made by the 'ort' strategy.", False),
        ("pull origin main: Fast-forward", False),
        ("checkout: moving from main to x", False),
        ("clone: from x", False),
        ("reset: moving to HEAD~1", False),
        ("Branch: renamed refs/heads/a to refs/heads/b", False),
        ("", False),
    ],
)
def test_what_a_reflog_calls_a_new_commit(message: str, *, creates: bool) -> None:
    line = f"{'0' * 40} {'a' * 40} A U Thor <a@example.org> 1700000000 +0100\t{message}\nbroken line\n\n"
    assert parse.commits_created(line.encode(), "") == ([(1700000000, "a" * 40)] if creates else [])


@pytest.mark.parametrize(("start", "expected"), [("", "bcbd"), ("b", "cbd"), ("c", "bd"), ("d", ""), ("e", "bcbd")])
def test_what_a_reflog_holds_from_before_the_start_was_not_made_here(start: str, expected: str) -> None:
    lines = [f"{'0' * 40} {sha * 40} A <a@example.org> 1700000000 +0100\tcommit: x\n" for sha in "bcbd"]
    found = parse.commits_created("".join(lines).encode(), start * 40)
    assert [sha for _, sha in found] == [sha * 40 for sha in expected]
