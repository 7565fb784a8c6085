"""The screens at the widths that people have, beside the ones that are kept in tests/screens.

`python -m tests.unit.ui.test_screens` writes them anew, to be looked at before they are committed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocm.recall import listing, search, show, stats, status, timeline
from ocm.store.paths import Store
from ocm.ui import list_view, session_view, stats_view, why_view
from ocm.ui.cells import cells
from ocm.ui.terminal import Line, Screen
from tests.support import screen_store
from tests.support.screen_store import NOW

FOLDER = Path(__file__).parents[2] / "screens"
WIDTHS = (60, 80, 200)
NAMES = ("list", "search", "show", "stats", "status", "timeline")


def view(name: str, screen: Screen, store: Store) -> Iterator[Line]:
    """Return the lines of a screen."""
    if name == "list":
        return list_view.sessions(screen, listing.list_sessions(store))
    if name == "search":
        found = search.search(store, "latency client", now=NOW.timestamp())
        return list_view.hits(screen, found)
    if name == "show":
        found_one = {**show.show(store, "latest"), **show.freshness_of(store, "latest")}
        return session_view.session(
            screen, found_one, list(why_view.session_file_lines(show.text(store, "latest"), []))
        )
    if name == "stats":
        return stats_view.stats(screen, stats.collect(store, carried="x" * 4_800))
    if name == "timeline":
        return list_view.timeline(screen, timeline.timeline(store, limit=4))
    active = {
        "session_id": "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10",
        "tool": "claude-code",
        "calls": 5,
        "threshold": 5,
        "gate_shut": True,
    }
    stood = {
        **status.status(store),
        "store": "/home/me/inference/.openCodeMemory",
        "project_root": "/home/me/inference",
    }
    sizes = {"sessions": 8192, "cache": 180_000, "journals": 2048, "log": 0, "archive": 0, "copies": 0}
    return list_view.status(screen, {**stood, "sizes": sizes, "active": [{**active, "last_event": NOW.isoformat()}], "missing": []})  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    if hasattr(time, "tzset"):
        time.tzset()
    yield screen_store.build(tmp_path_factory.mktemp("screens") / "inference")
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    if hasattr(time, "tzset"):
        time.tzset()


def drawn(name: str, width: int, store: Store, *, colour: bool = False) -> list[str]:
    screen = Screen(width, 400, colour=colour, now=NOW)
    return [screen.text(line) for line in view(name, screen, store)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_as_it_was(name: str, width: int, store: Store) -> None:
    kept = (FOLDER / f"{name}-{width}.txt").read_text(encoding="utf-8")
    assert "\n".join(drawn(name, width, store)) + "\n" == kept


@pytest.mark.parametrize("width", [1, 10, 20, 33, 50, 60, 80, 99, 100, 200])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_screen(name: str, width: int, store: Store) -> None:
    lines = drawn(name, width, store)
    assert lines
    assert max(map(cells, lines)) <= max(width, 10)


def main() -> None:
    """Write the screens anew."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(TZ="Europe/Berlin", HOME=folder, OCM_HOME=f"{folder}/u", GIT_CONFIG_GLOBAL=f"{folder}/g")
        (Path(folder) / "g").write_text(
            "[user]\n name = Tester\n email = tester@example.org\n[init]\n defaultBranch = main\n"
        )
        time.tzset()
        store = screen_store.build(Path(folder) / "inference")
        FOLDER.mkdir(exist_ok=True)
        for name in NAMES:
            for width in WIDTHS:
                text = "\n".join(drawn(name, width, store)) + "\n"
                (FOLDER / f"{name}-{width}.txt").write_text(text, encoding="utf-8")
                if len(sys.argv) > 1:
                    coloured = "\n".join(drawn(name, width, store, colour=True)) + "\n"
                    (Path(sys.argv[1]) / f"{name}-{width}.ansi").write_text(coloured, encoding="utf-8")


if __name__ == "__main__":
    main()
