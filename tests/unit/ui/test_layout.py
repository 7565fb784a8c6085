"""Laid out where somebody looks, plain elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from ocm.ui import layout


def test_what_came_of_it_is_a_section() -> None:
    assert layout._section([]) == []
    assert layout._section(["What came of it:", "  abc · subject"]) == [
        "",
        "## What came of it",
        "",
        "- abc · subject",
    ]


def test_a_stream_that_is_closed_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    for one in (stream, None):
        monkeypatch.setattr(sys, "stdout", one)
        assert layout.is_watched() is False
