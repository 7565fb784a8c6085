"""Run the suite against both systems: `python -m tests.defects` says how many behave right on each side."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from .environment import install_reference

HERE = Path(__file__).parent
DEFECTS = frozenset({*range(1, 14), *range(16, 28), *range(37, 44), *range(45, 58), 61, 62})
DEFECT = re.compile(r"^test_d(\d\d)_")


def run(system: str, report: Path) -> dict[str, bool]:
    """Run all tests against one system, and tell for each whether it passed."""
    parallel = ["-n", "2"] if importlib.util.find_spec("xdist") else []
    quiet = ["-q", "--tb=short", "-p", "no:cacheprovider", "-o", "addopts="]
    command = [sys.executable, "-m", "pytest", str(HERE), "--system", system, "--junitxml", str(report)]
    done = subprocess.run([*command, *quiet, *parallel], capture_output=True, text=True, check=False)
    if not report.exists():
        sys.exit(f"{done.stdout}{done.stderr}\nThe tests of {system} did not run.")
    if system == "ours" and done.returncode != 0:
        sys.stderr.write(done.stdout)
    return outcomes(report)


def outcomes(report: Path) -> dict[str, bool]:
    """Read which tests passed from the report; one that was skipped says nothing about either system."""
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 -- written by our own pytest just now
        results = {child.tag for child in case}
        if "skipped" not in results:
            found[f"{case.get('classname')}::{case.get('name')}"] = not results & {"failure", "error"}
    return found


def complaints(ours: dict[str, bool], reference: dict[str, bool]) -> list[str]:
    """Say what is not as it must be: ours right, the reference wrong, every defect looked at."""
    covered = {int(match[1]) for name in ours if (match := DEFECT.match(name.partition("::")[2]))}
    return [
        *(f"ours is wrong: {name}" for name, passed in ours.items() if not passed),
        *(f"the reference is right: {name}" for name, passed in reference.items() if passed),
        *(f"no test for D{number:02}" for number in sorted(DEFECTS - covered)),
    ]


def main() -> int:
    """Compare the two systems."""
    install_reference()
    with tempfile.TemporaryDirectory() as folder:
        ours, reference = (run(system, Path(folder) / f"{system}.xml") for system in ("ours", "reference"))
    for system, found in (("ours", ours), ("reference", reference)):
        sys.stdout.write(f"{system}: {sum(found.values())} of {len(found)} behave right\n")
    problems = complaints(ours, reference)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
