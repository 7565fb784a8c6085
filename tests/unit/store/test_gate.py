"""The gate's decision, and which shell command is a checkpoint and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocm.store import config, gate
from ocm.store.gate import Tally

SETTINGS = dict(config.DEFAULTS)


def tally(calls: int, denials: int = 0, due: int | None = None) -> Tally:
    return Tally(calls, calls if due is None else due, denials, changed=True)


@pytest.mark.parametrize(("counts", "changes", "expected"), [
    (tally(0), True, gate.ALLOW),
    (tally(4), True, gate.ALLOW),
    (tally(5), True, gate.DENY),
    (tally(5), False, gate.ALLOW),
    (tally(50, denials=2), True, gate.DENY),
    (tally(50, denials=3), True, gate.RELEASE),
    (tally(50, denials=3), False, gate.ALLOW),
    (tally(50, due=4), True, gate.ALLOW),
])  # fmt: skip
def test_a_call_is_held_back_when_a_checkpoint_is_due(counts: Tally, changes: bool, expected: str) -> None:
    assert gate.decide(counts, SETTINGS, changes=changes) == expected


@pytest.mark.parametrize(("mode", "expected", "reminds"), [
    ("block", gate.DENY, True), ("remind", gate.ALLOW, True), ("off", gate.ALLOW, False),
])  # fmt: skip
def test_the_mode_decides_what_a_due_checkpoint_means(mode: str, expected: str, reminds: bool) -> None:
    settings = {**SETTINGS, "gate.mode": mode}
    assert gate.decide(tally(5), settings, changes=True) == expected
    assert gate.reminds(tally(5), settings) is reminds
    assert not gate.reminds(tally(4), settings)


def test_the_gate_stays_open_until_something_was_changed() -> None:
    unchanged = Tally(9, 9)
    assert gate.decide(unchanged, SETTINGS, changes=True) == gate.ALLOW
    assert gate.decide(unchanged, {**SETTINGS, "gate.deny": "all"}, changes=True) == gate.ALLOW
    assert gate.decide(unchanged, {**SETTINGS, "gate.shut": "count"}, changes=True) == gate.DENY
    assert gate.reminds(unchanged, SETTINGS)


def test_a_reminder_is_given_once() -> None:
    counts = tally(5)
    counts.reminded = True
    assert not gate.reminds(counts, SETTINGS)


def test_gate_deny_all_holds_reads_back_too() -> None:
    assert gate.decide(tally(5), {**SETTINGS, "gate.deny": "all"}, changes=False) == gate.DENY


@pytest.mark.parametrize("command", [
    "ocm checkpoint",
    "ocm checkpoint --session-id S --summary 'a; b | c > d && $(e) `f`'",
    'ocm checkpoint --goal "it is (a; b) & c < d"',
    "ocm checkpoint --goal 'it'\\''s'",
    "ocm checkpoint --goal 'C:\\\\temp and \\n'",
    "ocm checkpoint --goal a\\;b",
    "\tocm checkpoint\t--goal x ",
])  # fmt: skip
def test_a_simple_checkpoint_command_is_one(command: str) -> None:
    assert gate.is_checkpoint_command(command)


@pytest.mark.parametrize("command", [
    "",
    "ocm",
    "ocm list",
    "ocm checkpointx",
    "xocm checkpoint",
    "./ocm checkpoint",
    "FOO=1 ocm checkpoint",
    "sudo ocm checkpoint",
    "'ocm' checkpoint",
    "ocm 'checkpoint'",
    "# ocm checkpoint",
    "ocm # checkpoint",
    "ocm checkpoint; rm -rf x",
    "ocm checkpoint && rm -rf x",
    "ocm checkpoint & rm -rf x",
    "ocm checkpoint | tee x",
    "ocm checkpoint > x",
    "ocm checkpoint < x",
    "ocm checkpoint\nrm -rf x",
    "ocm checkpoint\r\nrm -rf x",
    "ocm checkpoint $(rm -rf x)",
    "ocm checkpoint `rm -rf x`",
    'ocm checkpoint --goal "$(rm -rf x)"',
    'ocm checkpoint --goal "`rm -rf x`"',
    "ocm checkpoint <(rm -rf x)",
    "ocm checkpoint --goal 'open",
    'ocm checkpoint --goal "open',
    "ocm checkpoint --goal open\\",
    "ocm checkpoint --goal 'a' ; rm 'b'",
    "ocm checkpoint --goal 'a\\' ; rm -rf x #'",
    "ocm checkpoint --goal 'a\\'b' ; touch x #'",  # to fish the second quote is one of the text
    "ocm checkpoint --goal '\\'' ; touch x #'",
    'ocm checkpoint --goal "a\\"; rm -rf x; "b"',
    "ocm checkpoint --goal $HOME",
    "ocm checkpoint --goal $'a\\'; rm -rf x",
    "ocm checkpoint\x00; rm -rf x",
])  # fmt: skip
def test_anything_more_is_not(command: str) -> None:
    assert not gate.is_checkpoint_command(command)


@pytest.mark.parametrize("command", [
    "ocm checkpoint --goal a\\; rm -r x", 'ocm checkpoint --goal "a\\"; rm x; \\"b"', "ocm checkpoint --goal 'a\u2019; rm x; \u2018b'",
    'ocm checkpoint --goal "a\u201d; rm x; \u201cb"',
])  # fmt: skip
def test_powershell_reads_backslashes_and_typographic_quotes_in_its_own_way(command: str) -> None:
    assert gate.is_checkpoint_command(command)
    assert not gate.is_checkpoint_command(command, posix=False)


_PIECES = st.sampled_from((
    "'", '"', "\\", "$", "`", ";", "&", "|", "<", ">", "(", ")", "\n", "\r", "#", " ", "a", "{", "}", "!", "*", "~", "=", "\t",
    "\x0b", "\u00a0", "$(id)", "\\'", '\\"', "\\\n", "ocm checkpoint", "--goal", "touch x",
))  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="the oracle is a POSIX shell")
@given(rest=st.lists(_PIECES, max_size=12).map("".join))
@example(rest=" \\\ntouch x")
@example(rest="\u00a0touch x")
def test_whatever_passes_runs_ocm_once_and_nothing_else(shell: Shell, rest: str) -> None:
    command = "ocm checkpoint" + rest
    if gate.is_checkpoint_command(command):
        assert shell.run(command) == ["checkpoint"], command


class Shell:
    """A shell in an empty folder that can start nothing but an `ocm` which notes that it was called."""

    def __init__(self, folder: Path) -> None:
        self.commands, self.folder, self.calls = folder / "bin", folder / "empty", folder / "calls"
        self.commands.mkdir()
        self.folder.mkdir()
        stub = self.commands / "ocm"
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {self.calls}\n', encoding="utf-8")
        stub.chmod(0o755)

    def run(self, command: str) -> list[str]:
        """Return the first argument of each call of `ocm`, and what else was done."""
        self.calls.write_bytes(b"")
        environment = {"PATH": str(self.commands)}
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.folder, env=environment, capture_output=True, check=False
        )
        others = [path.name for path in self.folder.iterdir()]
        return [*self.calls.read_text().split("\n")[:-1], *others, *done.stderr.decode().splitlines()]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("shell"))
