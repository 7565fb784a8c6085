"""Which tests are the core: of pure rooms and modules, without a folder or a process, so that all run in seconds."""

from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "unit"
# Rooms that are pure, and pure modules of other rooms.
ROOMS = ("base", "edit", "markdown", "redaction")
MODULES = (
    "git/test_fingerprints.py", "hook/test_messages.py", "index/test_ranking.py", "provenance/test_ledger.py",
    "sessions/test_auto_summary.py", "sessions/test_merge.py", "store/test_events.py", "store/test_gate.py",
    "ui/test_terminal.py",
)  # fmt: skip
# What a test takes that needs a disk or a process.
NOT_PURE = {"tmp_path", "project", "store", "repo", "world"}
TIMED = ("test_time_grows_with_the_length",)  # they run as long as a clock needs


def is_pure(path: Path) -> bool:
    """Return whether a test file is about pure modules."""
    inside = path.relative_to(UNIT).as_posix() if path.is_relative_to(UNIT) else ""
    return inside in MODULES or inside.split("/", 1)[0] in ROOMS


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave other files uncollected where only the core is wanted: reading them takes longer than the core."""
    return (
        True
        if config.option.markexpr == "core" and collection_path.suffix == ".py" and not is_pure(collection_path)
        else None
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the core."""
    for item in items:
        takes = set(getattr(item, "fixturenames", ()))
        if is_pure(item.path) and not NOT_PURE & takes and not item.name.startswith(TIMED):
            item.add_marker(pytest.mark.core)
