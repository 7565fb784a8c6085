"""Where the commands of the two systems are; the reference's are installed once, outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REFERENCE = "ocm-session-memory==0.2.0"
INSTALLATIONS = {"bounded": [REFERENCE, "mcp[cli]<2"], "plain": [REFERENCE]}


def cache() -> Path:
    """Name the directory that keeps the reference's installations."""
    chosen = os.environ.get("OCM_TEST_CACHE")
    base = Path(chosen) if chosen else Path.home() / ".cache" / "ocm-tests"
    return base / "reference-0.2.0"


def our_commands() -> Path:
    """Name the directory of the commands that belong to the running interpreter."""
    return Path(sys.executable).parent


def reference_commands(installation: str) -> Path:
    """Name the directory of the reference's commands."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return cache() / installation / folder


def install_reference() -> None:
    """Make the reference's installations, unless they are there."""
    for name, requirements in INSTALLATIONS.items():
        finished = cache() / f"{name}.installed"
        if finished.exists():
            continue
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(cache() / name)], check=True)
        python = str(reference_commands(name) / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
        finished.touch()
