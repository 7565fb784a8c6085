"""The doctor's look at the cache of what was said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.doctor import said_checks
from tests.support.said import Talks


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talks:
    talks = Talks.at(tmp_path, monkeypatch)
    talks.claude().prompt("the mailer").put(talks.folder)
    return talks


def test_where_nobody_asked_there_is_nothing_to_say(talks: Talks) -> None:
    assert talks.folder.exists()
    assert (said_checks.cache(), said_checks.check()) == (None, [])


def test_an_intact_cache_has_a_place_and_a_size(talks: Talks) -> None:
    talks.ask("mailer")
    assert said_checks.cache() == {"path": str(talks.cache), "bytes": talks.cache.stat().st_size}
    assert said_checks.check() == []


def test_a_damaged_cache_is_named_with_what_to_do(talks: Talks) -> None:
    talks.ask("mailer")
    talks.cache.write_bytes(b"no database, though it is as long as one may be expected to be at the least of all")
    (found,) = said_checks.check()
    assert (found.check, found.path) == ("transcripts", str(talks.cache))
    assert "cannot be used: file is not a database." in found.message
    assert found.fix is None


def test_a_cache_that_others_can_read_is_closed(talks: Talks) -> None:
    talks.ask("mailer")
    talks.cache.chmod(0o644)
    (found,) = said_checks.check()
    assert found.check == "transcripts-private"
    assert found.fix
    found.fix()
    assert os.stat(talks.cache).st_mode & 0o777 == 0o600
    assert said_checks.check() == []
