"""The folder of session files: names that never collide, files that are found again, and what is not read at all."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import Session
from ocm.markdown import parse, render
from ocm.recall import search, show
from ocm.sessions import session_files
from ocm.store import paths
from tests.support.builders import Project

POSIX = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")


def put(project: Project, name: str, text: str) -> Path:
    path = Path(project.store.sessions) / name
    path.write_bytes(text.encode())
    return path


def of(session_id: str, **values: str) -> str:
    given: dict[str, Any] = {"started_at": "2026-03-03T14:32:10+00:00", "tool": "claude-code", **values}
    return render.render(Session(session_id, **given))


# --- names


def test_a_file_is_named_by_start_tool_and_slug(project: Project) -> None:
    project.checkpoint("S", goal="g", tool="Claude Code!", slug="TEI migration")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d_claude-code_tei-migration\.md", project.file().name)


def test_without_a_slug_the_short_hash_names_it_and_the_first_slug_renames_it(project: Project) -> None:
    project.checkpoint(goal="g", tool="x")
    first = project.file().name
    assert re.fullmatch(r"[\d_-]{16}_x_[0-9a-f]{8}\.md", first)
    result = project.checkpoint(slug="A slug")
    assert project.file().name == re.sub(r"[0-9a-f]{8}\.md", "a-slug.md", first)
    assert result["markdown_path"] == os.path.realpath(project.file())
    project.checkpoint(slug="another")
    assert project.file().name.endswith("_a-slug.md")
    assert project.session().slug == "a-slug"


def test_a_slug_without_a_letter_names_nothing_and_says_so(project: Project) -> None:
    result = project.checkpoint(goal="g", slug="日本語")
    assert project.session().slug == ""
    assert "slug" in result["warnings"][0]


def test_no_two_sessions_share_a_file(project: Project) -> None:
    for session_id in ("a", "b", "c"):
        project.checkpoint(session_id, goal=session_id, slug="same", tool="x")
    names = [path.name for path in project.files()]
    assert len(names) == 3
    assert sum(bool(re.search(r"_x_same-[0-9a-f]{8}\.md$", name)) for name in names) >= 2


def test_not_even_with_the_same_hash(project: Project) -> None:
    session = Session("S", started_at="2026-03-03T14:32:10+00:00", tool="x")
    names = []
    for _ in range(4):
        written = session_files.write(project.store, None, session, "")
        assert written
        names.append(written.name)
        put(project, names[-1], "taken")
    assert len(set(names)) == 4


def test_a_name_that_is_its_own_is_kept(project: Project) -> None:
    session = Session("S", started_at="2026-03-03T14:32:10+00:00", tool="x", slug="a")
    name = next(session_files._names(session))
    put(project, name, of("S"))
    put(project, "other.md", of("S"))
    for own, expected in ((name, True), ("other.md", False)):
        written = session_files.write(project.store, session_files.load(project.store, own), session, "a")
        assert written
        assert (written.name == name) == expected


def test_a_new_session_that_has_a_file_by_now_is_to_be_read_first(project: Project) -> None:
    session = Session("S", started_at="2026-03-03T14:32:10+00:00", tool="x", slug="a")
    assert session_files.write(project.store, None, session, "")
    assert session_files.write(project.store, None, session, "") is None
    assert len(project.files()) == 1


@pytest.mark.parametrize("started", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", ""])
def test_a_start_that_is_no_time_still_gives_a_name(started: str) -> None:
    assert next(session_files._names(Session("S", started_at=started))).endswith(".md")


# --- finding


def test_a_file_is_found_by_the_name_in_the_journal_whatever_the_name(project: Project) -> None:
    put(project, "renamed by a person.md", of("S"))
    assert (
        session_files.locate(project.store, "S", [{"e": "open", "file": "renamed by a person.md"}])
        == "renamed by a person.md"
    )
    assert session_files.locate(project.store, "S", []) == "renamed by a person.md"


@pytest.mark.parametrize("name", ["other.md", "../sessions/own.md", "gone.md", 7, None])
def test_a_name_in_the_journal_proves_nothing(project: Project, name: object) -> None:
    put(project, "own.md", of("S"))
    put(project, "other.md", of("OTHER"))
    assert session_files.locate(project.store, "S", [{"e": "open", "file": name}]) == "own.md"


def test_a_session_without_a_file_has_none(project: Project) -> None:
    put(project, "other.md", of("OTHER"))
    assert session_files.locate(project.store, "S", []) == ""
    assert session_files.read(project.store, "S", []) is None


# --- reading


BROKEN = {
    "no front matter": (b"words\n", 1),
    "not YAML": (b"---\nocm: 1\nsession_id: S\ntags: [\n---\n", 5),
    "newer": (b"---\nocm: 2\nsession_id: S\n---\n", 2),
    "not UTF-8": (b"---\nocm: 1\nsession_id: S\n---\n\n\xff\n", 6),
    "UTF-16": ("---\nocm: 1\n---\n".encode("utf-16"), 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_named_with_its_line(project: Project, name: str) -> None:
    data, line = BROKEN[name]
    path = Path(project.store.sessions) / "x.md"
    path.write_bytes(data)
    with pytest.raises(UnreadableSessionError, match=re.escape(f"{path}, line {line}")):
        session_files.load(project.store, "x.md")
    with pytest.raises(UnreadableSessionError):
        session_files.read(project.store, "S", [{"e": "open", "file": "x.md"}])
    assert path.read_bytes() == data


@POSIX
@pytest.mark.parametrize("target", ["/etc/passwd", "elsewhere.md", "nowhere"])
def test_a_link_is_not_followed(project: Project, target: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.md").write_text(of("S"), encoding="utf-8")
    (Path(project.store.sessions) / "x.md").symlink_to(target if target[0] == "/" else tmp_path / target)
    with pytest.raises(UnreadableSessionError, match="not a regular file"):
        session_files.load(project.store, "x.md")
    assert not session_files.holds(project.store, "x.md", "S")


@POSIX
def test_a_pipe_is_not_waited_for(project: Project) -> None:
    os.mkfifo(os.path.join(project.store.sessions, "x.md"))
    with pytest.raises(UnreadableSessionError, match="not a regular file"):
        session_files.load(project.store, "x.md")


def test_a_file_too_large_is_not_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project, "x.md", of("S"))
    monkeypatch.setattr(paths, "MAX_SESSION_FILE", 10)
    with pytest.raises(UnreadableSessionError, match="larger than"):
        session_files.load(project.store, "x.md")


def test_a_file_that_is_renamed_all_the_time_is_an_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project, "x.md", of("S"))

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(session_files, "load", gone)
    with pytest.raises(OcmError, match="renamed all the time"):
        session_files.read(project.store, "S", [])


@pytest.mark.parametrize("now", ["same", "edited", "gone", "renamed", "broken"])
def test_a_file_that_was_seen_is_parsed_again_only_when_its_text_changed(project: Project, now: str) -> None:
    path = put(project, "x.md", of("S"))
    seen = session_files.read(project.store, "S", [])
    assert seen
    if now == "edited":
        put(project, "x.md", of("S", goal="a person's"))
    elif now == "broken":
        put(project, "x.md", "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))
    elif now == "renamed":
        path.rename(path.with_name("y.md"))
    elif now == "gone":
        path.unlink()
    again = session_files.read(project.store, "S", [], seen=seen)
    assert (again and again.name) == {"gone": None, "broken": None, "renamed": "y.md"}.get(now, "x.md")
    assert bool(again and again.file is seen.file) == (now == "same")
    assert (again.session.goal if again else "") == ("a person's" if now == "edited" else "")


def test_a_file_that_was_seen_has_the_signature_of_now(project: Project) -> None:
    path = put(project, "x.md", of("S"))
    seen = session_files.read(project.store, "S", [])
    os.utime(path, ns=(1, 1))
    again = session_files.read(project.store, "S", [], seen=seen)
    assert again
    assert session_files.write(project.store, again, Session("S", goal="ours"), "")


# --- writing


def test_a_file_that_a_person_saved_meanwhile_is_not_written_over(project: Project) -> None:
    put(project, "x.md", of("S"))
    known = session_files.read(project.store, "S", [])
    assert known
    put(project, "x.md", of("S", goal="a person's"))
    assert session_files.write(project.store, known, Session("S", goal="ours"), "") is None
    os.unlink(os.path.join(project.store.sessions, "x.md"))
    assert session_files.write(project.store, known, Session("S", goal="ours"), "") is None
    assert project.files() == []


def test_a_file_that_says_it_already_is_not_touched(project: Project) -> None:
    path = put(project, "x.md", of("S"))
    os.utime(path, ns=(1, 1))
    known = session_files.read(project.store, "S", [])
    assert known
    assert session_files.write(project.store, known, known.session, "")
    assert path.stat().st_mtime_ns == 1


def test_what_would_be_swallowed_names_the_file(project: Project) -> None:
    path = put(project, "x.md", of("S") + "\n```\nopen\n")
    known = session_files.read(project.store, "S", [])
    assert known
    with pytest.raises(UnreadableSessionError, match=re.escape(str(path))):
        session_files.write(project.store, known, Session("S", problems=["p"]), "")


def conflicted(project: Project) -> Path:
    """Leave the file of a session as a merge of two checkpoints does that git could not finish."""
    project.checkpoint("S", goal="pay", slug="pay", decisions=["**First:** a"])
    path = project.file()
    before = path.read_text(encoding="utf-8")
    project.checkpoint("S", decisions=["**Ours:** b"], work_pending=["ours"])
    ours = path.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    project.checkpoint("S", decisions=["**Theirs:** c"])
    (project.root / "base").write_text(before, encoding="utf-8")
    (project.root / "theirs").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (project.root / "ours").write_text(ours, encoding="utf-8")
    merged = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=project.root, capture_output=True, check=False
    )
    assert b"<<<<<<<" in merged.stdout
    path.write_bytes(merged.stdout)
    return path


def test_both_sides_of_a_conflict_are_read_found_and_kept_by_the_next_checkpoint(project: Project) -> None:
    path = conflicted(project)
    decisions = ["**First:** a", "**Ours:** b", "**Theirs:** c"]
    assert sorted(show.show(project.store, "S")["decisions"]) == decisions
    assert [hit["session_id"] for word in ("ours", "theirs") for hit in search.search(project.store, word)] == ["S"] * 2
    project.checkpoint("S", decisions=["**Last:** d"])
    session = parse.parse(path.read_text(encoding="utf-8"))
    assert sorted(session.decisions) == ["**First:** a", "**Last:** d", "**Ours:** b", "**Theirs:** c"]
    assert session.work_pending == ["ours"]
    assert "<<<<<<<" not in path.read_text(encoding="utf-8")
