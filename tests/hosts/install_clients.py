"""Installs the clients that the tests in this folder run: `python -m tests.hosts.install_clients`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from .clients import CLAUDE_BINARY, CLAUDE_FOLDER, CLAUDE_PACKAGE, CLAUDE_VERSION


def install_claude() -> None:
    """Install the tested version of Claude Code, if it is not there yet."""
    npm = shutil.which("npm")
    if CLAUDE_BINARY.exists():
        return
    if npm is None:
        sys.exit("npm is needed to install Claude Code")
    CLAUDE_FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run([npm, "install", "--prefix", CLAUDE_FOLDER, f"{CLAUDE_PACKAGE}@{CLAUDE_VERSION}"], check=True)


def claude_version() -> str:
    """Return the version the installed client says it is."""
    quiet = os.environ | {"DISABLE_AUTOUPDATER": "1"}
    done = subprocess.run([CLAUDE_BINARY, "--version"], env=quiet, capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


def main() -> None:
    """Install what is missing and check that it is what the tests expect."""
    install_claude()
    version = claude_version()
    if version != CLAUDE_VERSION:
        sys.exit(f"{CLAUDE_BINARY} is {version}, but the tests are written for {CLAUDE_VERSION}")
    sys.stdout.write(f"Claude Code {version}: {CLAUDE_BINARY}\n")


if __name__ == "__main__":
    main()
