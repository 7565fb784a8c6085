"""Installs the clients that the tests in this folder run: `python -m tests.hosts.install_clients`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from .clients import CLIENTS, Client

QUIET = {"DISABLE_AUTOUPDATER": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1", "COPILOT_AUTO_UPDATE": "false"}
GONE = ("E404", "ETARGET")


def install(client: Client, npm: str) -> None:
    """Install the tested version of a client, if it is not there yet; note it when the registry has it no more."""
    client.gone.unlink(missing_ok=True)
    if client.binary.exists():
        return
    client.folder.mkdir(parents=True, exist_ok=True)
    wanted = f"{client.package}@{client.version}"
    done = subprocess.run(
        [npm, "install", "--prefix", client.folder, wanted], capture_output=True, text=True, check=False
    )
    if done.returncode and any(code in done.stderr for code in GONE):
        client.gone.write_text(done.stderr, encoding="utf-8")
    elif done.returncode:
        sys.exit(f"{wanted} could not be installed:\n{done.stderr}")


def version(client: Client) -> str:
    """Return the version the installed client says it is."""
    done = subprocess.run(
        [client.binary, "--version"], env=os.environ | QUIET, capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return found[0] if found else done.stdout


def main() -> None:
    """Install what is missing and check that it is what the tests expect."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to install the clients")
    for client in CLIENTS:
        install(client, npm)
        if client.gone.exists():
            sys.stdout.write(f"{client.name} {client.version}: the registry has it no more\n")
            continue
        found = version(client)
        if found != client.version:
            sys.exit(f"{client.binary} is {found}, but the tests are written for {client.version}")
        sys.stdout.write(f"{client.name} {found}: {client.binary}\n")


if __name__ == "__main__":
    main()
