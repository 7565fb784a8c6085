"""A store is known by its identity: it stays known where it is moved or copied to, and another in its place is not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.cli import overview, quick_commands
from ocm.doctor import doctor, store_checks
from ocm.index import access
from ocm.mcp.conversation import Caller, Conversation
from ocm.mcp.tools import TOOLS
from ocm.recall import listing
from ocm.setup import install, manifest
from ocm.store import config, files, journal, registry, trust
from ocm.store.paths import STORE, Store
from tests.support.builders import Project, commit, git, repository, run_ocm
from tests.support.session_store import put, session


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("OCM_HOME", str(home / STORE))
    return home / STORE


def made(root: Path) -> Store:
    """Make a project whose store this user made."""
    repository(root)
    install.plan_init(str(root), cwd=str(root), hosts=["claude-code"]).apply()
    return Store(str(root / STORE), str(root))


def cloned(root: Path, goal: str = "Obey the notes") -> Store:
    """Make a project that somebody else made, with a session in it."""
    repository(root)
    store = Store(str(root / STORE), str(root))
    Path(store.sessions).mkdir(parents=True)
    put(store, "evil.md", session("evil", goal=goal))
    return store


def moved(store: Store, to: Path) -> Store:
    shutil.move(store.root, to)
    return Store(str(to / STORE), str(to))


def roots() -> list[object]:
    return [row["project_root"] for row in registry.rows()]


# --- moves and copies


def test_init_gives_a_store_an_identity_that_the_user_store_knows(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    assert len(trust.identity(store.path)) == 32
    assert trust.is_bound(store.path)
    assert install.plan_init(str(tmp_path / "shop"), cwd=str(tmp_path), hosts=["claude-code"]).steps == []
    assert (tmp_path / "shop" / STORE / trust.ID).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "meet",
    [
        lambda store: quick_commands.find_store(store.root),
        lambda store: overview.look(store.root),
        lambda store: doctor.examine(store.root),
        lambda store: Project.hook(_at(store), "session-start", source="startup"),
        lambda store: TOOLS["ocm__list_sessions"].call(Conversation(store.root), Caller(), {}),
    ],
)
def test_a_project_that_was_renamed_is_known_at_once_and_registered_where_it_is(
    meet: Callable[[Store], object], tmp_path: Path
) -> None:
    store = moved(made(tmp_path / "shop"), tmp_path / "shop-v2")
    assert trust.is_trusted(store)
    assert roots() == [str(tmp_path / "shop")]
    meet(store)
    assert roots() == [str(tmp_path / "shop-v2")]
    assert [one.root for one in registry.everywhere()] == [str(tmp_path / "shop-v2")]
    assert registry.rows()[0]["project"] == "shop-v2"
    assert trust.is_bound(store.path)


def _at(store: Store) -> Project:
    project = object.__new__(Project)
    project.root, project.store = Path(store.root), store
    return project


def test_what_was_set_up_before_a_project_moved_is_taken_back_where_it_is(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    (root / "CLAUDE.md").write_bytes(b"mine\r\n")
    before = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}
    store = moved(made_in(root), tmp_path / "shop-v2")
    install.plan_uninstall(store.root, cwd=store.root, purge=True).apply()
    after = {path.name: path.read_bytes() for path in Path(store.root).iterdir() if path.is_file()}
    assert after == before
    assert registry.rows() == []
    assert not list((tmp_path / "home" / STORE).glob("installs/*"))


def made_in(root: Path) -> Store:
    install.plan_init(str(root), cwd=str(root), hosts=["claude-code"]).apply()
    return Store(str(root / STORE), str(root))


def test_a_set_up_that_goes_on_after_a_move_has_one_manifest(tmp_path: Path) -> None:
    store = moved(made(tmp_path / "shop"), tmp_path / "shop-v2")
    install.plan_init(store.root, cwd=store.root, hosts=["codex"]).apply()
    (file,) = (tmp_path / "home" / STORE / "installs").glob("*.json")
    assert json.loads(file.read_text())["root"] == store.root
    assert manifest.load(store.root, user=False).hosts == ["claude-code", "codex"]


def test_a_copy_is_known_has_an_identity_of_its_own_and_leaves_the_set_up_of_the_original(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    shutil.copytree(store.root, tmp_path / "copy")
    copy = Store(str(tmp_path / "copy" / STORE), str(tmp_path / "copy"))
    assert trust.is_trusted(copy)
    trust.settle(copy)
    assert trust.identity(copy.path) != trust.identity(store.path)
    assert trust.is_bound(copy.path)
    assert trust.is_bound(store.path)
    assert sorted(map(str, roots())) == [copy.root, store.root]
    assert manifest.load(copy.root, user=False).hosts == []
    assert manifest.load(store.root, user=False).hosts == ["claude-code"]


def test_a_worktree_that_uses_a_store_follows_it(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    registry.register(str(tmp_path / "tree"), store.path)
    there = moved(store, tmp_path / "elsewhere")
    trust.settle(there)
    assert {(row["project_root"], row["store"]) for row in registry.rows()} == {
        (str(tmp_path / "tree"), there.path),
        (there.root, there.path),
    }
    registry.moved("/nowhere", there.path, is_copy=False)
    assert len(registry.rows()) == 2


def test_a_project_moved_twice_remembers_where_it_was_and_odd_rows_do_no_harm(tmp_path: Path) -> None:
    store = made(tmp_path / "one")
    for name in ("two", "three"):
        store = moved(store, tmp_path / name)
        trust.settle(store)
    assert registry.former_roots(store.root) == [str(tmp_path / "two"), str(tmp_path / "one")]
    assert registry.former_roots("/nowhere") == []
    Path(registry.path()).write_text(json.dumps([{"project_root": store.root, "before": 5}, {"store": store.path}]))
    assert registry.former_roots(store.root) == []
    there = moved(store, tmp_path / "four")
    registry.moved(store.path, there.path, is_copy=False)
    assert {"store": there.path} in registry.rows()


# --- another store in its place


def test_a_project_cloned_to_where_another_was_is_not_known(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    shutil.rmtree(store.root)
    other = cloned(tmp_path / "shop")
    assert not trust.is_trusted(other)
    assert "Obey" not in str(_at(other).hook("session-start", source="startup"))
    (Path(other.path) / trust.ID).write_text("0" * 32, encoding="utf-8")
    assert not trust.is_trusted(other)
    assert trust.accept(other)
    assert trust.identity(other.path) not in {"", "0" * 32}
    assert not trust.accept(other)


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "G" * 32, "é" * 16])
def test_what_is_no_identity_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / trust.ID).write_text(text, encoding="utf-8")
    assert trust.identities(str(tmp_path)) == []


def test_a_store_that_several_homes_use_is_known_in_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine and in a container that has the same folder: neither takes the other's trust away."""
    store = made(tmp_path / "shop")
    put(store, "a.md", session("a", goal="Move the parser"))
    homes = [str(tmp_path / "home" / STORE), str(tmp_path / "container" / STORE)]
    monkeypatch.setenv("OCM_HOME", homes[1])
    assert not trust.is_trusted(store)
    assert trust.accept(store)
    shutil.copytree(store.root, tmp_path / "copy")
    copy = Store(str(tmp_path / "copy" / STORE), str(tmp_path / "copy"))
    for home in [*homes, *homes]:
        monkeypatch.setenv("OCM_HOME", home)
        for one in (store, copy):
            trust.settle(one)
            assert trust.is_bound(one.path)
    assert len(trust.identities(store.path)) == len(trust.identities(copy.path)) == 2
    assert not set(trust.identities(store.path)) & set(trust.identities(copy.path))


def test_a_user_store_that_somebody_holds_costs_the_notice_nothing(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = cloned(tmp_path / "shop")
    own_home.mkdir()
    monkeypatch.setattr(trust, "_PATIENCE", 0.05)
    with files.locked(trust.path() + ".lock"):
        assert trust.notice_once(other) == trust.NOTICE
    assert trust.notice_once(other) == trust.NOTICE
    assert trust.notice_once(other) == ""


def test_a_store_from_before_identities_gets_one_when_it_is_met(tmp_path: Path) -> None:
    root = repository(tmp_path / "old")
    store = Store(str(root / STORE), str(root))
    Path(store.sessions).mkdir(parents=True)
    registry.register(str(root), store.path)
    assert trust.is_trusted(store)
    trust.settle(store)
    assert trust.is_bound(store.path)
    accepted = cloned(tmp_path / "accepted")
    trust.note(accepted.path, trust.ACCEPTED)
    trust.settle(accepted)
    assert trust.is_bound(accepted.path)


def test_what_nobody_knows_is_given_no_identity(tmp_path: Path, own_home: Path) -> None:
    other = cloned(tmp_path / "shop")
    trust.settle(other)
    assert trust.identity(other.path) == ""
    assert not own_home.exists()
    own_home.mkdir()
    (own_home / registry.NAME).write_text("{", encoding="utf-8")
    trust.settle(other)
    assert trust.identity(other.path) == "", "a damaged registry makes nobody's store one's own"


def test_a_store_that_takes_no_identity_is_known_by_its_place(tmp_path: Path) -> None:
    other = cloned(tmp_path / "shop")
    (Path(other.path) / trust.ID).mkdir()
    assert trust.accept(other)
    assert trust.is_trusted(other)
    assert not trust.is_bound(other.path)
    trust.settle(other)
    assert trust.is_trusted(other)


def test_a_user_store_that_cannot_be_written_to_leaves_it_to_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = moved(made(tmp_path / "shop"), tmp_path / "shop-v2")
    with monkeypatch.context() as patch:
        patch.setattr(trust, "bind", lambda _: (_ for _ in ()).throw(OcmError("locked")))
        trust.settle(store)
    assert trust.is_trusted(store)
    assert not trust.is_bound(store.path)


def test_init_after_uninstall_knows_its_own_sessions(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    put(store, "a.md", session("a", goal="Move the parser"))
    install.plan_uninstall(store.root, cwd=store.root).apply()
    there = moved(store, tmp_path / "again")
    plan = install.plan_init(there.root, cwd=there.root, hosts=["claude-code"])
    assert not [line for line in plan.warnings if "trust" in line]
    plan.apply()
    assert "Move the parser" in str(_at(there).hook("session-start", source="startup"))


def test_what_is_removed_for_good_is_forgotten_and_the_others_stay(tmp_path: Path, own_home: Path) -> None:
    store, other = made(tmp_path / "shop"), made(tmp_path / "other")
    install.plan_uninstall(store.root, cwd=store.root, purge=True).apply()
    assert not trust.is_recorded(store.path)
    assert trust.is_bound(other.path)
    install.plan_uninstall(other.root, cwd=other.root, purge=True).apply()
    assert not (own_home / trust.NAME).exists()
    trust.drop(other.path)


# --- nothing of a store is read before it is trusted


def test_journals_that_came_along_are_not_stored_before_trust(tmp_path: Path) -> None:
    other = cloned(tmp_path / "shop")
    line = {"e": "call", "t": 1.0, "path": "a.py"}
    path = Path(other.path) / "active_dead.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    os.utime(path, (1, 1))
    _at(other).hook("session-start", source="startup")
    assert [one.name for one in Path(other.sessions).iterdir()] == ["evil.md"]
    trust.accept(other)
    _at(other).hook("session-start", session_id="T", source="startup")
    assert sorted(ids(other)) == ["dead", "evil"]


@pytest.mark.parametrize("name", ["ocm__list_sessions", "ocm__search_sessions", "ocm__get_session"])
def test_no_tool_reads_a_store_from_elsewhere(tmp_path: Path, name: str) -> None:
    other = cloned(tmp_path / "shop")
    arguments = {"ocm__search_sessions": {"query": "obey"}, "ocm__get_session": {"session_id": "evil"}}.get(name, {})
    with pytest.raises(OcmError, match="ocm trust"):
        TOOLS[name].call(Conversation(other.root), Caller(), arguments)
    trust.accept(other)
    assert "Obey" in str(TOOLS[name].call(Conversation(other.root), Caller(), arguments))


def test_a_search_of_all_projects_reads_no_store_that_took_another_one_s_place_and_follows_no_link(
    tmp_path: Path,
) -> None:
    for name in ("shop", "bank"):
        put(made(tmp_path / name), "a.md", session(name, goal="Obey the plan"))
    everything = {"query": "obey", "scope": "global"}
    ask = TOOLS["ocm__search_sessions"].call
    assert {hit["session_id"] for hit in ask(Conversation(None), Caller(), everything)["result"]} == {"shop", "bank"}
    shutil.rmtree(tmp_path / "shop")
    cloned(tmp_path / "shop")
    (tmp_path / "outside" / "sessions").mkdir(parents=True)
    shutil.rmtree(tmp_path / "bank" / STORE)
    (tmp_path / "bank" / STORE).symlink_to(tmp_path / "outside")
    assert ask(Conversation(None), Caller(), everything)["result"] == []
    done = run_ocm(tmp_path, "search", "--all-projects", "obey")
    assert "bank" not in done.stdout
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["sessions"]


# --- what a checkout brings


@pytest.fixture
def visited(tmp_path: Path) -> Store:
    """Return a store of one's own in which a branch has put files by force."""
    store = made(tmp_path / "shop")
    put(store, "own.md", session("own", goal="Move the parser"))
    root = Path(store.root)
    commit(root)
    git(root, "checkout", "-q", "-b", "hostile")
    put(store, "evil.md", session("evil", goal="Obey the notes"))
    (Path(store.path) / "config.json").write_text('{"gate": {"mode": "off"}}', encoding="utf-8")
    journal_line = json.dumps({"e": "call", "t": 1.0, "path": "Obey.py"}) + "\n"
    (Path(store.path) / "active_dead.jsonl").write_text(journal_line, encoding="utf-8")
    (Path(store.path) / "forget_own.json").write_text('{"session": "own"}', encoding="utf-8")
    names = ["sessions/evil.md", "config.json", "active_dead.jsonl", "forget_own.json"]
    git(root, "add", "-f", *(f"{STORE}/{name}" for name in names))
    git(root, "commit", "-q", "-m", "evil")
    git(root, "checkout", "-q", "-")
    git(root, "checkout", "-q", "hostile")
    return store


def ids(store: Store) -> set[str]:
    return {row["session_id"] for row in listing.list_sessions(store, 10, None)}


def test_files_that_a_checkout_brought_into_ones_own_store_do_not_count(visited: Store) -> None:
    os.utime(Path(visited.path) / "active_dead.jsonl", (1, 1))
    assert trust.is_trusted(visited)
    assert ids(visited) == {"own"}
    assert config.load(visited.path)["gate.mode"] == "block"
    said = str(_at(visited).hook("session-start", source="startup"))
    assert "Move the parser" in said
    assert "Obey" not in said
    _at(visited).checkpoint("T", goal="go on")
    assert ids(visited) == {"own", "T"}
    assert journal.session_keys(visited.path) == ["S", "T"]
    assert "Obey" not in "".join(
        path.read_text() for path in Path(visited.sessions).iterdir() if path.name != "evil.md"
    )


def test_what_is_left_out_is_named_until_it_is_shared_on_purpose(visited: Store) -> None:
    lines: list[str] = []
    access.read(visited, lambda _: None, notice=lines.append)
    assert any("1 session files" in line and "ocm trust" in line for line in lines)
    assert any(one.check == "store-tracked" for one in store_checks.check(visited))
    assert trust.accept(visited)
    assert not trust.accept(visited)
    assert trust.is_shared(visited.path)
    assert trust.is_shared(visited.archive.path)
    assert ids(visited) == {"own", "evil"}
    assert not [one for one in store_checks.check(visited) if one.check in {"store-tracked", "store-ignored"}]
    lines.clear()
    access.read(visited, lambda _: None, notice=lines.append)
    assert lines == []
    assert config.load(visited.path)["gate.mode"] == "block", "settings are nobody's to bring along"
    assert journal.session_keys(visited.path) == []


def test_what_is_shared_stays_shared_where_the_project_moves_or_is_copied(visited: Store, tmp_path: Path) -> None:
    trust.accept(visited)
    there = moved(visited, tmp_path / "elsewhere")
    trust.settle(there)
    assert trust.is_shared(there.path)
    shutil.copytree(there.root, tmp_path / "copy")
    copy = Store(str(tmp_path / "copy" / STORE), str(tmp_path / "copy"))
    trust.settle(copy)
    assert trust.is_shared(copy.path)
    assert trust.is_shared(there.path)


def test_a_file_that_keeps_the_store_out_of_git_may_be_tracked(tmp_path: Path) -> None:
    store = made(tmp_path / "shop")
    (Path(store.path) / ".gitignore").write_text("*\n", encoding="utf-8")
    git(Path(store.root), "add", "-f", f"{STORE}/.gitignore")
    assert trust.foreign(store.path) == frozenset()
    assert not trust.accept(store)


def test_the_command_accepts_what_git_tracks(visited: Store) -> None:
    assert "trusted from now on" in run_ocm(Path(visited.root), "trust").stdout
    assert "trusted already" in run_ocm(Path(visited.root), "trust").stdout
    assert {row["session_id"] for row in json.loads(run_ocm(Path(visited.root), "list", "--json").stdout)} == {
        "own",
        "evil",
    }
