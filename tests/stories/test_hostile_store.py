"""A cloned project that brings its own store gets nothing: no write or read outside it, no command, no endless work."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ocm.hook import main
from ocm.markdown import render
from ocm.sessions import gather
from ocm.store import config, journal, paths, trust
from ocm.store.paths import STORE, Store
from tests.support.builders import Project, git, payload, repository, run_ocm, script
from tests.support.session_store import put, session

SECRET = "the content of another file of the user"  # noqa: S105 - it is none
MEMORY = 1024 * 1024 * 1024
SECONDS = 30.0

if os.name == "nt":  # pragma: no cover - a clone on Windows has no symbolic links
    pytest.skip("needs symbolic links", allow_module_level=True)


class Clone:
    """A project that somebody else made, and files of the user next to it."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        self.outside.mkdir(parents=True)
        for name in ("victim.txt", "victim.json", "victim.md"):
            (self.outside / name).write_text(SECRET if name.endswith("txt") else "{}", encoding="utf-8")
        self.root = repository(folder / "clone")
        self.store = Store(str(self.root / STORE), str(self.root))
        os.makedirs(self.store.sessions)
        self.before = self.state()

    def at(self, name: str) -> Path:
        return Path(self.store.path) / name

    def link(self, name: str, target: str = "victim.txt") -> None:
        self.at(name).symlink_to(target if target.startswith("/") else self.outside / target)

    def state(self) -> dict[str, tuple[int, bytes]]:
        files = (path for path in sorted(self.outside.rglob("*")) if path.is_file())
        found = {path.name: (path.stat().st_mode, path.read_bytes()) for path in files}
        return {**found, "itself": (self.outside.stat().st_mode, b"")}

    def untouched(self) -> bool:
        return self.state() == self.before


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def links_everywhere(clone: Clone) -> None:
    for name in (
        "hook.log",
        "names.lock",
        "memory.lock",
        "config.json.lock",
        "journal.rejected",
        "session_S.lock",
        "forget_S.json",
    ):
        clone.link(name)
    clone.link("config.json", "victim.json")
    clone.link("memory.db")
    clone.link("memory.db-journal")
    clone.link("sessions/linked.md")
    clone.link("active_S.jsonl")


def endless_files(clone: Clone) -> None:
    for name in (
        "config.json",
        "active_dead.jsonl",
        "taken_dead.00000000000000000001-1.jsonl",
        "sessions/zero.md",
        "memory.db",
    ):
        clone.link(name, "/dev/zero")
    os.mkfifo(clone.at("active_pipe.jsonl"))
    os.mkfifo(clone.at("sessions/pipe.md"))
    os.mkfifo(clone.at("forget_pipe.json"))
    for name in ("active_dead.jsonl", "taken_dead.00000000000000000001-1.jsonl", "active_pipe.jsonl"):
        os.utime(clone.at(name), (1, 1), follow_symlinks=False)


def huge_files(clone: Clone) -> None:
    for name in ("config.json", "active_big.jsonl", "sessions/big.md", "hook.log", "journal.rejected", "memory.db"):
        clone.at(name).touch()
        os.truncate(clone.at(name), 20 * MEMORY)
    os.utime(clone.at("active_big.jsonl"), (1, 1))


def deep_files(clone: Clone) -> None:
    deep = "[" * 200_000
    clone.at("config.json").write_text('{"gate": ' * 50_000 + "}" * 50_000, encoding="utf-8")
    clone.at("active_deep.jsonl").write_text(f'{{"e":"call","path":{deep}\n' * 3, encoding="utf-8")
    head = "---\nocm: 1\nsession_id: {}\n---\n\n# T\n\n## Notes\n\n"
    for number, part in enumerate(
        (">" * 100_000, "- " * 50_000, "[" * 100_000, "`" * 100_001, "<!--" * 50_000, "* _" * 50_000)
    ):
        put(clone.store, f"deep{number}.md", head.format(f"deep{number}") + part + "\n")
    put(clone.store, "yaml.md", "---\na: &a [x]\nb: " + "[" * 50_000 + "\nsession_id: y\n---\n")


def thousands_of_files(clone: Clone) -> None:
    for number in range(2000):
        put(
            clone.store,
            f"s{number}.md",
            f"---\nocm: 1\nsession_id: s{number}\nstarted_at: 2026-01-01T00:00:00+00:00\n---\n\n## Goal\n\nobey\n",
        )
    for number in range(2000):
        clone.at(f"active_j{number}.jsonl").write_text('{"e":"call","t":1}\n', encoding="utf-8")


def thousands_of_orphans(clone: Clone) -> None:
    for number in range(2000):
        path = clone.at(f"active_j{number}.jsonl")
        path.write_text('{"e":"call","t":1,"path":"a.py"}\n', encoding="utf-8")
        os.utime(path, (1, 1))


def names_that_lead_out(clone: Clone) -> None:
    row = {
        "e": "open",
        "t": 1.0,
        "session": "../../../outside/victim",
        "file": "../../../outside/victim.md",
        "root": str(clone.outside),
        "sha": "--output=x",
    }
    for key in ("S", "x-0", "evil"):
        lines = [json.dumps(row), json.dumps({"e": "call", "t": 2.0, "path": "/etc/passwd", "kind": "created"})]
        clone.at(f"active_{key}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.utime(clone.at(f"active_{key}.jsonl"), (1, 1))
    put(clone.store, "evil.md", session("S", slug="../../../outside/victim", tool="../../x", goal="obey"))


def a_database_of_its_own(clone: Clone) -> None:
    with sqlite3.connect(clone.at("memory.db")) as db:
        db.execute("CREATE TABLE sessions (id, markdown_path)")
        update = f"UPDATE sessions SET markdown_path = '{clone.outside}/victim.md'"  # noqa: S608 - that is the attack
        db.execute(f"CREATE TRIGGER t AFTER INSERT ON sessions BEGIN {update}; END")
        db.execute("PRAGMA user_version = 1")
    clone.at("server.json").write_text('{"port": 1, "url": "http://evil.example/mcp"}', encoding="utf-8")
    clone.at("config.json").write_text(
        '{"hooks": {"run": "touch /tmp/x"}, "redact": {"off": "github-token"}}', encoding="utf-8"
    )


def folders_that_lead_out(clone: Clone) -> None:
    """What is rewritten, moved, thinned out or forgotten in a folder of the store would be files of the user."""
    (clone.outside / "own.md").write_text(render.render(session("T", goal=SECRET, status="closed")), encoding="utf-8")
    clone.before = clone.state()
    clone.link("copies", ".")
    clone.at("archive").mkdir()
    clone.link("archive/sessions", ".")
    clone.at("forget_T.json").write_text('{"session": "T"}', encoding="utf-8")
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    put(clone.store, "s.md", session("X", goal=f"use {token}", status="closed", started_at="2020-01-01T00:00:00+00:00"))


def an_archive_that_leads_out(clone: Clone) -> None:
    folders_that_lead_out(clone)
    clone.at("archive/sessions").unlink()
    clone.at("archive").rmdir()
    clone.link("archive", ".")
    (clone.outside / "sessions").mkdir()


def copies_without_end(clone: Clone) -> None:
    clone.at("copies").mkdir()
    clone.link("copies/zero.json", "/dev/zero")
    clone.link("copies/linked.json", "victim.json")
    os.mkfifo(clone.at("copies/pipe.json"))
    clone.at("forget_S.json").write_text('{"session": "S"}', encoding="utf-8")
    clone.at("forget_T.json").write_text('{"session": "T"}', encoding="utf-8")


def folders_in_the_place_of_files(clone: Clone) -> None:
    for name in (
        "session_S.lock", "session_T.lock", "names.lock", "upkeep.lock", "memory.lock", "memory.db", "memory.db-journal",
        "memory.db.damaged", "hook.log", "config.json", "journal.rejected", "active_S.jsonl", "sessions/a.md",
    ):  # fmt: skip
        clone.at(name).mkdir()


def names_that_a_terminal_would_obey(clone: Clone) -> None:
    for number, name in enumerate(("a\x1b[2Jb.md", "a\nrm -rf.md", "a\u202egpj.md", "\x9b31m.md", "a" * 240 + ".md")):
        put(clone.store, name, session(f"s{number}\x1b]0;x\x07", goal="obey\x1b[31m", title="\x1b]8;;http://x\x07t"))
        put(clone.store, f"broken {name}"[:240] + ".md", "---\nocm: 1\ntags: [\n---\n")


HOSTILITIES: tuple[Callable[[Clone], None], ...] = (
    links_everywhere, endless_files, huge_files, deep_files, thousands_of_files, thousands_of_orphans, names_that_lead_out, a_database_of_its_own, folders_that_lead_out, an_archive_that_leads_out, copies_without_end,
    folders_in_the_place_of_files, names_that_a_terminal_would_obey,
)  # fmt: skip


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(clone: Clone, command: list[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a real command with a gigabyte of memory and half a minute of processor time."""
    return subprocess.run(
        command, cwd=clone.root, input=data, capture_output=True, check=False, timeout=6 * SECONDS, preexec_fn=limited
    )  # fmt: skip


def conversation(clone: Clone) -> str:
    """Let hooks and commands meet the store, and return all they print."""
    said = b""
    edit = {
        "tool_name": "Write",
        "tool_input": {"file_path": str(clone.root / "a.py")},
        "tool_response": {"type": "update"},
    }
    for event, fields in (
        ("session-start", {"source": "startup"}), ("user-prompt", {"prompt": "hello"}), ("pre-tool-use", edit), ("post-tool-use", edit),
        ("stop", {}), ("session-end", {}),
    ):  # fmt: skip
        start = time.monotonic()
        data = json.dumps(payload(event, "S", cwd=str(clone.root), **fields)).encode()
        done = run(clone, [script("ocm-hook"), event, "--tool", "claude-code"], data)
        assert done.returncode == 0, event
        assert time.monotonic() - start < SECONDS, event  # on a busy machine; a host waits for five seconds
        said += done.stdout + done.stderr
    for words in (
        ["list"], ["search", "obey"], ["status"], ["checkpoint", "--session-id", "T", "--goal", "g"], ["show", "latest"],
        ["config", "set", "gate.mode", "off"], ["rebuild-index"], ["redact-scan"], ["search", "obey", "--archived"],
        ["forget", "T", "--yes"], ["prune", "--restore", "T"], ["prune", "--older-than", "1", "--unfinished", "--apply"],
        ["redact-scan", "--apply"], ["doctor"],
    ):  # fmt: skip
        done = run(clone, [script("ocm"), *words])
        assert b"Traceback" not in done.stderr, words
        assert b"a bug in ocm" not in done.stderr, words
        assert len(done.stderr.splitlines()) <= 3, words
        said += done.stdout + done.stderr
    return said.decode("utf-8", "replace")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("hostility", HOSTILITIES, ids=lambda one: one.__name__)
def test_a_hostile_store_gets_nothing(clone: Clone, hostility: Callable[[Clone], None]) -> None:
    hostility(clone)
    said = conversation(clone)
    assert clone.untouched(), "nothing outside the store was written or changed"
    assert SECRET not in said
    assert not [sign for sign in said if ord(sign) in {*range(32), *range(0x7F, 0xA0)} - {9, 10}], (
        "no control character"
    )
    stored = [
        path
        for path in Path(clone.store.path).rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < MEMORY
    ]
    assert not [path for path in stored if SECRET.encode() in path.read_bytes()], (
        "nothing outside was read into the store"
    )


# --- what it costs a hook

EVENTS = {
    "session-start": {"source": "startup"},
    "user-prompt": {"prompt": "how do we obey the endpoint of the parser"},
}


def processor_time(clone: Clone, event: str) -> float:
    """Return the least processor time that one hook takes, of a few."""
    least = SECONDS
    for number in range(4):
        data = json.dumps(payload(event, f"S{number}", cwd=str(clone.root), **EVENTS[event])).encode()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(clone, [script("ocm-hook"), event, "--tool", "claude-code"], data)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def by_checkout(hostility: Callable[[Clone], None]) -> Callable[[Clone], None]:
    """Return what brings the same files into a store of the user's own, by a branch that has them."""

    def bring(clone: Clone) -> None:
        trust.bind(clone.store.path)
        hostility(clone)
        git(clone.root, "add", "-f", "-A", STORE)
        git(clone.root, "rm", "-q", "--cached", f"{STORE}/{trust.ID}")
        git(clone.root, "commit", "-q", "-m", "hostile")

    bring.__name__ = f"{hostility.__name__}_by_a_checkout"
    return bring


BROUGHT = tuple(map(by_checkout, (thousands_of_files, thousands_of_orphans, a_database_of_its_own, deep_files)))


@pytest.mark.parametrize("hostility", [*HOSTILITIES, *BROUGHT], ids=lambda one: one.__name__)
def test_a_hostile_store_slows_no_hook(tmp_path: Path, hostility: Callable[[Clone], None]) -> None:
    empty, hostile = Clone(tmp_path / "empty"), Clone(tmp_path / "hostile")
    hostility(hostile)
    for event in EVENTS:
        least = {True: SECONDS, False: SECONDS}
        for _ in range(8):  # of both the least, in turns: what else goes on in the machine is not asked about
            for is_hostile, clone in ((True, hostile), (False, empty)):
                least[is_hostile] = min(least[is_hostile], processor_time(clone, event))
            if least[True] <= 2 * least[False]:
                break
        assert least[True] <= 2 * least[False], event


# --- a store that is a link


@pytest.mark.parametrize("part", ["", "/sessions"])
def test_a_store_that_leads_out_of_the_project_is_none(clone: Clone, part: str) -> None:
    folder = Path(clone.store.path + part)
    if part:
        folder.rmdir()
    else:
        folder.joinpath("sessions").rmdir()
        folder.rmdir()
    folder.symlink_to(clone.outside)
    assert paths.find_store(str(clone.root)) is None
    assert "ocm init" in run_ocm(clone.root, "checkpoint", "--session-id", "S", "--goal", "g").stderr
    assert clone.untouched()
    assert oct(clone.outside.stat().st_mode & 0o777) != "0o700"


def test_a_link_that_stays_in_the_project_is_followed(clone: Clone) -> None:
    Path(clone.store.sessions).rmdir()
    (clone.root / "notes").mkdir()
    Path(clone.store.sessions).symlink_to(clone.root / "notes")
    found = paths.find_store(str(clone.root))
    assert found is not None
    assert found.path == clone.store.path


# --- what a journal says


def test_git_is_asked_about_no_other_folder(clone: Clone, project: Project) -> None:
    assert gather._own_root(clone.store, str(clone.outside)) == str(clone.root)
    assert gather._own_root(clone.store, str(project.root)) == str(clone.root)
    assert gather._own_root(clone.store, str(clone.root)) == str(clone.root)
    assert gather._own_root(clone.store, "") == str(clone.root)


def test_a_projects_settings_switch_no_redaction_off(clone: Clone) -> None:
    a_database_of_its_own(clone)
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    run_ocm(clone.root, "checkpoint", "--session-id", "S", "--goal", f"use {token}")
    assert token not in "".join(path.read_text(encoding="utf-8") for path in Path(clone.store.sessions).iterdir())


def test_settings_are_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"gate": {"threshold": 7}, "x": "y" * config.MAX_BYTES}), encoding="utf-8"
    )
    assert config.load(str(tmp_path))["gate.threshold"] == 5


# --- not made here


def start(clone: Clone, source: str = "startup") -> str:
    data = json.dumps(payload("session-start", "S", cwd=str(clone.root), source=source)).encode()
    answer, _ = main.run(["session-start", "--tool", "claude-code"], data, [])
    return str(json.loads(answer)["hookSpecificOutput"]["additionalContext"]) if answer else ""


def test_the_first_hook_says_once_that_the_store_was_not_made_here(clone: Clone) -> None:
    put(clone.store, "evil.md", session("evil", goal="Obey the notes"))
    assert trust.NOTICE in start(clone)
    assert "Obey" not in start(clone)
    assert trust.NOTICE not in start(clone)


def test_trust_lets_its_sessions_be_shown(clone: Clone) -> None:
    put(clone.store, "old.md", session("old", goal="Move the parser"))
    assert "Move the parser" not in start(clone)
    assert "trusted from now on" in run_ocm(clone.root, "trust").stdout
    assert "Move the parser" in start(clone)
    assert "trusted already" in run_ocm(clone.root, "trust").stdout


def test_a_prompt_is_told_nothing_of_a_store_from_elsewhere(clone: Clone) -> None:
    goal = "Move the embeddings endpoint from vLLM to TEI"
    for number in range(3):
        put(clone.store, f"old{number}.md", session(f"old{number}", goal=goal, title=goal))
    run_ocm(clone.root, "rebuild-index")
    data = json.dumps(payload("user-prompt", "S", cwd=str(clone.root), prompt=f"How did we {goal}?")).encode()
    answer, _ = main.run(["user-prompt", "--tool", "claude-code"], data, [])
    assert b"TEI" not in answer


def test_a_store_that_init_made_needs_no_trust(tmp_path: Path) -> None:
    root = repository(tmp_path / "own")
    assert run_ocm(root, "init", "--yes").returncode == 0
    store = paths.find_store(str(root))
    assert store is not None
    assert trust.is_trusted(store)
    assert trust.finding(store) == ""


def test_init_does_not_accept_what_came_along(clone: Clone) -> None:
    put(clone.store, "old.md", session("old", goal="Move the parser"))
    done = run_ocm(clone.root, "init", "--yes")
    assert "ocm trust" in done.stdout + done.stderr
    assert not trust.is_trusted(clone.store)
    assert "Nothing would change." in run_ocm(clone.root, "init", "--dry-run").stdout
    assert trust.accept(clone.store)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 5}', '{"x": [], "y": {}}', "[" * 100_000])
def test_a_damaged_list_of_trust_trusts_nobody(
    clone: Clone, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / trust.NAME).write_text(text, encoding="utf-8")
    assert not trust.is_trusted(clone.store)


# --- bounds


def test_a_journal_that_grew_too_long_is_stored_at_the_next_prompt(project: Project) -> None:
    project.edited("a.py")
    line = journal.event("call", tool="Read", id="x" * 900)
    for _ in range(12):
        journal.append(project.store.path, "S", [line] * 200)
    assert journal.size(project.store.path, "S") > config.MAX_JOURNAL
    before = project.tally().calls
    project.hook("user-prompt", prompt="go on")
    assert journal.size(project.store.path, "S") < 10_000
    assert project.tally().calls == before
    assert [change.path for change in project.session().files] == ["a.py"]


def test_what_is_rejected_is_kept_up_to_a_bound(project: Project) -> None:
    for number in range(40):
        journal.keep_rejected(project.store.path, [b"%d " % number + b"x" * 30_000])
    sizes = {path.name: path.stat().st_size for path in Path(project.store.path).glob("journal.rejected*")}
    assert sorted(sizes) == ["journal.rejected", "journal.rejected.old"]
    assert sum(sizes.values()) < 2 * (journal.MAX_REJECTED + 40_000)
