"""Importing: what comes in, what stays out and why, and that every file is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.markdown import parse
from ocm.sessions import archive, copies, forget, session_files
from ocm.sources import importer, survey
from ocm.sources.importer import Wish
from ocm.sources.readers import claude_code
from tests.support.builders import Project, commit, git, repository
from tests.support.session_store import everything, ids, put, session
from tests.support.transcripts import OTHER, SESSION, Claude, small_change


@pytest.fixture
def repo(tmp_path: Path) -> Project:
    return Project(repository(tmp_path / "proj"))


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path / "claude" / "projects" / "x"


def run(project: Project, *paths: Path, **wish: object) -> importer.Report:
    return importer.run(project.store, Wish(tuple(map(str, paths)), **wish))  # type: ignore[arg-type]


def test_a_conversation_becomes_a_session_and_its_commit_is_linked(repo: Project, tmp_path: Path) -> None:
    (repo.root / "greet.py").write_text('print("Good morning, dear user")\n', encoding="utf-8")
    sha = commit(repo.root, "Greet warmly")
    one = Claude(cwd=str(repo.root)).prompt("Greet warmly")
    one.edits(f"{repo.root}/greet.py", "old", 'print("Good morning, dear user")')
    one.runs("git commit", f"[main {sha[:7]}] Greet warmly").put(tmp_path / "t")
    report = run(repo, tmp_path / "t")
    assert (report.added, report.troubles) == ([SESSION], [])
    found = repo.session()
    assert (found.session_id, found.project, found.files[0].path) == (SESSION, "proj", "greet.py")
    assert f" {sha} " in "\n".join(found.facts)


def test_again_is_nothing_and_what_grew_is_added(repo: Project, tmp_path: Path) -> None:
    one = small_change(str(repo.root))
    one.put(tmp_path / "t")
    run(repo, tmp_path / "t")
    before = everything(repo.store.sessions)
    assert run(repo, tmp_path / "t").same == [SESSION]
    assert everything(repo.store.sessions) == before
    one.prompt("And the farewell").says("Done, too.").put(tmp_path / "t")
    assert run(repo, tmp_path / "t").completed == [SESSION]
    assert repo.session().last_words == "Done, too."
    one.bare(type="mode", mode="x").put(tmp_path / "t")
    assert run(repo, tmp_path / "t").same == [SESSION]


def test_what_hooks_recorded_and_the_transcript_are_one_session(repo: Project, tmp_path: Path) -> None:
    repo.hook("session-start", session_id=SESSION, source="startup")
    repo.edited(str(repo.root / "a.py"), SESSION)
    repo.checkpoint(SESSION, decisions=["said"])
    small_change(str(repo.root)).put(tmp_path / "t")
    assert run(repo, tmp_path / "t").completed == [SESSION]
    found = repo.session()
    assert (found.decisions, found.goal, found.source) == (["said"], "Make the greeting friendlier", "claude-code")
    assert {change.path for change in found.files} == {"a.py", "greet.py"}


def test_a_conversation_that_goes_on_stays_open(repo: Project, tmp_path: Path) -> None:
    repo.hook("session-start", session_id=SESSION, source="startup")
    small_change(str(repo.root)).put(tmp_path / "t")
    run(repo, tmp_path / "t")
    assert (repo.session().status, repo.session().ended_at) == ("open", "")


def test_an_archived_session_grows_where_it_is(repo: Project, tmp_path: Path) -> None:
    one = small_change(str(repo.root))
    one.put(tmp_path / "t")
    run(repo, tmp_path / "t")
    archive.archive_session(repo.store, SESSION, repo.file().name)
    one.prompt("more").says("x").put(tmp_path / "t")
    assert run(repo, tmp_path / "t").completed == [SESSION]
    assert repo.files() == []


def test_what_was_forgotten_does_not_come_back(repo: Project, tmp_path: Path) -> None:
    small_change(str(repo.root)).put(tmp_path / "t")
    run(repo, tmp_path / "t")
    forget.forget(repo.store, SESSION)
    report = run(repo, tmp_path / "t")
    assert (report.added, report.left_out) == ([], {"forgotten": 1})
    assert ids(repo.store) == []


def test_what_was_merged_into_another_session_stays_there(repo: Project, tmp_path: Path) -> None:
    small_change(str(repo.root)).put(tmp_path)
    run(repo, tmp_path)
    repo.checkpoint("mine", goal="the same work")
    copies.join(repo.store, *(session_files.locate(repo.store, one, []) for one in ("mine", SESSION)))
    before = everything(repo.store.sessions)
    report = run(repo, tmp_path)
    assert report.left_out == {"merged into another": 1}
    assert everything(repo.store.sessions) == before


def test_small_ones_and_other_dates_are_left_out_and_counted(repo: Project, tmp_path: Path) -> None:
    Claude(cwd=str(repo.root)).prompt("what is 2+2?").says("4").put(tmp_path / "t")
    Claude(OTHER, str(repo.root)).bare(type="mode", mode="x").prompt("<bash-input>x</bash-input>").put(tmp_path / "t")
    assert run(repo, tmp_path / "t").left_out == {"small": 2}
    assert run(repo, tmp_path / "t", include_small=True).added == [SESSION]
    assert run(repo, tmp_path / "t", since=9e9).left_out == {"outside the dates": 2}


def test_a_dry_run_writes_nothing(repo: Project, tmp_path: Path) -> None:
    small_change(str(repo.root)).put(tmp_path / "t")
    before = everything(repo.store.path)
    report = run(repo, tmp_path / "t", dry_run=True)
    assert (report.added, report.titles) == ([SESSION], {SESSION: "Make the greeting friendlier"})
    assert everything(repo.store.path).keys() - before.keys() <= {"memory.db"}
    run(repo, tmp_path / "t")
    small_change(str(repo.root)).prompt("x").put(tmp_path / "t")
    assert run(repo, tmp_path / "t", dry_run=True).completed == [SESSION]


def test_only_this_project_is_taken_from_the_usual_places(repo: Project, history: Path) -> None:
    small_change(str(repo.root)).put(history)
    small_change("/elsewhere", OTHER).put(history)
    report = run(repo, sources=("claude-code",))
    assert (report.added, report.elsewhere) == ([SESSION], {"/elsewhere": 1})
    assert run(repo, sources=("claude-code",), maps=(("/elsewhere", str(repo.root)),)).added == [OTHER]


def test_a_path_that_a_person_names_is_this_project_unless_another_store_has_it(repo: Project, tmp_path: Path) -> None:
    other = Project(repository(tmp_path / "other"))
    small_change("/elsewhere/proj").put(tmp_path / "t")
    small_change(str(other.root), OTHER).put(tmp_path / "t")
    report = run(repo, tmp_path / "t")
    assert (report.added, report.elsewhere) == ([SESSION], {str(other.root): 1})
    assert [change.path for change in repo.session().files] == ["greet.py"]
    assert run(repo, tmp_path / "t", sources=("other",)).added == []


@pytest.mark.parametrize("larger", ["a", "b"])
def test_the_largest_of_several_files_of_one_conversation_counts(repo: Project, tmp_path: Path, larger: str) -> None:
    for name in ("a", "b"):
        one = small_change(str(repo.root))
        (one.prompt("more") if name == larger else one).put(tmp_path / "t" / name)
    run(repo, tmp_path / "t")
    assert len(repo.session().work_summary) == 3


def test_what_is_no_history_is_named(repo: Project, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    assert run(repo, tmp_path / "t").troubles == [f"{tmp_path}/t: no conversation of a known history is in it"]
    small_change(str(repo.root)).put(tmp_path / "t")
    os.mkfifo(tmp_path / "t" / "z.jsonl")
    assert run(repo, tmp_path / "t").troubles == [f"{tmp_path}/t: unreadable: it is not a regular file"]


def test_a_file_that_vanishes_meanwhile_is_named(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    path = small_change(str(repo.root)).put(tmp_path / "t")
    monkeypatch.setattr(claude_code, "read", vanish)
    assert run(repo, tmp_path / "t").troubles == [f"{path}: No such file or directory"]


def test_secrets_and_private_text_do_not_come_in(repo: Project, tmp_path: Path) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    one = Claude(cwd=str(repo.root))
    one.prompt(f"Use {token} for it <private>my \ud800 diary</private>").says(f"I used {token} <private>x")
    one.runs("pytest", f"FAILED tests/test_a.py::t - {token}", failed=True)
    one.edits(f"{repo.root}/{token}.py", "old line", "new line here").put(tmp_path / "t")
    report = run(repo, tmp_path / "t")
    held = b"".join(everything(repo.store.path).values())
    assert report.redactions >= 4
    assert (token.encode() in held, b"diary" in held) == (False, False)


def test_the_project_of_an_import_is_stored_without_the_secret_in_its_name(repo: Project, tmp_path: Path) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    git(repo.root, "remote", "add", "origin", f"https://example.org/{token}.git")
    one = Claude(cwd=str(repo.root))
    one.prompt("Do it").says("I did it")
    one.edits(f"{repo.root}/a.py", "old line", "new line here").put(tmp_path / "t")
    run(repo, tmp_path / "t")
    assert repo.session().project == "[REDACTED:github-token]"


def test_unknown_records_are_told_by_source_and_version(repo: Project, tmp_path: Path) -> None:
    small_change(str(repo.root)).record("wonder").put(tmp_path / "t")
    small_change(str(repo.root), OTHER).record("wonder").put(tmp_path / "t")
    assert run(repo, tmp_path / "t").unknown == {"claude-code 2.1.300": {"type wonder": 2}}


def test_a_session_file_that_cannot_be_read_is_named_and_left(repo: Project, tmp_path: Path) -> None:
    text = f"---\nocm: 99\nsession_id: {SESSION}\n---\n"
    put(repo.store, "x.md", text)
    small_change(str(repo.root)).put(tmp_path / "t")
    report = run(repo, tmp_path / "t")
    assert (report.added, len(report.troubles)) == ([], 1)
    assert repo.file().read_text(encoding="utf-8") == text


def test_an_interrupt_keeps_what_is_whole(repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (SESSION, OTHER):
        small_change(str(repo.root), name).put(tmp_path / "t")
    seen: list[int] = []

    def progress(done: int, _: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(importer, "_TOGETHER", 1)
    report = importer.run(repo.store, Wish((str(tmp_path / "t"),)), progress)
    assert (report.stopped, len(report.added)) == (True, 1)
    assert len(run(repo, tmp_path / "t").added) == 1


def test_a_session_that_another_process_added_meanwhile_is_completed(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (SESSION, OTHER):
        small_change(str(repo.root), name).put(tmp_path / "t")
    once: list[str] = []
    write = session_files.write

    def slow(*given: object, **more: object) -> object:
        done = write(*given, **more)  # type: ignore[arg-type]
        if not once:
            once.append("x")
        return done

    real = importer._Import._write_locked

    def between(self: importer._Import, head: object, draft: object) -> None:
        if once:
            put(repo.store, "hook.md", session(OTHER, goal="by a hook"))
        real(self, head, draft)  # type: ignore[arg-type]

    monkeypatch.setattr(session_files, "write", slow)
    monkeypatch.setattr(importer._Import, "_write_locked", between)
    report = run(repo, tmp_path / "t")
    assert (report.added, report.completed) == ([SESSION], [OTHER])
    assert len(repo.files()) == 2


def test_a_file_that_is_changed_all_the_time_is_an_error(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_files, "write", lambda *_, **__: None)
    small_change(str(repo.root)).put(tmp_path / "t")
    with pytest.raises(OcmError, match="is being changed all the time"):
        run(repo, tmp_path / "t")


def test_a_project_without_a_repository_imports_too(project: Project, tmp_path: Path) -> None:
    small_change(str(project.root)).put(tmp_path / "t")
    assert run(project, tmp_path / "t").added == [SESSION]
    assert parse.parse(project.file().read_text(encoding="utf-8")).project == "project"


def test_a_repository_that_git_cannot_read_costs_the_links_only(repo: Project, tmp_path: Path) -> None:
    small_change(str(repo.root)).put(tmp_path / "t")
    git(repo.root, "config", "core.repositoryformatversion", "99")
    assert run(repo, tmp_path / "t").added == [SESSION]


def test_the_survey_says_what_is_there_and_when_it_is_deleted(repo: Project, history: Path) -> None:
    path = small_change(str(repo.root)).put(history)
    small_change("/elsewhere", OTHER).put(history)
    os.utime(path, (1_772_545_930, 1_772_545_930))
    ((row,), report) = survey.survey(repo.store)
    assert (row.source, row.conversations, row.new, row.size) == ("claude-code", 1, 1, path.stat().st_size)
    assert row.deleted_on == "2026-04-02"
    assert survey.is_soon(row)
    assert row.seconds < 1
    assert report.elsewhere == {"/elsewhere": 1}
    (history.parent.parent / "settings.json").write_text('{"cleanupPeriodDays": 365}', encoding="utf-8")
    assert survey.survey(repo.store)[0][0].deleted_on == "2027-03-03"
    run(repo, sources=("claude-code",))
    ((row,), _) = survey.survey(repo.store)
    assert (row.conversations, row.new, row.deleted_on, survey.is_soon(row)) == (1, 0, "", False)


@pytest.mark.parametrize("text", ["{", "[]", '{"cleanupPeriodDays": "x"}', '{"cleanupPeriodDays": true}'])
def test_settings_that_say_nothing_leave_thirty_days(history: Path, text: str) -> None:
    history.mkdir(parents=True)
    (history.parent.parent / "settings.json").write_text(text, encoding="utf-8")
    assert survey.keeps_days() == 30
    assert survey.deleted_at("claude-code", str(history / "gone")) == 0
    assert survey.deleted_at("other", str(history)) == 0


def test_a_survey_without_any_history_is_empty(repo: Project, history: Path) -> None:
    assert not history.exists()
    assert survey.survey(repo.store)[0] == []


def test_a_conversation_whose_id_is_nothing_that_a_file_can_hold_is_none(repo: Project, tmp_path: Path) -> None:
    path = small_change(str(repo.root), "\x1b").put(tmp_path / "t")
    assert run(repo, path).added == []
    assert repo.files() == []


def test_a_conversation_whose_records_are_each_others_parents_is_read_once(repo: Project, tmp_path: Path) -> None:
    one = small_change(str(repo.root))
    first, second, *_ = (f"{SESSION[:8]}-{number}" for number in (1, 2))
    one.lines[0] = one.lines[0].replace('"parentUuid": null', f'"parentUuid": "{second}"')
    one.lines[1] = one.lines[1].replace('"parentUuid": null', f'"parentUuid": "{first}"')
    one.put(tmp_path / "t")
    assert run(repo, tmp_path / "t").added == [SESSION]


def test_two_imports_at_once_leave_one_whole_session_each(repo: Project, tmp_path: Path) -> None:
    for session_id in (SESSION, OTHER):
        small_change(str(repo.root), session_id).put(tmp_path / "t")
    command = [sys.executable, "-m", "ocm", "import", "--yes", "--json", str(tmp_path / "t")]
    both = [subprocess.Popen(command, cwd=repo.root, stdout=subprocess.PIPE) for _ in range(2)]
    added = [name for one in both for name in json.loads(one.communicate()[0])["written"]]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(added) == sorted([SESSION, OTHER]) == sorted(ids(repo.store))
