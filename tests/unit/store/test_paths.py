"""One way to find the project: worktrees, the user store, and the commit, all without a git process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import NoStoreError
from ocm.mcp import http
from ocm.redaction import user_rules
from ocm.setup import install, manifest, scope
from ocm.store import config, paths, registry, trust
from ocm.store.paths import STORE
from tests.support.builders import Project, commit, git, payload, repository, run_hook, run_ocm


def store_in(folder: Path) -> Path:
    path = folder / STORE
    (path / "sessions").mkdir(parents=True)
    return path


def found(start: Path) -> tuple[Path, Path, bool] | None:
    store = paths.find_store(str(start))
    return (Path(store.path), Path(store.root), store.is_user) if store else None


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home" / STORE))
    return tmp_path / "home" / STORE


# --- the tests' own home


@pytest.mark.skipif(os.name == "nt", reason="there is no such database of users")
def test_no_test_can_reach_the_real_home(private_home: Path) -> None:
    import pwd

    real = Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    assert Path(os.path.expanduser("~")) == private_home
    assert Path(paths.user_store()) == private_home / STORE
    assert not private_home.is_relative_to(real) or real == Path("/")
    assert git(private_home, "config", "--show-origin", "user.name").startswith(f"file:{private_home}")
    assert not [name for name in os.environ if name.startswith(("CLAUDE", "XDG_"))]


# --- the store


def test_the_nearest_store_upwards_is_the_one(tmp_path: Path) -> None:
    outer, inner = store_in(tmp_path), store_in(tmp_path / "a")
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert found(deep) == (inner, tmp_path / "a", False)
    assert found(tmp_path) == (outer, tmp_path, False)


def test_there_may_be_none(tmp_path: Path) -> None:
    assert found(tmp_path) is None


def test_a_file_of_that_name_is_no_store(tmp_path: Path) -> None:
    (tmp_path / STORE).touch()
    assert found(tmp_path) is None


def test_the_user_store_serves_where_no_project_has_one(tmp_path: Path, user: Path) -> None:
    assert found(tmp_path) is None
    (user / "sessions").mkdir(parents=True)
    (tmp_path / "p").mkdir()
    assert found(tmp_path / "p") == (user, tmp_path / "p", True)


def test_a_user_folder_without_sessions_is_only_a_registry(tmp_path: Path, user: Path) -> None:
    user.mkdir(parents=True)
    assert found(tmp_path) is None


def test_the_user_store_is_no_project_store_of_the_home(user: Path) -> None:
    (user / "sessions").mkdir(parents=True)
    work = repository(user.parent / "work")
    (work / "src").mkdir()
    assert found(work / "src") == (user, work, True)
    own = store_in(work)
    assert found(work) == (own, work, False)


def test_ocm_home_moves_the_user_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "x"))
    assert paths.user_store() == str(tmp_path / "x")
    monkeypatch.delenv("OCM_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert paths.user_store() == str(tmp_path / STORE)


def test_a_store_knows_its_parts() -> None:
    store = paths.Store(os.path.join("p", STORE), "p")
    assert store.sessions == os.path.join("p", STORE, "sessions")
    assert store.database == os.path.join("p", STORE, "memory.db")


# --- a home that is nobody's

NO_HOME = ["", "/", "//", "/.", "/home/..", "home", "./home", "~", "../home"]


def without_a_home(home: str, patch: pytest.MonkeyPatch) -> None:
    patch.delenv("OCM_HOME", raising=False)
    for name in ("HOME", "USERPROFILE"):
        patch.setenv(name, home)


@pytest.mark.skipif(os.name == "nt", reason="the root of the disk has another name there")
@pytest.mark.parametrize("home", NO_HOME)
def test_a_home_that_is_empty_relative_or_the_root_makes_no_user_store(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_a_home(home, monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sessions").mkdir()  # which would make the folder itself the user store
    assert paths.user_store() == ""
    assert paths.in_user_store("trust.json") == ""
    with pytest.raises(NoStoreError, match="HOME"):
        paths.own_store()
    assert found(tmp_path) is None


@pytest.mark.parametrize("moved", ["/", "store", "./store", "//", "/x/.."])
def test_an_ocm_home_that_is_relative_or_the_root_makes_none_either(
    moved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that a project could bring along would decide what is redacted and which stores are trusted."""
    monkeypatch.setenv("OCM_HOME", moved)
    monkeypatch.chdir(tmp_path)
    assert paths.user_store() == ""


def test_nothing_is_read_from_where_a_process_happens_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_home("", monkeypatch)
    project = store_in(tmp_path / "p")
    for name, text in (
        ("config.json", '{"gate": {"threshold": 9}, "redact": {"off": "github-token"}}'),
        ("trust.json", json.dumps({str(project): trust.ACCEPTED})),
        ("registry.json", json.dumps([{"project_root": str(tmp_path / "p"), "store": str(project)}])),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert config.load(paths.user_store())["gate.threshold"] == 5
    assert user_rules.load(paths.user_store()).off == frozenset()
    assert registry.everywhere() == []
    assert not trust.is_trusted(paths.Store(str(project), str(tmp_path / "p")))


@pytest.mark.parametrize("write", [
    lambda: trust.note("/p", trust.SEEN), lambda: registry.register("/p", "/p/s"), lambda: registry.unregister("/p"),
    lambda: manifest.load("/p", user=False), scope.user_scope, http.token,
    lambda: install.plan_init(cwd="."), install.plan_install, lambda: install.plan_uninstall(cwd="."),
])  # fmt: skip
def test_who_would_write_there_says_so_and_writes_nothing(
    write: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_a_home("", monkeypatch)
    monkeypatch.delenv("OCM_HTTP_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoStoreError, match="Set HOME, or OCM_HOME"):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="the root of the disk has another name there")
def test_real_commands_and_hooks_without_a_home_leave_nothing_in_the_root(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = os.path.lexists(f"/{STORE}")
    without_a_home("", monkeypatch)
    assert paths.user_store() == "", "no process is started that would write to the root of the disk"
    for event, fields in (
        ("session-start", {"source": "startup"}),
        ("user-prompt", {"prompt": "go on"}),
        ("post-tool-use", {"tool_name": "Read"}),
        ("session-end", {"reason": "other"}),
    ):
        done = run_hook(project.root, event, payload(event, cwd=str(project.root), **fields))
        assert (done.returncode, done.stderr) == (0, b""), event
    assert run_ocm(project.root, "checkpoint", "--session-id", "S", "--goal", "g").returncode == 0
    assert run_ocm(project.root, "list").returncode == 0
    for words in (["init"], ["install"], ["uninstall"], ["trust"], ["config", "set", "--global", "gate.mode", "off"]):
        done_ocm = run_ocm(project.root, *words)
        assert done_ocm.returncode == 1, words
        assert (done_ocm.stderr.count("\n"), "HOME" in done_ocm.stderr) == (1, True), words
    found_wrong = json.loads(run_ocm(project.root, "doctor", "--json").stdout)
    assert "user-store" in {finding["check"] for finding in found_wrong["findings"]}
    assert os.path.lexists(f"/{STORE}") == there
    assert sorted(path.name for path in project.root.iterdir()) == [STORE]
    assert project.session().goal == "g"


def test_without_a_home_the_log_says_why_the_past_is_not_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.checkpoint("old", goal="Move the parser")
    without_a_home("", monkeypatch)
    assert "parser" not in json.dumps(project.hook("session-start", source="startup"))
    assert [line for line in project.log() if "There is no user store" in line]


# --- stores of strangers


def owned(monkeypatch: pytest.MonkeyPatch, owners: dict[Path, int], me: int) -> None:
    """Let folders belong to others, which only the superuser could bring about."""
    real = os.stat
    known = {str(path): owner for path, owner in owners.items()}

    def stat(path: Any, *rest: Any, **options: Any) -> os.stat_result:
        done = real(path, *rest, **options)
        values = list(done)
        values[4] = known.get(str(path), me)
        return os.stat_result(values)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "geteuid", lambda: me)


@pytest.mark.skipif(os.name == "nt", reason="there are no such owners")
@pytest.mark.parametrize("case", [
    (1000, 1000, 1000, True),   # one's own
    (1000, 0, 1000, True),      # the superuser's, who sees everything anyway
    (1000, 1000, 0, True),      # one's own in a folder of all, such as /tmp
    (1000, 1001, 0, False),     # a stranger's in it
    (0, 1001, 0, False),        # the superuser is not fooled either
    (0, 1001, 1001, True),      # but works in a folder of its user, such as one that a container was lent
    (1000, 1001, 1001, True),   # a file system that names one owner for all
    (1000, 1001, 1002, False),
])  # fmt: skip
def test_a_store_that_a_stranger_put_into_a_shared_folder_is_none(
    case: tuple[int, int, int, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, of_store, of_folder, is_found = case
    store = store_in(tmp_path)
    (tmp_path / "mine").mkdir()
    owned(monkeypatch, {store: of_store, tmp_path: of_folder}, me)
    assert (paths.find_store(str(tmp_path / "mine")) is not None) == is_found


@pytest.mark.skipif(os.name == "nt", reason="there are no such owners")
def test_a_link_to_a_strangers_worktree_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write to a folder of all could put a `.git` file there that names a repository of his."""
    main = repository(tmp_path / "evil")
    store = store_in(main)
    git(main, "worktree", "add", "-q", "-b", "side", "../lent")
    assert found(tmp_path / "lent") == (store, tmp_path / "lent", False)
    owned(monkeypatch, {store: 1001, tmp_path / "lent": 0}, 1000)
    assert paths.find_store(str(tmp_path / "lent")) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_real_store_of_a_stranger_is_not_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    store = store_in(tmp_path)
    for path in (store, store / "sessions"):
        os.chown(path, 54321, 54321)
        path.chmod(0o777)
    project = repository(tmp_path / "mine")
    done = run_ocm(project, "checkpoint", "--session-id", "S", "--goal", "g")
    assert (done.returncode, "ocm init" in done.stderr) == (1, True)
    assert list((store / "sessions").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="a disk can be one project there")
def test_a_store_in_the_root_of_the_disk_serves_no_other_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_is_store", lambda path, _: path == f"/{STORE}")
    assert paths.find_store("/usr/lib") is None
    there = paths.find_store("/")
    assert there is not None
    assert there.path == f"/{STORE}"


# --- worktrees


def test_a_linked_worktree_uses_the_store_of_the_main_one(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    store = store_in(main)
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    (tmp_path / "linked" / "deep").mkdir()
    assert found(tmp_path / "linked" / "deep") == (store, tmp_path / "linked", False)
    own = store_in(tmp_path / "linked")
    assert own != store
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


def test_a_linked_worktree_may_have_the_only_store(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    store = store_in(tmp_path / "linked")
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


def test_worktrees_of_a_bare_repository_share_the_one_beside_it(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(tmp_path, "clone", "-q", "--bare", str(main), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", "-b", "side", "../linked")
    store = store_in(tmp_path / "bare.git")
    assert paths.main_worktree(str(tmp_path / "linked")) == str(tmp_path / "bare.git")
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """Return a folder with a bare repository in it and a worktree beside that, as `git worktree` users lay them out."""
    origin, around = repository(tmp_path / "origin"), tmp_path / "around"
    around.mkdir()
    git(around, "clone", "-q", "--bare", str(origin), ".bare")
    (around / ".git").write_text("gitdir: ./.bare\n", encoding="utf-8")
    git(around, "worktree", "add", "-q", "-b", "side", "tree")
    (around / "tree" / "deep").mkdir()
    return around


@pytest.mark.parametrize("place", ["", ".bare"])
def test_a_folder_around_a_bare_repository_and_its_worktrees_have_one_store(container: Path, place: str) -> None:
    store = store_in(container / place)
    for folder in (container, container / "tree", container / "tree" / "deep"):
        there = paths.find_store(str(folder))
        assert there is not None
        assert there.path == str(store)


def test_the_store_around_a_bare_repository_is_not_hidden_by_one_in_it(container: Path) -> None:
    store = store_in(container)
    store_in(container / ".bare")
    for name, top in (("", ""), ("tree", "tree"), ("tree/deep", "tree")):
        assert found(container / name) == (store, container / top, False)


def test_a_worktree_elsewhere_finds_the_store_around_its_bare_repository(container: Path, tmp_path: Path) -> None:
    store = store_in(container)
    git(container, "worktree", "add", "-q", "-b", "far", str(tmp_path / "far"))
    assert found(tmp_path / "far") == (store, tmp_path / "far", False)


def test_a_git_file_that_nothing_points_back_to_leads_to_no_store(tmp_path: Path) -> None:
    private = repository(tmp_path / "private")
    store_in(private)
    git(private, "worktree", "add", "-q", "-b", "side", "../linked")
    archive = tmp_path / "archive"
    (archive / "fake").mkdir(parents=True)
    for link, common in (("fake", "../../private/.git"), ("../private/.git/worktrees/linked", "../..")):
        (archive / ".git").write_text(f"gitdir: {link}\n", encoding="utf-8")
        (archive / "fake" / "commondir").write_text(f"{common}\n", encoding="utf-8")
        (archive / "fake" / "gitdir").write_text(f"{archive}/.git\n", encoding="utf-8")
        assert paths.main_worktree(str(archive)) is None
        assert paths.find_store(str(archive)) is None


def test_a_bare_repository_elsewhere_that_a_git_file_names_leads_to_no_store(tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository(tmp_path / "main")), "bare.git")
    store_in(tmp_path / "bare.git")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / ".git").write_text("gitdir: ../bare.git\n", encoding="utf-8")
    assert paths.find_store(str(tmp_path / "archive")) is None


def test_a_submodule_uses_the_store_around_it(tmp_path: Path) -> None:
    main, part = repository(tmp_path / "main"), repository(tmp_path / "part")
    store = store_in(main)
    git(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part), "part")
    assert paths.main_worktree(str(main / "part")) is None
    assert found(main / "part") == (store, main, False)


@pytest.mark.parametrize("content", ["", "gitdir:", "gitdir: /nowhere/at/all", "something else", "gitdir: \x00"])
def test_a_broken_link_is_no_worktree(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content, encoding="utf-8")
    assert paths.main_worktree(str(tmp_path)) is None
    assert paths.git_head(str(tmp_path)) == ("", "")


# --- the commit


def test_the_head_is_what_git_says(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    (root / "deep").mkdir()
    sha = git(root, "rev-parse", "HEAD")
    assert paths.git_head(str(root / "deep")) == (sha, "main")
    git(root, "checkout", "-q", "-b", "feature/tei")
    sha = commit(root)
    assert paths.git_head(str(root)) == (sha, "feature/tei")
    git(root, "pack-refs", "--all")
    assert paths.git_head(str(root)) == (git(root, "rev-parse", "HEAD"), "feature/tei")
    git(root, "checkout", "-q", "--detach", sha)
    assert paths.git_head(str(root)) == (sha, "")


def test_a_branch_that_names_another_one_is_followed(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "symbolic-ref", "refs/heads/old", "refs/heads/main")
    git(root, "symbolic-ref", "refs/heads/older", "refs/heads/old")
    git(root, "checkout", "-q", "older")
    assert paths.git_head(str(root)) == (git(root, "rev-parse", "HEAD"), "older")
    git(root, "pack-refs", "--all")
    assert paths.git_head(str(root)) == (git(root, "rev-parse", "HEAD"), "older")


@pytest.mark.parametrize(
    "text", ["ref: refs/heads/main", "ref: ../../secret", "ref: /etc/hostname", "nothing", "a" * 39, "A" * 40, ""]
)
def test_what_is_no_id_of_a_commit_is_told_as_none(tmp_path: Path, text: str) -> None:
    git_dir = repository(tmp_path / "r") / ".git"
    (git_dir / "refs" / "heads" / "main").write_text(text + "\n", encoding="utf-8")
    assert paths.git_head(str(tmp_path / "r")) == ("", "main")
    (git_dir / "HEAD").write_text(text.removeprefix("ref: ") + "\n", encoding="utf-8")
    assert paths.git_head(str(tmp_path / "r")) == ("", "")


def test_tips_of_branches_are_read_without_git(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "branch", "side")
    git(root, "pack-refs", "--all")
    tips = paths.branch_tips(str(root), ["refs/heads/main", "refs/heads/side", "refs/heads/none"])
    assert tips == dict.fromkeys(["refs/heads/main", "refs/heads/side"], git(root, "rev-parse", "HEAD"))
    assert paths.branch_tips(str(tmp_path), ["refs/heads/main"]) == {}


def test_the_head_of_a_linked_worktree_is_its_own(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    sha = commit(tmp_path / "linked")
    assert paths.git_head(str(tmp_path / "linked")) == (sha, "side")
    assert paths.git_head(str(main))[1] == "main"


def test_refs_in_a_table_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n", encoding="utf-8")
    assert paths.git_head(str(tmp_path)) == ("", "")


def test_a_branch_that_no_ref_names_has_no_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "pack-refs", "--all")
    git(root, "checkout", "-q", "--orphan", "new")
    assert paths.git_head(str(root)) == ("", "new")


def test_a_repository_without_commits_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--template=")
    assert paths.git_head(str(tmp_path)) == ("", "main")


def test_without_a_repository_there_is_no_head(tmp_path: Path) -> None:
    assert paths.git_head(str(tmp_path)) == ("", "")
    assert paths.work_tree(str(tmp_path)) is None


def test_in_the_root_of_the_disk_there_is_nowhere_further_up_to_look() -> None:
    found = paths.find_store(os.sep)
    assert found is None or found.root == os.sep


def test_a_regular_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 10)
    assert paths.read_regular(str(path), 10) == b"x" * 10
    with pytest.raises(paths.UnfitFileError, match="larger than 0 kB"):
        paths.read_regular(str(path), 9)
    with pytest.raises(FileNotFoundError):
        paths.read_regular(str(tmp_path / "none"), 10)


def test_a_large_bound_is_named_in_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    os.truncate(path, 2 * 1024 * 1024 + 1)
    with pytest.raises(paths.UnfitFileError, match="larger than 2 MB"):
        paths.read_regular(str(path), 2 * 1024 * 1024)


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither pipes nor sockets in folders")
@pytest.mark.parametrize("follow", [False, True])
def test_what_is_no_regular_file_is_neither_read_nor_waited_for(tmp_path: Path, *, follow: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(tmp_path):
        server.bind("socket")
        for path in ("pipe", "folder", "socket", os.devnull):
            before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
            with pytest.raises(paths.UnfitFileError, match="not a regular file"):
                paths.read_regular(path, 10, follow=follow)
            assert not before or len(os.listdir("/proc/self/fd")) == before


def test_a_link_is_followed_only_where_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "link").symlink_to("f")
    assert paths.read_regular(str(tmp_path / "link"), 10, follow=True) == b"x"
    with pytest.raises(paths.UnfitFileError, match="not a regular file"):
        paths.read_regular(str(tmp_path / "link"), 10)


def test_what_is_judged_is_the_file_that_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process puts a pipe in its place between two looks: there are no two looks."""
    path = tmp_path / "f"
    path.write_bytes(b"mine")
    real = os.fstat

    def swap(descriptor: int) -> os.stat_result:
        monkeypatch.undo()
        path.unlink()
        os.mkfifo(path)
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    assert paths.read_regular(str(path), 10) == b"mine"


@pytest.mark.parametrize("name", ["a.md", "a b.md", "ä.md", "a\\b.md"])
def test_a_session_file_has_a_plain_name(name: str) -> None:
    assert paths.is_session_file(name)


@pytest.mark.parametrize(
    "name", ["", ".md", ".a.md", "a.txt", "../a.md", "/a.md", "b/a.md", "a.md/", "README.md", "readme.md"]
)
def test_a_name_that_is_hidden_or_leads_elsewhere_is_no_session_file(name: str) -> None:
    assert not paths.is_session_file(name)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("src/a.py", "src/a.py"),
        ("../beside/a.py", "../beside/a.py"),
        ("/home/someone/.claude/plans/go-on.md", "~/.claude/plans/go-on.md"),
        ("/home/someone-else/plan.md", "plan.md"),
        ("/srv/drafts/", "drafts"),
        ("C:/Users/someone/plan.md", "plan.md"),
    ],
)
def test_a_path_outside_is_shown_from_the_home_or_by_its_name(
    path: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda _: "/home/someone")
    assert paths.shown(path) == shown
    monkeypatch.setattr(os.path, "expanduser", lambda _: "/")
    assert not os.path.isabs(paths.shown(path))
