"""The server over stdio ends when it is told to, and when nobody can talk to it any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ocm.mcp import ending
from tests.support.builders import Project, script

if TYPE_CHECKING:
    from pathlib import Path

INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip
pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="no /proc")

# A host that starts a server, and a sibling of it that holds both pipes; then it waits to be killed.
HOST = """
import subprocess, sys, time
serve = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
held = (serve.stdin.fileno(), serve.stdout.fileno())
sibling = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=held)
serve.stdin.write(sys.argv[1].encode() + b"\\n")
serve.stdin.flush()
serve.stdout.readline()
print(serve.pid, sibling.pid, flush=True)
time.sleep(60)
"""


def ended(pid: int, within: float) -> bool:
    """Return whether a process ends in time; one that nobody has asked about yet has ended too."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_when_it_is_told_to(project: Project, number: signal.Signals) -> None:
    words = [script("ocm"), "serve"]
    with subprocess.Popen(words, cwd=project.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as serve:
        assert serve.stdin
        assert serve.stdout
        serve.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        serve.stdin.flush()
        assert b"serverInfo" in serve.stdout.readline()
        serve.send_signal(number)
        assert serve.wait(20) == 128 + number


def test_it_ends_when_its_parent_was_killed_though_a_sibling_holds_the_pipes(project: Project) -> None:
    words = [sys.executable, "-c", HOST, json.dumps(INITIALIZE), script("ocm"), "serve"]
    with subprocess.Popen(words, cwd=project.root, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout
        serve, sibling = map(int, host.stdout.readline().split())
        try:
            host.kill()
            host.wait(20)
            assert ended(serve, 20)
        finally:
            os.kill(sibling, signal.SIGKILL)


def test_it_stays_when_a_wrapper_between_it_and_its_host_has_gone(project: Project) -> None:
    line = '"$0" serve <&0 & echo $! >&2; exec 0<&-; wait'
    with subprocess.Popen(
        ["bash", "-c", line, script("ocm")],
        cwd=project.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as wrapper:
        assert wrapper.stdin
        assert wrapper.stdout
        assert wrapper.stderr
        serve = int(wrapper.stderr.readline())
        wrapper.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        wrapper.stdin.flush()
        assert b"serverInfo" in wrapper.stdout.readline()
        wrapper.kill()
        assert not ended(serve, 3)
        wrapper.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "ping"}).encode() + b"\n")
        wrapper.stdin.flush()
        assert json.loads(wrapper.stdout.readline())["id"] == 2
        wrapper.stdin.close()
        assert ended(serve, 20)


def test_a_host_is_there_while_its_parent_is_or_one_before_it_holds_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    host = ending.Host(reader, writer)
    assert not host.is_gone()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    host._ancestors = [os.getpid()]
    assert not host.is_gone()
    host._ancestors = []
    assert host.is_gone()
    host._ancestors = [os.getpid()]
    os.close(reader)
    assert host.is_gone()
    os.close(writer)


def test_without_proc_one_that_is_alive_may_hold_the_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ending, "_PROC", str(tmp_path / "none"))
    assert ending.ancestors(os.getpid()) == [os.getpid()]
    assert ending._holds(os.getpid(), "pipe:[1]")
    assert not ending._holds(2**22 - 1, "pipe:[1]")
    assert ending._pipe_of(str(tmp_path / "x")) == ""

    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert ending._holds(1, "")


def test_the_ancestors_are_those_of_the_process() -> None:
    found = ending.ancestors(os.getpid())
    assert found[:2] == [os.getpid(), os.getppid()] or os.getppid() <= 1
    assert ending.ancestors(1) == []
    assert not ending._holds(2**22 - 1, "pipe:[1]")


def test_the_watch_ends_the_process_once_its_host_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True])
    left: list[int] = []
    host = ending.Host(0, 1)
    monkeypatch.setattr(ending.Host, "is_gone", lambda _: next(answers))
    monkeypatch.setattr(ending, "_EVERY", 0.0)
    monkeypatch.setattr(os, "_exit", left.append)
    ending._watch(host)
    assert left == [0]


def test_the_handler_leaves_with_the_signals_number(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ending.at_once()
        assert signal.getsignal(signal.SIGINT) is ending._end
        ending._end(signal.SIGINT, None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left == [130]
