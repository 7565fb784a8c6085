"""The command line: every command, its codes, and one line where it fails."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click
import pytest

from ocm import __version__
from ocm.base.model import FileChange
from ocm.cli import main, overview
from tests.support.builders import Project, run_ocm, script
from tests.support.session_store import put, session

COMMANDS = {
    "init", "install", "uninstall", "help", "checkpoint", "list", "search", "show", "export", "resume", "rebuild-index", "status", "doctor",
    "serve", "config", "demo", "stats", "completion", "redact-scan", "forget", "prune", "import", "trust", "todo", "done", "drop",
}  # fmt: skip


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Run(Protocol):
    """Run `ocm` with these words."""

    def __call__(self, *words: str, stdin: str | bytes = "") -> Done: ...


@pytest.fixture
def ocm(project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in this process, in the folder of the project."""
    monkeypatch.chdir(project.root)

    def run(*words: str, stdin: str | bytes = "") -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "argv", ["ocm", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with pytest.raises(SystemExit) as stop:
            main.main()
        printed = capsys.readouterr()
        return Done(int(stop.value.code or 0), printed.out, printed.err)

    return run


def refused(done: Done, code: int, words: str) -> None:
    assert done.code == code, done
    assert words in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


# --- help


def test_every_command_of_the_contract_is_there(ocm: Run) -> None:
    assert set(main.ocm.commands) >= COMMANDS
    for done in (ocm("help"), ocm("--help"), ocm("-h")):
        assert done.code == 0
        assert all(f"  {name}" in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", sorted(main.ocm.commands))
def test_every_command_explains_itself(ocm: Run, command: str) -> None:
    asked, told = ocm("help", command), ocm(command, "--help")
    assert asked.code == told.code == 0
    assert asked.out.split("Usage:")[1] == told.out.split("Usage:")[1]


def test_an_unknown_command_is_wrong_usage(ocm: Run) -> None:
    refused(ocm("help", "dance"), 2, "There is no command 'dance'")
    refused(ocm("dance"), 2, "dance")
    refused(ocm("list", "--dance"), 2, "--dance")
    refused(ocm("list", "--limit", "many"), 2, "limit")
    refused(ocm("show"), 2, "ID")


def test_a_group_without_a_command_says_what_there_is(ocm: Run) -> None:
    done = ocm("config")
    assert done.code == 2
    assert done.err.startswith("Usage: ocm config")


def test_alone_it_says_where_one_stands(
    ocm: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ocm()
    assert found.code == 0
    assert f"store     {project.store.path}, 0 sessions" in found.out
    assert "set up    no assistant yet" in found.out
    assert "ocm doctor" in found.out
    project.checkpoint("S", goal="Cut latency", tool="cursor")
    project.changes(5, "S")
    found = ocm()
    assert "1 session\n" in found.out
    assert "last      Cut latency · today" in found.out
    assert (
        "S · cursor · 5 of 5 calls since its last checkpoint · a checkpoint is due, changes are held back" in found.out
    )
    assert "ocm checkpoint --summary" in found.out
    assert "ocm resume" in found.out
    monkeypatch.chdir(tmp_path)
    found = ocm()
    assert found.code == 0
    assert found.out.startswith("There is no session store for this folder yet.\n\nocm init")


def test_alone_it_names_the_hosts_that_are_set_up(ocm: Run, project: Project) -> None:
    assert ocm("init", "--host", "claude-code").code == 0
    found = ocm()
    assert "set up    Claude Code\n" in found.out
    assert "ocm init" not in found.out
    assert project.files() == []


@pytest.mark.parametrize("error", [click.Abort(), KeyboardInterrupt()])
def test_an_interrupt_is_130_and_one_line(ocm: Run, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ocm.cli.quick_commands.list_sessions", interrupted)
    done = ocm("list")
    assert (done.code, done.out, done.err.strip()) == (130, "", "ocm: Interrupted; nothing was left half done.")


def test_what_click_refuses_is_one_line(ocm: Run, tmp_path: Path) -> None:
    refused(ocm("import", str(tmp_path / "gone.json")), 2, "See: ocm help")


def test_commands_are_loaded_one_by_one() -> None:
    code = "import sys; from ocm.cli import main; main.ocm.commands['trust']; print(*[n for n in sys.modules if n.startswith('ocm.cli.commands.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"ocm.cli.commands.trust"}
    assert len(main.ocm.commands) == len(set(main.ocm.commands)) == len(main.ocm.list_commands(click.Context(main.ocm)))
    assert "dance" not in main.ocm.commands


def test_the_version_needs_nothing_loaded() -> None:
    done = subprocess.run([script("ocm"), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ocm {__version__}\n"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ocm", "--version"], capture_output=True, text=True, check=True
    )
    assert "click" not in done.stderr


def test_the_version_is_an_option_too(ocm: Run) -> None:
    assert ocm("--version").out == f"ocm {__version__}\n"


# --- the store


def test_without_a_store_init_is_named(ocm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (
        ["list"],
        ["search", "x"],
        ["show", "x"],
        ["status"],
        ["checkpoint", "--session-id", "S"],
        ["rebuild-index"],
        ["config", "list"],
    ):
        refused(ocm(*words), 1, "ocm init")


def test_the_project_can_be_named(ocm: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint(goal="g")
    monkeypatch.chdir(tmp_path)
    assert len(ocm("list", "--json", "--project", str(project.root)).json) == 1
    monkeypatch.setenv("OCM_PROJECT_DIR", str(project.root))
    assert len(ocm("list", "--json").json) == 1
    refused(ocm("list", "--project", str(tmp_path / "gone")), 1, "There is no folder")


@pytest.mark.skipif(os.name == "nt", reason="a directory in use cannot be removed there")
def test_a_folder_that_is_gone_is_one_line(ocm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    refused(ocm("list"), 1, "No such file or directory")
    monkeypatch.chdir(tmp_path)


# --- checkpoint


def test_a_checkpoint_takes_every_argument(ocm: Run, project: Project) -> None:
    done = ocm(
        "checkpoint", "--session-id", "S", "--goal", "g", "--title", "t", "--slug", "s", "--status", "frozen", "--trigger", "manual",
        "--tool", "cursor", "--completed", "c1", "--completed", "c2", "--pending", "p", "--summary", "w", "--decision", "d",
        "--problem", "x", "--tag", "k", "--plan-file", '{"path": "a", "header": "h"}', "--reference", '{"url": "u"}',
    )  # fmt: skip
    assert set(done.json) == {"session_id", "markdown_path", "status", "files_recorded", "redactions", "warnings"}
    session = project.session()
    assert (session.goal, session.title, session.slug, session.status, session.trigger, session.tool) == (
        "g", "t", "s", "frozen", "manual", "cursor",
    )  # fmt: skip
    assert (session.work_completed, session.work_pending, session.work_summary) == (["c1", "c2"], ["p"], ["w"])
    assert (session.decisions, session.problems, session.tags) == (["d"], ["x"], ["k"])
    assert [plan.header for plan in session.plan_files] == ["h"]


@pytest.mark.parametrize("data", [
    {"session_id": "S", "goal": "from stdin"}, {"session_id": "S", "checkpoint": {"goal": "from stdin"}},
    {"conversation_id": "S", "goal": "from stdin"}, {"session_id": "S", "conversation_id": "X", "goal": "from stdin"},
])  # fmt: skip
def test_a_checkpoint_comes_from_stdin_in_any_of_its_forms(ocm: Run, project: Project, data: dict[str, Any]) -> None:
    assert ocm("checkpoint", "--from-stdin", "--tag", "t", stdin=json.dumps(data)).json["session_id"] == "S"
    assert (project.session().goal, project.session().tags) == ("from stdin", ["t"])


@pytest.mark.parametrize(
    "data", [b"", b"not json", b"[]", b"null", b"7", b'"S"', b"\xff", b'{"checkpoint": []}', b'{"a":' * 100_000]
)
def test_what_is_no_object_on_stdin_is_refused(ocm: Run, project: Project, data: bytes) -> None:
    refused(ocm("checkpoint", "--from-stdin", stdin=data), 2, "on stdin")
    assert project.files() == []


@pytest.mark.parametrize(("words", "message"), [
    (["--session-id", ""], "session_id is empty"),
    (["--session-id", "S", "--status", "x"], "Accepted: open, frozen, closed"),
    (["--session-id", "S", "--trigger", "x"], "Accepted: context_limit"),
    (["--session-id", "S", "--plan-file", "x"], "--plan-file is not JSON"),
    (["--session-id", "S", "--plan-file", "[" * 100_000], "--plan-file is not JSON"),
    (["--session-id", "S", "--plan-file", '{"path": 7}'], "plan_files[0].path is int"),
    (["--session-id", "S", "--reference", "[]"], "references[0] is not an object"),
    (["--goal", "g"], "no session is active"),
])  # fmt: skip
def test_wrong_input_is_exit_2_and_one_line(ocm: Run, project: Project, words: list[str], message: str) -> None:
    refused(ocm("checkpoint", *words), 2, message)
    assert project.files() == []


def test_the_only_active_session_need_not_be_named(ocm: Run, project: Project) -> None:
    project.calls(1, "one")
    assert ocm("checkpoint", "--goal", "g").json["session_id"] == "one"
    project.calls(1, "two")
    refused(ocm("checkpoint", "--goal", "g"), 2, "active are: two, one")


def test_an_unreadable_session_is_named_and_exit_1(ocm: Run, project: Project) -> None:
    project.checkpoint(goal="g")
    project.file().write_text("---\nocm: 1\nsession_id: S\nx: [\n---\n", encoding="utf-8")
    refused(ocm("checkpoint", "--session-id", "S", "--goal", "h"), 1, f"{project.file()}, line 5")
    shown = ocm("show", "S")
    assert (shown.code, shown.out) == (1, "")
    assert f"{project.file()}, line 5" in shown.err
    refused(ocm("rebuild-index"), 1, project.file().name)
    assert ocm("list").code == 0


# --- finding


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c", goal="Cut latency", slug="tei", tool="claude-code", decisions=["TEI over vLLM"], tags=["k8s"]
    )
    project.checkpoint("1a2b", goal="Write \x1b[31mdocs", tool="cursor", status="closed")
    return project


def test_lists_and_searches_are_arrays_with_the_keys_of_the_contract(ocm: Run, filled: Project) -> None:
    keys = {"session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"}
    rows = ocm("list", "--json").json
    assert len(rows) == 2
    assert all(keys <= set(row) for row in rows)
    (hit,) = ocm("search", "--json", "latency").json
    assert keys | {"rank", "score", "snippet", "top_files", "freshness"} <= set(hit)
    assert hit["session_id"] == "0f6c"
    assert len(filled.files()) == 2


@pytest.mark.parametrize(("words", "found"), [
    (["--tool", "cursor"], ["1a2b"]), (["--tool", "nobody"], []), (["--limit", "1"], 1), (["-n", "-1"], 2),
])  # fmt: skip
def test_a_list_can_be_narrowed(ocm: Run, filled: Project, words: list[str], found: list[str] | int) -> None:
    del filled
    rows = ocm("list", "--json", *words).json
    assert (len(rows) if isinstance(found, int) else [row["session_id"] for row in rows]) == found


@pytest.mark.parametrize(("words", "count"), [
    (["--status", "open"], 1), (["--status", "closed"], 0), (["--tag", "k8s"], 1), (["--tag", "x"], 0), (["--since", "2000-01-01"], 1),
    (["--until", "2000-01-01"], 0), (["--file", "nothing.py"], 0), (["--branch", "side"], 0), (["--all-projects"], 0), (["--scope", "global"], 0),
])  # fmt: skip
def test_a_search_can_be_narrowed(ocm: Run, filled: Project, words: list[str], count: int) -> None:
    del filled
    assert len(ocm("search", "--json", "latency", *words).json) == count


def test_for_a_person_there_are_words(ocm: Run, filled: Project) -> None:
    assert "0f6c" in ocm("list").out
    assert "Cut latency" in ocm("search", "latency").out
    assert ocm("search", "nothing like it").out == "No session matches.\n"
    for path in filled.files():
        path.unlink()
    assert ocm("list").out.startswith("No sessions yet.")


def test_a_session_is_shown_as_its_file_and_as_json(ocm: Run, filled: Project) -> None:
    (path,) = [path for path in filled.files() if "tei" in path.name]
    said, _, facts = path.read_text(encoding="utf-8").partition("\n```ocm\n")
    assert facts.endswith("```\n"), "what only machines need stands at the end, and is not shown"
    assert ocm("show", "tei").out.rstrip("\n") == said.rstrip("\n")
    path.write_text(f"{said}\n```ocm\n{facts}## By hand\n\nmine\n", encoding="utf-8")
    assert ocm("show", "tei").out.endswith("\n## By hand\n\nmine\n")
    assert ocm("show", "0f6c", "--json").json["decisions"] == ["TEI over vLLM"]
    assert "\x1b" not in ocm("show", "1a2b").out + ocm("list").out
    refused(ocm("show", "nothing"), 1, "There is no session 'nothing'")


def test_an_export_is_the_path_of_the_file(ocm: Run, filled: Project) -> None:
    path = Path(ocm("export", "tei").out.rstrip("\n"))
    assert path.is_absolute()
    assert path in [found.resolve() for found in filled.files()]


def test_a_brief_lets_the_work_be_picked_up(ocm: Run, filled: Project) -> None:
    assert "Cut latency" in ocm("resume", "0f6c").out
    assert ocm("resume").code == 0
    for path in filled.files():
        path.unlink()
    assert ocm("resume").out.startswith("Nothing is stored yet")


def test_the_beginning_of_an_id_is_enough_for_a_checkpoint(ocm: Run, project: Project) -> None:
    ids = [f"0f6c1f7{n}-6f0f-4f0e-9f0d-2f6f3d1c9a10" for n in "ab"]
    for session_id in ids:
        ocm("checkpoint", "--session-id", session_id, "--goal", "g")
    assert ocm("checkpoint", "--session-id", "0f6c1f7a", "--tag", "x").json["session_id"] == ids[0]
    refused(ocm("checkpoint", "--session-id", "0f6c1f", "--tag", "x"), 2, "may mean 2 sessions")
    assert ocm("checkpoint", "--session-id", "0f6c", "--tag", "x").json["session_id"] == "0f6c"
    assert ocm("checkpoint", "--session-id", "new-one-here", "--tag", "x").json["session_id"] == "new-one-here"
    project.calls(1, "0f6c1f7b")
    assert ocm("checkpoint", "--session-id", "0f6c1f7b", "--tag", "x").json["session_id"] == "0f6c1f7b"
    assert ocm("checkpoint", "--session-id", ids[1], "--tag", "x").json["session_id"] == ids[1]


def test_a_conversation_that_only_asked_is_listed_when_it_is_asked_for(ocm: Run, project: Project) -> None:
    project.checkpoint("worked", goal="Cut latency")
    project.hook("session-start", source="startup", session_id="asked")
    project.hook("user-prompt", prompt="What is open?", session_id="asked")
    project.hook("session-end", session_id="asked")
    assert [row["session_id"] for row in ocm("list", "--json").json] == ["worked"]
    assert {row["session_id"] for row in ocm("list", "--all", "--json").json} == {"worked", "asked"}
    assert ocm("show", "latest", "--json").json["session_id"] == "worked"
    assert ocm("search", "open", "--json").json == []


# --- looking after it


def test_the_status_is_for_persons_and_scripts(ocm: Run, project: Project) -> None:
    project.changes(5)
    assert "5 of 5 calls, gate shut" in ocm("status").out
    found = ocm("status", "--json").json
    assert found["store"] == project.store.path
    assert found["active"][0]["gate_shut"] is True


def test_the_cache_is_made_anew_on_request(ocm: Run, filled: Project) -> None:
    assert ocm("rebuild-index").out == "Read 2 sessions.\n"
    (Path(filled.store.sessions) / "bad.md").write_text("words", encoding="utf-8")
    done = ocm("rebuild-index", "--json")
    assert json.loads(done.out)["read"] == 2
    assert [one["file"] for one in json.loads(done.out)["unreadable"]] == ["bad.md"]
    refused(done, 1, "bad.md")


def test_settings_are_shown_changed_and_given_back(ocm: Run, project: Project) -> None:
    assert ocm("config", "get", "gate.threshold").out == "5\n"
    assert ocm("config", "set", "gate.threshold", "7").code == 0
    assert ocm("config", "list", "--json").json["gate.threshold"] == 7
    assert "gate.threshold = 7" in ocm("config", "list").out
    assert ocm("config", "set", "--global", "gate.mode", "off").code == 0
    assert ocm("config", "get", "gate.mode").out == "off\n"
    assert ocm("config", "unset", "--global", "gate.mode").code == 0
    assert ocm("config", "unset", "gate.threshold").code == 0
    assert ocm("config", "list", "--json").json["gate.threshold"] == 5
    assert "ocm init" in ocm("config", "set", "gate.deny", "all").out
    refused(ocm("config", "get", "colour"), 2, "There is no setting 'colour'")
    refused(ocm("config", "set", "gate.mode", "x"), 2, "block or remind or off")
    refused(ocm("config", "unset", "colour"), 2, "There is no setting 'colour'")
    assert json.loads((Path(project.store.path) / "config.json").read_bytes()) == {"gate": {"deny": "all"}}


# --- the real command


def test_the_real_command_has_codes_and_no_traceback(project: Project) -> None:
    assert run_ocm(project.root, "list").returncode == 0
    done = run_ocm(project.root, "show", "nothing")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    done = run_ocm(project.root, "--dance")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_alone_it_says_where_one_stands_in_the_store_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = tmp_path / "home" / ".openCodeMemory"
    (user / "sessions").mkdir(parents=True)
    monkeypatch.setenv("OCM_HOME", str(user))
    found = overview.look(str(tmp_path))
    assert (found["store"], found["sessions"], found["last"]) == (str(user), 0, None)
    assert found["next"][0][0] == "ocm init", "nobody is set up for it"


def test_a_file_is_named_from_the_folder_one_is_in(project: Project) -> None:
    (project.root / "src" / "deep").mkdir(parents=True)
    put(project.store, "a.md", session("A", goal="wombat", files=[FileChange("src/a.py", "modified")]))
    (project.root / "src" / "a.py").write_text("x", encoding="utf-8")
    done = run_ocm(project.root / "src" / "deep", "search", "wombat", "--file", "../a.py", "--json")
    assert [hit["session_id"] for hit in json.loads(done.stdout)] == ["A"]


def test_a_checkpoint_takes_json_and_refuses_half_an_id(project: Project) -> None:
    done = run_ocm(project.root, "checkpoint", "--session-id", "S", "--goal", "g", "--json")
    assert json.loads(done.stdout)["session_id"] == "S"
    done = run_ocm(project.root, "checkpoint", "--from-stdin", stdin='{"session_id": "a\\u0000b", "goal": "g"}')
    assert (done.returncode, "session_id contains NUL" in done.stderr) == (2, True)
