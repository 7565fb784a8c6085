"""What another memory holds, told as a conversation."""

from __future__ import annotations

from pathlib import Path

from ocm.sources import extract, notes
from ocm.sources.head import Head, Note
from ocm.sources.ownership import Project
from tests.support.builders import Project as Built
from tests.support.builders import repository
from tests.support.transcripts import story


def test_a_head_of_notes_has_another_mark_once_any_note_differs() -> None:
    one = notes.head("engram", "s", "/f", "shop", [Note("work", "a", 20.0), Note("work", "b", 10.0), Note("tag", "t")])
    other = notes.head(
        "engram", "s", "/f", "shop", [Note("work", "a", 20.0), Note("work", "c", 10.0), Note("tag", "t")]
    )
    assert (one.start, one.mark != other.mark, " " in one.mark) == (10.0, True, False)
    assert notes.head("engram", "s", "/f", "shop", []).start == 0.0


def test_notes_become_items_of_their_sections_with_their_dates_tags_and_links() -> None:
    held = [
        Note("title", "Prices"),
        Note("decisions", "Decimal: floats lose cents", 1_795_168_800.0, "n.1"),
        Note("decisions", "Round each line", 1_795_168_800.0, "n.2", is_over=True),
        Note("problems", "A cent is lost", 0.0, "n.3"),
        Note("work", "Read the cart", 1_795_168_800.0, "n.4"),
        Note("work", "Read the cart", 1_795_168_800.0, "n.5"),
        Note("work", "Some day", 0.0, "n.6"),
        Note("work", " \n", 0.0, "n.7"),
        Note("tag", "money matters"),
        Note("link", "https://example.org/prices"),
        Note("edited", "/project/cart.py", 1_795_168_900.0),
    ]
    head = notes.head("engram", "s", "/f", "shop", held)
    heard = story()
    notes.read(head, heard)
    made = extract.draft(head, heard, "1", {})
    session = made.session
    assert session.title == "Prices"
    assert session.decisions == ["Decimal: floats lose cents", "~~Round each line~~"]
    assert session.problems == ["A cent is lost"]
    assert [(entry.heading, entry.items) for entry in session.work] == [
        ("2026-11-20", ["Read the cart"]),
        ("undated", ["Some day"]),
    ]
    assert (session.tags, [link.url for link in session.references]) == (
        ["money-matters"],
        ["https://example.org/prices"],
    )
    assert made.places["decisions", "Decimal: floats lose cents"] == "n.1"
    assert any(line.startswith("dated 2026-11-20T") for line in session.facts)


def test_a_title_and_what_is_said_below_it_are_one_item() -> None:
    assert notes.joined("Decimal.", "Floats lose cents") == "Decimal: Floats lose cents"
    assert [notes.joined("Same", "Same"), notes.joined("", "Said"), notes.joined("Title", " ")] == [
        "Same",
        "Said",
        "Title",
    ]


def test_the_name_of_this_project_is_enough_for_notes_and_that_of_another_is_anothers(tmp_path: Path) -> None:
    built = Built(repository(tmp_path / "shop"))
    project = Project.of(built.store)
    word = str(built.root).replace("/", "-").replace("_", "-").replace(".", "-")
    for name in ("shop", "shop/feature", word):
        assert project.root_of(Head("engram", "s", "/f", name)) == name
    held = (Note("work", "a"),)
    assert [project.is_anothers(Head("engram", "s", "/f", name, notes=held)) for name in ("other", "/gone", "")] == [
        True,
        False,
        False,
    ]
