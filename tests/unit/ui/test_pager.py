"""Which pager shows what does not fit."""

from __future__ import annotations

import pytest

from ocm.ui import pager


@pytest.mark.parametrize(("named", "command"), [
    (None, ["less", "-FRX"]), ("more -s", ["more", "-s"]), ("cat", []), ("", []), ("'x", []),
])  # fmt: skip
def test_the_pager_is_the_one_that_is_named(
    named: str | None, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAGER", raising=False)
    if named is not None:
        monkeypatch.setenv("PAGER", named)
    assert pager._command() == command
