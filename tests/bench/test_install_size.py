"""Counting what an installation adds."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.bench import install_size
from tests.bench.sides import ROOT
from tests.bench.table import Row

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = {"mcp": 1_000_000, "click": 500_000}
OURS = {**GIVEN, "ocm-journal": 300_000, "rich": 200_000}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("filelock>=4.2,<5", "filelock"),
        ("markdown-it-py>=4", "markdown-it-py"),
        ("PyYAML>=6.0.2,<7", "pyyaml"),
        ("markdown_it_py", "markdown-it-py"),
        ("jsonschema_specifications", "jsonschema-specifications"),
        ("mcp[cli]<3", "mcp"),
        ("ruamel.yaml", "ruamel-yaml"),
    ],
)
def test_a_package_has_one_name(text: str, name: str) -> None:
    assert install_size.package(text) == name


def test_the_four_given_packages_are_among_what_is_needed() -> None:
    needed = install_size.requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(install_size.GIVEN) <= {install_size.package(line) for line in needed}


def test_our_own_wheel_counts_by_its_size_alone() -> None:
    packages, megabytes, whole = install_size.rows(GIVEN, OURS)
    assert isinstance(packages, Row)
    assert isinstance(megabytes, Row)
    assert (packages.value, packages.here, packages.verdict) == (1, "rich", "holds")
    assert (megabytes.value, megabytes.verdict) == (0.5, "holds")
    assert whole.here == "2.0 MB in 4 packages"


@pytest.mark.parametrize(
    ("more", "verdicts"),
    [
        ({f"package-{n}": 1 for n in range(5)}, ["holds", "holds"]),
        ({f"package-{n}": 1 for n in range(6)}, ["MISSED", "holds"]),
        ({"large": 9_600_000}, ["holds", "MISSED"]),
    ],
)
def test_too_much_is_missed(more: dict[str, int], verdicts: list[str]) -> None:
    found = install_size.rows(GIVEN, {**OURS, **more})
    assert [row.verdict for row in found if isinstance(row, Row)] == verdicts


def test_wheels_are_weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)
    (tmp_path / "markdown_it_py-4.3.0-py3-none-any.whl").write_bytes(b"x" * 7)
    assert install_size.wheels(tmp_path, []) == {"markdown-it-py": 7}
