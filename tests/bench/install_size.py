"""What an installation brings: how many packages, and megabytes of wheels, beside those of four given packages."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.sides import ROOT
from tests.bench.table import Detail, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.bench.setting import Setting

GIVEN = ("filelock", "gitpython", "markdown-it-py", "mcp")
MOST_PACKAGES, MOST_MEGABYTES = 6, 10.0


def install(setting: Setting) -> list[Row | Detail]:
    """Collect the wheels of both, and compare."""
    wanted = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    everything = setting.folder / "wheels-ours"
    ours = wheels(everything, [*wanted, str(ROOT)])
    local = ["--no-index", "--find-links", str(everything)]
    given = wheels(setting.folder / "wheels-given", [line for line in wanted if package(line) in GIVEN], *local)
    return rows(given, ours)


def requirements(project: str) -> list[str]:
    """Return what a `pyproject.toml` says is needed."""
    found: list[str] = tomllib.loads(project)["project"]["dependencies"]
    return found


def package(requirement: str) -> str:
    """Return the name that a requirement or the file of a wheel begins with, as registries compare names."""
    match = re.match(r"[A-Za-z0-9._]+(?:-[A-Za-z][A-Za-z0-9._]*)*", requirement)
    return re.sub(r"[-_.]+", "-", match[0] if match else requirement).lower()


def wheels(folder: Path, wanted: Iterable[str], *options: str) -> dict[str, int]:
    """Collect the wheels of these and of all that they need; return the bytes of each by its package's name."""
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--wheel-dir", str(folder), *options, *wanted], check=True)
    return {package(path.name.split("-")[0]): path.stat().st_size for path in folder.glob("*.whl")}


def rows(given: dict[str, int], ours: dict[str, int]) -> list[Row | Detail]:
    """Return both figures, and all that is installed; our own wheel is no package more, but its megabytes count."""
    own = "ocm-journal"
    more = sorted(set(ours) - set(given) - {own})
    megabytes = sum(size for name, size in ours.items() if name in more or name == own) / 1e6
    beside = f"{len(given)} packages for {', '.join(GIVEN)}"
    whole = sum(ours.values()) / 1e6
    return [
        Row("packages that an installation adds", len(more), MOST_PACKAGES, 1, ", ".join(more), beside, 1, ""),
        Row("wheels that it adds, our own with them", megabytes, MOST_MEGABYTES, 1, f"{megabytes:.1f} MB",
            f"{sum(given.values()) / 1e6:.1f} MB for those", 1, " MB"),
        Detail("all wheels of an installation", f"{whole:.1f} MB in {len(ours)} packages", "-", 1),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure these rows alone; 1 says that a figure is missed."""
    from tests.bench.__main__ import main as bench

    return bench(["--rows", "install", *(arguments or [])])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
