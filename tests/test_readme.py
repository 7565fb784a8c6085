"""Every command that the README shows works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import readme

TEXT = (readme.ROOT / "README.md").read_text(encoding="utf-8")


def console_commands() -> list[str]:
    """Return the commands of the README's console blocks, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for command in (
        ["init", "-q"],
        ["-c", "user.name=n", "-c", "user.email=n@e", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_the_console_commands_work_in_order(repository: Path) -> None:
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    checkpoint = "ocm checkpoint --session-id s1 --goal 'retry policy for the client' --slug retry-policy"
    commands = console_commands()
    assert commands[0] == "ocm init"
    for command in [commands[0], checkpoint, *commands[1:]]:
        if command != "ocm uninstall":
            line = ["sh", "-c", command]
            done = subprocess.run(line, cwd=repository, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"


def test_there_are_two_setup_commands_and_the_second_runs_the_tests() -> None:
    try_command, test_command = readme.shell_commands(TEXT)
    assert try_command.endswith("ocm demo")
    assert ".venv/bin/pytest" in test_command


def test_every_setting_is_in_the_table() -> None:
    from ocm import config

    for name in config.DEFAULTS:
        assert f"| `{name}` |" in TEXT


def test_the_inline_commands_exist() -> None:
    from ocm import cli

    inline = {words.split()[1] for words in re.findall(r"`(ocm [a-z-]+)", TEXT)}
    assert inline <= set(cli.ocm.commands)
