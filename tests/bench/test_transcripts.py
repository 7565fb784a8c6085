"""The short form of the measurement of transcripts: every question is answered, and bounds that no slip keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import transcripts
from tests.support.said import Talks


def test_two_megabytes_are_read_once_and_asked_about_in_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_ASKED", 5)
    talks = Talks.at(tmp_path, monkeypatch)
    found = transcripts.measured(talks.project.store, talks.folder, 2, 4)
    assert found.size > 2
    assert found.cache < found.size
    assert found.unchanged < found.built
    assert found.grown < found.built
    assert found.question < 1000
