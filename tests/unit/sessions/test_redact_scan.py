"""Secrets that are stored already go, and every other byte of the store stays."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.index import sync
from ocm.markdown import parse
from ocm.redaction import user_rules
from ocm.sessions import archive, backups, redact_scan
from ocm.store import files, journal
from tests.support.builders import Project, run_ocm
from tests.support.session_store import put, session

TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
PASSWORD = "correct" + "Horse9Battery"
URL = f"postgres://app:{PASSWORD}@db/app"
KEY = "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 3 + "-----END " + "PRIVATE KEY-----"


def write_by_hand(project: Project, name: str, *, title: str = "Plain", notes: str = "", problem: str = "none") -> Path:
    """Write a session file with what a person adds to one: odd spacing, CRLF, sections and keys of their own."""
    path = put(project.store, name, session(name[:-3], title="Plain", problems=["none"]))
    text = Path(path).read_text(encoding="utf-8")
    text = text.replace("title: Plain", f"title: {title}\nmine:   keep  me ").replace("- none", f"- {problem}")
    Path(path).write_bytes(f"{text}\n## My own\n\n*  odd\t spacing\r\n{notes}\n\n<!-- c -->\n".encode())
    return Path(path)


def everything(store: str) -> dict[str, bytes]:
    found = {}
    for folder, _, names in os.walk(store):
        for name in names:
            path = Path(folder) / name
            found[os.path.relpath(path, store)] = path.read_bytes()
    return found


def leftovers(store: str, *secrets: str) -> list[str]:
    return [name for name, data in everything(store).items() for secret in secrets if secret.encode() in data]


def test_planted_secrets_go_and_everything_else_stays(project: Project) -> None:
    clean = write_by_hand(project, "clean.md", notes="sha 3f2c1d9e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d")
    paths = [
        write_by_hand(project, "one.md", notes=f"token {TOKEN} here"),
        write_by_hand(project, "two.md", title=f"DB_PASSWORD={PASSWORD}", problem=f"see {URL}\n  and {TOKEN}"),
        write_by_hand(project, "three.md", notes=f"{KEY}\n\nafter <private>mother's maiden name</private> more"),
    ]
    before = {path: path.read_bytes() for path in [clean, *paths]}
    sync.rebuild(project.store)
    found = redact_scan.scan(project.store, apply=False)
    assert {one.file for one in found.files} == {f"sessions/{name}.md" for name in ("one", "two", "three")}
    assert {path: path.read_bytes() for path in before} == before, "a scan changes nothing"

    done = redact_scan.scan(project.store, apply=True)
    assert done.total == found.total == 6
    assert clean.read_bytes() == before[clean]
    for path in paths:
        expected = before[path].decode()
        for secret, rule in (
            (TOKEN, "github-token"), (f"postgres://app:{PASSWORD}", "postgres://app:[REDACTED:url-password]"),
            (f"DB_PASSWORD={PASSWORD}", "DB_PASSWORD=[REDACTED:password]"), ("<private>mother's maiden name</private>", ""),
        ):  # fmt: skip
            expected = expected.replace(
                secret,
                f"[REDACTED:{rule}]" if rule.islower() and "[" not in rule and ":" not in rule and rule else rule,
            )
        expected = expected.replace(KEY, "[REDACTED:private-key]")
        got = path.read_bytes().decode()
        assert got == expected
    assert leftovers(project.store.path, TOKEN, PASSWORD, "MIIEvQ", "maiden") == []
    assert redact_scan.scan(project.store, apply=False).total == 0


def test_the_cache_holds_no_page_of_it_any_more(project: Project) -> None:
    write_by_hand(project, "one.md", problem=f"used {TOKEN}")
    sync.rebuild(project.store)
    (Path(project.store.path) / "memory.db.damaged").write_text(TOKEN, encoding="utf-8")
    assert leftovers(project.store.path, TOKEN) != []
    redact_scan.scan(project.store, apply=True)
    assert leftovers(project.store.path, TOKEN[10:30]) == []
    with sqlite3.connect(project.store.database) as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_archive_journal_log_and_copies_are_looked_through(project: Project) -> None:
    path = write_by_hand(project, "old.md", notes=TOKEN)
    backups.create(project.store, "test")
    archive.archive_session(project.store, "old", path.name)
    journal.append(project.store.path, "S", [journal.event("call", tool="Write", path=f"/x/{TOKEN}")])
    (Path(project.store.path) / "hook.log").write_text(f"a\nwhy {TOKEN}\nb\n", encoding="utf-8")
    (Path(project.store.path) / journal.REJECTED).write_bytes(b"\xff " + TOKEN.encode() + b"\n")
    found = redact_scan.scan(project.store, apply=False)
    assert len(found.files) == 5
    redact_scan.scan(project.store, apply=True)
    assert leftovers(project.store.path, TOKEN) == []
    assert (Path(project.store.path) / "hook.log").read_text(encoding="utf-8") == "a\nwhy [REDACTED:github-token]\nb\n"
    assert (Path(project.store.path) / journal.REJECTED).read_bytes() == b"\xff [REDACTED:github-token]\n"
    assert [change.path for change in project.session().files] == ["/x/[REDACTED:github-token]"]


def test_the_safety_copy_does_not_keep_what_was_to_go(project: Project) -> None:
    write_by_hand(project, "one.md", notes=TOKEN)
    redact_scan.scan(project.store, apply=True)
    assert backups.list_paths(project.store) == []
    assert not (Path(project.store.path) / backups.FOLDER).exists()


def test_a_file_that_cannot_be_parsed_is_named_and_left(project: Project) -> None:
    path = Path(put(project.store, "broken.md", f"no front matter\n{TOKEN}\n"))
    (found,) = redact_scan.scan(project.store, apply=True).files
    assert found.trouble
    assert TOKEN in path.read_text(encoding="utf-8")
    done = run_ocm(project.root, "redact-scan", "--apply")
    assert done.returncode == 1
    assert "broken.md" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_the_front_matter_stays_what_it_is(project: Project) -> None:
    text = write_by_hand(project, "one.md", title=f"{TOKEN} was used").read_text(encoding="utf-8")
    clean, counts = redact_scan.cleaned(text)
    assert counts == {"github-token": 1}
    assert parse.parse(clean).title == "[REDACTED:github-token] was used"


def test_an_id_that_looks_like_a_secret_stays(project: Project) -> None:
    path = put(project.store, "one.md", session(TOKEN, title="x", problems=[f"see {TOKEN}"]))
    clean, counts = redact_scan.cleaned(Path(path).read_text(encoding="utf-8"))
    assert counts == {"github-token": 1}
    assert parse.session_id_of(clean) == TOKEN


@pytest.mark.parametrize("text", ["a <private>b", "a <private>\n## Goal\n</private>", "a </private> b"])
def test_private_text_that_is_not_closed_in_its_place_stays(project: Project, text: str) -> None:
    path = write_by_hand(project, "one.md", notes=text)
    assert redact_scan.cleaned(path.read_bytes().decode())[1] == {}


def test_what_would_not_mean_the_same_is_refused(project: Project) -> None:
    path = put(project.store, "one.md", session("one", title="x"))
    text = Path(path).read_text(encoding="utf-8").replace("title: x", f"title: {{{TOKEN}")
    assert redact_scan.cleaned(text.replace(TOKEN, "x"))[1] == {}
    with pytest.raises(OcmError, match="form") as refused:
        redact_scan.cleaned(text)
    assert TOKEN not in str(refused.value)


def test_the_command_says_what_it_found_and_never_shows_it(project: Project) -> None:
    write_by_hand(project, "one.md", notes=f"{TOKEN} {URL}")
    told = run_ocm(project.root, "redact-scan")
    assert told.returncode == 0
    assert "sessions/one.md: 1 github-token, 1 url-password" in told.stdout
    assert "2 secrets found" in told.stdout
    assert PASSWORD not in told.stdout
    assert json.loads(run_ocm(project.root, "redact-scan", "--apply", "--json").stdout)["found"] == 2
    assert run_ocm(project.root, "redact-scan").stdout.startswith("No secret in")


def test_a_file_that_was_cleaned_meanwhile_is_not_written_again(project: Project) -> None:
    path = write_by_hand(project, "one.md")
    before = path.stat()
    redact_scan._rewrite(project.store, "one.md", user_rules.NONE)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_what_cannot_be_written_is_named_and_its_copy_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_by_hand(project, "one.md", notes=TOKEN)
    work = journal.event("call", m=1, path=f"src/{TOKEN}.py")
    journal.append(project.store.path, "S", [journal.event("open", session="S"), work])
    really = files.atomic_write

    def full(target: str, data: bytes, **more: Any) -> None:
        if target.endswith(".md"):
            raise OSError(28, "No space left on device")
        really(target, data, **more)

    monkeypatch.setattr(files, "atomic_write", full)
    found = {one.file: one.trouble for one in redact_scan.scan(project.store, apply=True).files}
    (copy,) = (f"{backups.FOLDER}/{os.path.basename(path)}" for path in backups.list_paths(project.store))
    assert "editor" in found.pop(copy), "the copy holds what the file holds"
    assert found == {"sessions/one.md": "No space left on device", "journal of S": "No space left on device"}
    assert TOKEN in path.read_text(encoding="utf-8")
    assert [event["path"] for event in project.lines() if "path" in event] == [f"src/{TOKEN}.py"], "nothing is lost"
    assert len(backups.list_paths(project.store)) == 1


def test_a_safety_copy_that_cannot_be_read_is_named(project: Project) -> None:
    write_by_hand(project, "one.md")
    copy = Path(backups.create(project.store, "test"))
    copy.write_text("{", encoding="utf-8")
    (found,) = redact_scan.scan(project.store, apply=False).files
    assert found.file == f"{backups.FOLDER}/{copy.name}"
    assert found.trouble
    assert copy.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize(("error", "said"), [
    (UnreadableSessionError("it is not UTF-8", line=3), "it is not UTF-8"),
    (OcmError("It is locked.", "Wait."), "It is locked."),
    (OSError(13, "Permission denied"), "Permission denied"),
    (OSError("odd"), "odd"),
])  # fmt: skip
def test_why_a_file_stays_as_it_is_is_said_in_a_few_words(error: OcmError | OSError, said: str) -> None:
    assert redact_scan._reason(error) == said


# --- what no part of the scan takes out


def named(project: Project, *, apply: bool) -> dict[str, str]:
    return {one.file: one.trouble for one in redact_scan.scan(project.store, apply=apply).files}


@pytest.mark.parametrize("name", [
    "sessions/old.md.bak", "sessions/deeper/one.md", "sessions/notes.txt", "sessions/README.md", "config.json", "journal.large_x.1", "archive/x.csv",
])  # fmt: skip
@pytest.mark.parametrize("apply", [False, True])
def test_a_file_of_no_known_kind_is_named_and_left(project: Project, name: str, *, apply: bool) -> None:
    project.checkpoint(goal="g")
    path = Path(project.store.path) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'{"a": "\xff ' + TOKEN.encode() + b'"}')
    assert "editor" in named(project, apply=apply)[name]
    assert TOKEN.encode() in path.read_bytes()


@pytest.mark.parametrize(
    "name", [f"sessions/{TOKEN}.md", f"sessions/{TOKEN}/a.md", f"{backups.FOLDER}/{TOKEN}.json", f"{TOKEN}"]
)
def test_a_name_with_a_secret_is_named_without_it(project: Project, name: str) -> None:
    project.checkpoint(goal="g")
    path = Path(project.store.path) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")
    found = named(project, apply=True)
    shown = name.split(TOKEN, maxsplit=1)[0] + "[REDACTED:github-token]"
    assert any(file.startswith(shown) and "rename" in trouble for file, trouble in found.items())
    done = run_ocm(project.root, "redact-scan", "--apply")
    assert (done.returncode, TOKEN in done.stdout + done.stderr) == (1, False)


def test_what_is_taken_out_beside_what_cannot_be_is_taken_out(project: Project) -> None:
    path = Path(put(project.store, "one.md", session(TOKEN, title="x", problems=[f"see {PASSWORD} {URL}"])))
    before = named(project, apply=False)
    assert before == {"sessions/one.md": ""}
    after = redact_scan.scan(project.store, apply=True).files
    assert [(one.file, bool(one.trouble)) for one in after] == [("sessions/one.md", False), ("sessions/one.md", True)]
    assert URL not in path.read_text(encoding="utf-8")
    assert [one.rules for one in redact_scan.scan(project.store, apply=False).files] == [{"github-token": 1}]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_what_cannot_be_looked_into_is_named(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint(goal="g")
    store = Path(project.store.path)
    (tmp_path / "elsewhere").mkdir()
    (store / "sessions" / "link.md").symlink_to(tmp_path / "x.md")
    (store / backups.FOLDER).symlink_to(tmp_path / "elsewhere")
    (store / "shut").mkdir()
    really = os.scandir

    def shut(path: Any) -> Any:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", shut)
    found = named(project, apply=False)
    assert set(found) == {"sessions/link.md", backups.FOLDER, "shut"}
    assert all(found.values())


def test_a_file_that_goes_away_meanwhile_is_no_trouble(project: Project) -> None:
    assert redact_scan._unknown(str(Path(project.store.path) / "gone"), user_rules.NONE) is None


def test_lines_of_a_journal_that_are_no_events_are_named(project: Project) -> None:
    project.calls(1)
    path = Path(journal.active_path(project.store.path, "S"))
    path.write_bytes(path.read_bytes() + TOKEN.encode() + b"\n")
    assert list(named(project, apply=False)) == [path.name]


def test_a_store_as_hooks_and_checkpoints_leave_it_has_nothing_to_name(repo: Project) -> None:
    for event in ("session-start", "user-prompt"):
        repo.hook(event, source="startup", prompt="Do it")
    repo.edited("src/a.py")
    repo.checkpoint(goal="g", decisions=["one"])
    backups.create(repo.store, "test")
    repo.calls(2)
    sync.rebuild(repo.store)
    assert named(repo, apply=False) == {}


def test_a_cache_is_made_anew_and_not_looked_into(project: Project) -> None:
    for name in ("memory.db", "transcripts.db", "transcripts.db.damaged"):
        path = Path(project.store.path) / name
        path.write_text("ghp_" + "0123456789abcdefghijABCDEFGHIJ012345", encoding="utf-8")
        assert redact_scan._unknown(str(path), user_rules.NONE) is None
