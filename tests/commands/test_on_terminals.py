"""The real `ocm` on real terminals, in pipes, and where something is missing or breaks off."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocm.sessions import session_files
from ocm.store.paths import STORE, Store
from ocm.ui.cells import cells
from tests.support import screen_store
from tests.support.builders import Project, run_ocm, script
from tests.support.session_store import put, session
from tests.support.terminal import on_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")

VIEWS: tuple[list[str], ...] = (
    ["list"], ["search", "latency"], ["show", "latest"], ["timeline"], ["status"], ["stats"], ["resume"], [], ["decisions"], ["problems"],
    ["commits", "latest"], ["config", "list"], ["--help"],
)  # fmt: skip
LAID_OUT: tuple[list[str], ...] = (
    ["list"],
    ["search", "latency"],
    ["show", "latest"],
    ["timeline"],
    ["status"],
    ["stats"],
    [],
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("terminal") / "inference"
    screen_store.build(root)
    assert run_ocm(root, "rebuild-index").returncode == 0
    return root


def ids(words: list[str]) -> str:
    return "-".join(words) or "alone"


# --- terminals


@pytest.mark.parametrize("columns", [20, 80, 200])
@pytest.mark.parametrize("words", LAID_OUT, ids=ids)
def test_every_line_fits_the_terminal(filled: Path, words: list[str], columns: int) -> None:
    seen = on_terminal(filled, *words, columns=columns)
    assert seen.code == 0
    assert seen.text.strip()
    assert max(map(cells, seen.lines)) <= columns


@pytest.mark.parametrize("words", VIEWS, ids=ids)
def test_a_terminal_of_one_column_ends_well(filled: Path, words: list[str]) -> None:
    seen = on_terminal(filled, *words, columns=1, rows=1, environment={"PAGER": "cat"})
    assert seen.code == 0
    assert "Traceback" not in seen.text


@pytest.mark.parametrize("words", LAID_OUT, ids=ids)
def test_colours_are_left_out_where_they_are_not_wanted(filled: Path, words: list[str]) -> None:
    assert "\x1b[" in on_terminal(filled, *words).raw or words == []
    for wish in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        seen = on_terminal(filled, *words, environment=wish)
        assert "\x1b" not in seen.raw
        assert seen.code == 0


@pytest.mark.parametrize("words", LAID_OUT, ids=ids)
def test_only_colours_that_every_background_leaves_to_see(filled: Path, words: list[str]) -> None:
    codes = {
        code for found in re.findall(r"\x1b\[([0-9;]*)m", on_terminal(filled, *words).raw) for code in found.split(";")
    }
    assert codes <= {"0", "1", "2", "4", "31", "32", "35"}


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
@pytest.mark.parametrize("words", VIEWS, ids=ids)
def test_without_utf_8_what_is_for_looks_is_ascii(filled: Path, words: list[str], environment: dict[str, str]) -> None:
    seen = on_terminal(filled, *words, environment=environment)
    assert seen.code == 0
    assert seen.raw.isascii()
    assert r"\xb7" not in seen.raw
    done = subprocess.run(
        [script("ocm"), *words], cwd=filled, capture_output=True, check=False, env={**os.environ, **environment}
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


def test_matches_are_lit(filled: Path) -> None:
    assert "\x1b[1;35mspikes\x1b[0m" in on_terminal(filled, "search", "spikes").raw


# --- pipes


@pytest.mark.parametrize("words", VIEWS, ids=ids)
def test_a_pipe_gets_plain_whole_lines(filled: Path, words: list[str]) -> None:
    done = run_ocm(filled, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\t" not in done.stdout
    if words == ["list"]:
        assert "with a timeout that grows and a limit on how often it is tried in all" in done.stdout
        assert "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10" in done.stdout


@pytest.mark.parametrize("words", VIEWS, ids=ids)
def test_a_pipe_that_closes_early_is_no_error(filled: Path, words: list[str]) -> None:
    line = f'"$0" {" ".join(words)} | head -c 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line, script("ocm")], cwd=filled, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode in {0, 1}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["config", "list"], ["export", "latest"]], ids=ids)
def test_a_pipe_that_nobody_reads_is_no_error(filled: Path, words: list[str]) -> None:
    with subprocess.Popen(
        [script("ocm"), *words], cwd=filled, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_pipe_that_closes_in_the_middle_is_no_error(filled: Path) -> None:
    words = ["init", "--all", "--dry-run"]
    line = f'"$0" {" ".join(words)} | head -c 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line, script("ocm")], cwd=filled, capture_output=True, text=True, check=False)
    whole = run_ocm(filled, *words)
    assert set(done.stderr.splitlines()) <= set(whole.stderr.splitlines()), "what it says of this machine, and no more"
    assert done.returncode in {0, 1}, "as much as the pipe takes is printed before anybody notices"


@pytest.mark.parametrize("words", [["list"], ["status"], ["stats"], []], ids=ids)
def test_no_stdout_at_all_is_no_traceback(filled: Path, words: list[str]) -> None:
    line = f'"$0" {" ".join(words)} >&-'
    done = subprocess.run(["sh", "-c", line, script("ocm")], cwd=filled, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


# --- the pager


def test_what_is_longer_than_the_screen_goes_through_the_pager(filled: Path, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {tmp_path}/paged\n", encoding="utf-8")
    pager.chmod(0o700)
    seen = on_terminal(filled, "show", "latest", rows=10, environment={"PAGER": str(pager)})
    assert (seen.code, seen.text) == (0, "")
    assert "TEI over Infinity" in (tmp_path / "paged").read_text(encoding="utf-8")
    assert (
        "TEI over Infinity" in on_terminal(filled, "show", "latest", rows=1000, environment={"PAGER": str(pager)}).text
    )


@pytest.mark.parametrize("pager", ["no-such-pager -x", "", "cat", "'unbalanced"])
def test_without_a_pager_it_is_printed(filled: Path, pager: str) -> None:
    seen = on_terminal(filled, "show", "latest", rows=10, environment={"PAGER": pager})
    assert seen.code == 0
    assert "TEI over Infinity" in seen.text


def test_a_pager_that_is_left_early_is_no_error(filled: Path) -> None:
    seen = on_terminal(filled, "show", "latest", rows=10, environment={"PAGER": "true"})
    assert (seen.code, seen.text) == (0, "")


@pytest.mark.skipif(not shutil.which("less"), reason="less is not installed")
def test_less_shows_colours_and_is_left_with_q(filled: Path) -> None:
    seen = on_terminal(filled, "show", "latest", rows=10, typed=b"q")
    assert seen.code == 0
    assert "\x1b[1mMove embeddings" in seen.raw


def test_a_pager_takes_an_interrupt_for_itself(filled: Path, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\ntrap '' INT\ncat > /dev/null\necho reading\nsleep 2\necho read\n", encoding="utf-8")
    pager.chmod(0o700)
    seen = on_terminal(filled, "show", "latest", rows=10, environment={"PAGER": str(pager)}, interrupt=0.8)
    assert (seen.code, seen.lines[-1].removeprefix("^C")) == (0, "read")


# --- nothing, and much


@pytest.mark.parametrize(
    "words",
    [["list"], ["search", "x"], ["timeline"], ["status"], ["stats"], ["resume"], [], ["decisions"], ["problems"]],
    ids=ids,
)
def test_an_empty_store_is_told_kindly(project: Project, words: list[str]) -> None:
    seen, done = on_terminal(project.root, *words), run_ocm(project.root, *words)
    assert seen.code == done.returncode == 0
    assert seen.text.strip()
    assert done.stdout.strip()
    assert done.stderr == ""


def test_a_store_of_many_is_listed_by_the_screen(tmp_path: Path) -> None:
    store = Store(str(tmp_path / STORE), str(tmp_path))
    os.makedirs(store.sessions)
    for n in range(300):
        put(store, f"{n}.md", session(f"session-{n:03}", 1 + n % 28, title=f"Title {n}"))
    assert len(run_ocm(tmp_path, "list").stdout.splitlines()) == 20
    assert len(on_terminal(tmp_path, "list", "-n", "-1", rows=24, environment={"PAGER": "cat"}).lines) == 600
    assert len(json.loads(run_ocm(tmp_path, "list", "-n", "-1", "--json").stdout)) == 300


@pytest.mark.long
def test_a_store_of_ten_thousand_is_listed_and_searched(tmp_path: Path) -> None:
    store = Store(str(tmp_path / STORE), str(tmp_path))
    os.makedirs(store.sessions)
    for n in range(10_000):
        put(store, f"{n}.md", session(f"session-{n:05}", 1 + n % 28, title=f"Title {n}", decisions=[f"chose {n}"]))
    first = on_terminal(tmp_path, "list")
    assert first.code == 0
    assert re.search(r"10000 of 10000 \(\d+ a second\)", first.text)
    for words in (["list"], ["search", "chose 77"], ["stats"], []):
        began = time.monotonic()
        assert run_ocm(tmp_path, *words).returncode == 0
        assert time.monotonic() - began < 20


# --- ^C


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let what is started here be interrupted, even where the tests run behind a shell's `&`, which has ^C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _interrupted(folder: Path, words: list[str], when: float = 30.0, *, ready: str) -> subprocess.CompletedProcess[str]:
    """Run a command and interrupt it as soon as a file that matches `ready` is there."""
    process = subprocess.Popen(
        [script("ocm"), *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + when
    while not list(folder.glob(ready)) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_of_a_rebuild_leaves_what_was(tmp_path: Path) -> None:
    store = Store(str(tmp_path / STORE), str(tmp_path))
    os.makedirs(store.sessions)
    for n in range(600):
        put(store, f"{n}.md", session(f"session-{n:03}", title=f"Title {n}"))
    done = _interrupted(tmp_path, ["rebuild-index"], ready=f"{STORE}/memory.db.*.tmp")
    assert (done.returncode, done.stderr.strip().count("\n")) == (130, 0), done
    assert "Interrupted" in done.stderr
    assert "Title 5" in run_ocm(tmp_path, "search", "title 5").stdout
    assert list((tmp_path / STORE).glob("*.tmp")) == []  # one killed before it could tidy up is tidied up after


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_of_an_import_leaves_whole_sessions(tmp_path: Path) -> None:
    for name in ("one", "two"):
        os.makedirs(tmp_path / name / STORE / "sessions")
    store = Store(str(tmp_path / "one" / STORE), str(tmp_path / "one"))
    for n in range(300):
        put(store, f"{n}.md", session(f"session-{n:03}", title=f"Title {n}"))
    assert run_ocm(tmp_path / "one", "export", "--all", str(tmp_path / "all.json")).returncode == 0
    done = _interrupted(tmp_path / "two", ["import", str(tmp_path / "all.json")], ready=f"{STORE}/sessions/2*.md")
    assert (done.returncode, done.stderr.strip().count("\n")) == (130, 0), done
    there = Store(str(tmp_path / "two" / STORE), str(tmp_path / "two"))
    names = os.listdir(there.sessions)
    assert [name for name in names if not name.endswith(".md")] == []
    for name in names:
        session_files.load(there, name)
    assert run_ocm(tmp_path / "two", "import", str(tmp_path / "all.json")).returncode == 0
    assert len(os.listdir(there.sessions)) == 300


def test_an_interrupt_while_it_loads_is_one_line(project: Project) -> None:
    code = (
        "import sys; from ocm import __main__ as m\ndef stop(words): raise KeyboardInterrupt\nm._run = stop\nm.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "ocm: Interrupted; nothing was left half done.\n")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("words", [["list"], ["init", "--dry-run"]])
def test_an_interrupt_within_a_finalizer_is_heard_all_the_same(project: Project, words: list[str]) -> None:
    code = f"""
import sys, time
from ocm import __main__ as m
from ocm.ui import output

class Left:
    def __del__(self): raise KeyboardInterrupt

def work():
    Left()
    time.sleep(30)
    print("went on")

output.arguments = lambda: work()
sys.argv[1:] = {words!r}
m.main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "ocm: Interrupted; nothing was left half done.\n")


# --- progress


_FAST = """
import sys, time
began = time.monotonic
time.monotonic = lambda: began() * 1e6
from ocm.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "words",
    [
        ["rebuild-index"],
        ["redact-scan"],
        ["prune", "--older-than", "1"],
        ["stats"],
        ["export", "--all", "x.json"],
        ["import", "{file}"],
    ],
    ids=ids,
)
def test_progress_is_for_a_terminal_alone(tmp_path: Path, words: list[str]) -> None:
    store = Store(str(tmp_path / STORE), str(tmp_path))
    os.makedirs(store.sessions)
    for n in range(3):
        put(store, f"{n}.md", session(f"s{n}", title="t", status="closed"))
    assert run_ocm(tmp_path, "export", "--all", str(tmp_path / "all.json")).returncode == 0
    words = [word.format(file=tmp_path / "all.json") for word in words]
    program = ["-c", _FAST, *words]
    quiet = subprocess.run([sys.executable, *program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    seen = on_terminal(tmp_path, *program, program=sys.executable)
    assert seen.code == 0
    assert re.search(r"3 of 3 \(|6 of 6 \(", seen.text)
    if words[0] != "export":
        seen = on_terminal(tmp_path, *program, "--json", program=sys.executable)
        assert " a second" not in seen.text


def test_a_cache_that_is_made_anew_says_how_far_it_has_come(tmp_path: Path) -> None:
    store = Store(str(tmp_path / STORE), str(tmp_path))
    os.makedirs(store.sessions)
    put(store, "0.md", session("s", title="t"))
    seen = on_terminal(tmp_path, "-c", _FAST, "list", program=sys.executable)
    assert (seen.code, "1 of 1 (" in seen.text) == (0, True)
    (tmp_path / STORE / "memory.db").unlink()
    seen = on_terminal(tmp_path, "-c", _FAST, "list", "--json", program=sys.executable)
    assert json.loads(seen.text)[0]["session_id"] == "s"


# --- the clipboard


def test_a_brief_goes_to_the_clipboard_of_the_terminal(filled: Path) -> None:
    seen = on_terminal(filled, "resume", "latest", "--copy")
    (text,) = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", seen.raw)
    assert "Cut p50 latency" in base64.b64decode(text).decode()
    assert "Cut p50" not in seen.text
    assert "was sent to the clipboard of your terminal" in seen.text


def test_a_brief_goes_to_the_clipboard_of_a_program(filled: Path, tmp_path: Path) -> None:
    program = tmp_path / "wl-copy"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/copied\n", encoding="utf-8")
    program.chmod(0o700)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [script("ocm"), "resume", "--copy", "latest"], cwd=filled, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    assert "put there by wl-copy" in done.stderr
    assert "Cut p50 latency" in (tmp_path / "copied").read_text(encoding="utf-8")


def test_without_a_clipboard_the_brief_is_printed_and_that_is_said(filled: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, script("ocm"), "resume", "--copy", "latest"],
        cwd=filled, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Cut p50 latency" in done.stdout
    assert "no clipboard" in done.stderr
