"""The clipboard of a program, where the terminal has none."""

import os
from pathlib import Path

import pytest

from ocm.ui import clipboard


@pytest.mark.skipif(os.name == "nt", reason="a file is run by its end there")
@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"\0", ""),
        (b"#!/bin/sh\nexit 1\n", ""),
        (b'#!/bin/sh\n/bin/cat > "$0.out"\n', "is on the clipboard, put there by xclip"),
    ],
    ids=["is none", "fails", "works"],
)
def test_a_program_that_does_not_do_it_is_no_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: bytes, said: str
) -> None:
    path = tmp_path / "xclip"
    path.write_bytes(program)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard.copy("ein Brief") == said
    assert not said or (tmp_path / "xclip.out").read_text(encoding="utf-8") == "ein Brief"
