"""A look into a file, by which readers recognise their own."""

from __future__ import annotations

from pathlib import Path

from ocm.sources.sample import Sample


def test_a_file_that_goes_while_it_is_looked_at_holds_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    seen, going = Sample(str(path)), Sample(str(path))
    assert seen.records == [{"a": 1}]
    assert going.head == b'{"a": 1}\n'
    path.unlink()
    assert going.records == []
    assert (Sample(str(path)).head, Sample(str(path)).records) == (b"", [])
