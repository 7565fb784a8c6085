import pytest

from ocm.markdown import item_labels, task_words
from ocm.markdown.item_labels import Shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Add the function `tune()` to `src/b.py`", Shown(adds=True, path="src/b.py", symbol="tune")),
        ("Remove `Old::thing` from src/b.rs", Shown(adds=False, path="src/b.rs", symbol="Old::thing")),
        ("Write docs/limits.md", Shown(adds=True, path="docs/limits.md", symbol="")),
        ("Delete `setup.cfg`", Shown(adds=False, path="setup.cfg", symbol="")),
        ("Fix `tune` in `b.py`", None),
        ("Add `one` and `two` to `b.py`", None),
        ("Add a.py and b.py", None),
        ("Add a timeout", None),
        ("", None),
    ],
)
def test_what_in_the_code_would_show_it_is_read_from_an_item(text: str, shown: Shown | None) -> None:
    assert item_labels.shown_by(text) == shown


def test_a_struck_item_is_one_within_the_marks() -> None:
    assert item_labels.is_struck(" ~~Use Redis~~ ")
    assert not item_labels.is_struck("~~Use~~ Redis")


def test_what_an_item_ends_is_named_in_its_words() -> None:
    text = "**B:** new. Supersedes: **A one**; solves “Flaky”. Fixed: `Slow`"
    assert item_labels.superseded(text) == ["a one"]
    assert item_labels.solved(text) == ["flaky", "slow"]


def test_a_finished_repair_solves_the_problem_of_that_label() -> None:
    wanted = task_words.key(task_words.SOLVES, ("flaky", "test"))
    assert wanted in item_labels.ended_by_deed("Fixed the flaky test")
    for other in ("Fixed it", "Wrote the flaky test", ""):
        assert wanted not in item_labels.ended_by_deed(other)
    assert item_labels.ended_by_deed("") == set()
