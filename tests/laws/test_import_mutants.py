"""What an import must never do is noticed when it does: a fault planted in it breaks the law that the real one keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ocm.redaction import redact
from ocm.sessions import forget
from ocm.sources import importer
from ocm.sources.importer import Wish
from ocm.store import forgotten
from tests.support.session_store import everything
from tests.support.transcripts import OTHER, SESSION, small_change

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.builders import Project

SECRET = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


def tombstones_ignored(patch: pytest.MonkeyPatch) -> None:
    """Import what was forgotten."""
    patch.setattr(forgotten, "read", lambda _: set())


def dedupe_off(patch: pytest.MonkeyPatch) -> None:
    """Know no session that is there."""
    patch.setattr(importer, "known_sessions", lambda _: {})


def redaction_skipped(patch: pytest.MonkeyPatch) -> None:
    """Leave every text as it is."""
    patch.setattr(redact, "redact", lambda text, *_: (text, 0))


def check(project: Project, folder: Path) -> None:
    """Import two conversations, go on with one and forget the other, import again: one file, no secret."""
    for name in (SESSION, OTHER):
        small_change(str(project.root), name).prompt(f"The token is {SECRET}").says("Noted.").put(folder)
    wish = Wish((str(folder),))
    importer.run(project.store, wish)
    small_change(str(project.root)).prompt(f"The token is {SECRET}").says(f"Noted {SECRET}.").put(folder)
    forget.forget(project.store, OTHER)
    importer.run(project.store, wish)
    assert [SESSION in file.read_text(encoding="utf-8") for file in project.files()] == [True]
    assert not [name for name, data in everything(project.store.path).items() if SECRET.encode() in data]


def test_what_was_forgotten_is_repeated_or_is_secret_comes_in_by_no_import(project: Project, tmp_path: Path) -> None:
    check(project, tmp_path / "t")


@pytest.mark.parametrize("mutant", [tombstones_ignored, dedupe_off, redaction_skipped], ids=lambda one: one.__name__)
def test_a_fault_planted_in_the_import_is_found(
    mutant: Any, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        check(project, tmp_path / "t")
