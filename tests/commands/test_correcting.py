"""`ocm note`, `edit` and `undo`: what a person writes and corrects is found, shown as theirs, and can be taken back."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from ocm.base.model import FileChange
from ocm.cli.commands import undo
from ocm.markdown.fingerprint_lines import unit_line
from ocm.sessions import backups
from ocm.sessions.by_hand import Step, Undo
from tests.support.builders import Project, commit, run_ocm
from tests.support.session_store import put, session
from tests.support.terminal import Seen, on_terminal


def ocm(project: Project, *words: str, stdin: str = "") -> str:
    done = run_ocm(project.root, *words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(project: Project, *words: str, stdin: str = "") -> str:
    done = run_ocm(project.root, *words, stdin=stdin)
    assert done.returncode == 1, done.stdout
    return done.stderr


def answer(project: Project, *words: str) -> Any:
    return json.loads(ocm(project, *words, "--json"))


def test_a_note_is_found_listed_and_told_like_a_decision_and_marked_as_a_persons(project: Project) -> None:
    put(project.store, "a.md", session("A", decisions=["**Backoff:** waits grow"]))
    ocm(project, "note", "**Backoff", "limit:**", "at most nine", "--tag", "net")
    (mine, theirs) = answer(project, "decisions")
    assert (mine["decision"], mine["origin"]) == ("**Backoff limit:** at most nine", "person")
    assert theirs["origin"] == "assistant"
    assert ocm(project, "decisions").count("by hand") == 2  # the title of the day's notes, and who it is from
    (hit,) = answer(project, "search", "nine", "--tag", "net")
    assert hit["tool"] == "person"
    assert "**Backoff limit:** at most nine [1]" in ocm(project, "resume")


def test_a_note_supersedes_what_an_assistant_decided(project: Project) -> None:
    put(project.store, "a.md", session("A", decisions=["**Backoff:** waits grow"]))
    ocm(project, "note", "**Fixed waits:** two seconds. Supersedes: Backoff")
    assert [one["label"] for one in answer(project, "decisions")] == ["Fixed waits"]


def test_why_shows_a_note_at_the_line_and_the_file_that_it_names(repo: Project) -> None:
    (repo.root / "a.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (repo.root / "b.py").write_text("one\n", encoding="utf-8")
    commit(repo.root)
    ocm(repo, "note", "of the whole", "--file", "a.py")
    ocm(repo, "note", "of line three", "--file", "a.py:3")
    ocm(repo, "note", "of line one", "--file", "a.py:1")
    ocm(repo, "note", "of another", "--file", "b.py")
    assert [one["decision"] for one in answer(repo, "why", "a.py:3")["origins"][0]["decisions"]] == [
        "of line three (`a.py:3`)",
        "of the whole (`a.py`)",
    ]
    whole = answer(repo, "why", "a.py")["decisions"]
    assert {one["decision"] for one in whole} == {
        "of the whole (`a.py`)", "of line three (`a.py:3`)", "of line one (`a.py:1`)",
    }  # fmt: skip
    assert all(one["origin"] == "person" for one in whole)
    assert "of another (`b.py`) · by hand" in ocm(repo, "why", "b.py:1")


def test_a_note_names_a_file_from_the_top_wherever_it_was_typed(repo: Project) -> None:
    (repo.root / "src").mkdir()
    (repo.root / "src" / "x.py").write_text("one\n", encoding="utf-8")
    done = run_ocm(repo.root / "src", "note", "here", "--file", "x.py:1")
    assert done.stderr.strip() == "ocm: Noted: here (`src/x.py:1`)"


def test_a_session_is_renamed_tagged_and_pinned_and_the_list_says_so(project: Project) -> None:
    project.checkpoint("A", goal="g", slug="old-name", tags=["x"])
    ocm(project, "edit", "old-name", "--title", "New name", "--tag", "y", "--untag", "x", "--pin")
    (row,) = answer(project, "list")
    assert (row["title"], row["pinned"]) == ("New name", True)
    page = answer(project, "show", "A")
    assert (page["tags"], page["pinned"], page["merged_ids"]) == (["y"], True, [])
    ocm(project, "edit", "A", "--unpin")
    assert not answer(project, "list")[0]["pinned"]


def test_undo_says_what_it_would_do_asks_and_does_it(project: Project) -> None:
    project.checkpoint("A", goal="g", title="Old", work_pending=[f"task {n}" for n in range(40)])
    before = project.file().read_bytes()
    ocm(project, "edit", "A", "--title", "New")
    said = ocm(project, "undo", "--dry-run")
    assert said.startswith("ocm edit · ")
    assert f"{project.file().name} (as it was before)" in said
    assert "  -title: New\n  +title: Old\n" in said
    assert "Undo this? [y/N]: ocm: Nobody answered the question" in refused(project, "undo")
    assert run_ocm(project.root, "undo", stdin="n\n").returncode != 0
    assert "New" in project.file().read_text(encoding="utf-8")
    assert run_ocm(project.root, "undo", stdin="y\n").stderr.endswith("ocm: Undone: edit.\n")
    assert project.file().read_bytes() == before
    ocm(project, "note", "x")
    assert "(goes)" in ocm(project, "undo", "-y")
    assert "no change by hand" in refused(project, "undo", "-y")


def test_undo_shows_no_more_lines_than_one_can_read() -> None:
    now = "".join(f"line {n}\n" for n in range(25))
    found = Undo("", "edit", 0.0, [Step("A", archived=False, name="a.md", now=now, before="line 24\n")])
    *_, last = lines = list(undo._lines(found))
    assert (len(lines), last) == (2 + 20 + 1, "  … 4 more lines")
    lost = found._replace(steps=[found.steps[0]._replace(now=None)])
    assert list(undo._lines(lost))[1:] == ["a.md (comes back)"]


def test_undo_refuses_what_was_changed_since_and_names_it(project: Project) -> None:
    project.checkpoint("A", goal="g")
    ocm(project, "edit", "A", "--tag", "t")
    project.checkpoint("A", decisions=["later"])
    said = refused(project, "undo", "-y")
    assert "was changed since (" in said
    assert "Architecture Decisions" in said
    assert project.session().decisions == ["later"]


def test_commands_without_anything_to_say_are_refused(project: Project) -> None:
    said: list[subprocess.CompletedProcess[str]] = [
        run_ocm(project.root, *words)
        for words in (["note"], ["note", " "], ["edit"], ["note", "x", "--file", "a.py:9-x"])
    ]
    assert [done.returncode for done in said] == [2, 2, 2, 2]
    assert "There is no session 'x'" in refused(project, "edit", "x", "--pin")


def test_two_sessions_become_one_and_two_again(project: Project) -> None:
    project.checkpoint("A", goal="first", slug="first")
    project.checkpoint("B", goal="second", slug="second")
    before = {path.name: path.read_bytes() for path in project.files()}
    ocm(project, "merge", "first", "B")
    assert [row["session_id"] for row in answer(project, "list")] == ["A"]
    assert answer(project, "show", "B")["merged_ids"] == ["B"]
    assert "(comes back)" in ocm(project, "undo", "-y")
    assert {path.name: path.read_bytes() for path in project.files()} == before


# --- in an editor

ON_TERMINALS = pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")


def edited(project: Project, script: str, typed: bytes = b"") -> Seen:
    """Run `ocm edit A` with a shell script for an editor."""
    program = project.root / "editor.sh"
    program.write_text(script, encoding="utf-8")
    environment = {"VISUAL": f"sh '{program}'"}
    return on_terminal(project.root, "edit", "A", typed=typed, environment=environment)


@ON_TERMINALS
def test_all_of_a_session_is_edited_in_the_persons_editor(project: Project) -> None:
    project.checkpoint("A", goal="slow")
    seen = edited(project, 'sed -i s/slow/fast/ "$1"')
    assert (seen.code, seen.lines[-1]) == (0, f"ocm: Changed: {project.file().name}")
    assert project.session().goal == "fast"
    assert not backups.drafts(project.store, "A")
    assert edited(project, "true").lines[-1] == "ocm: Nothing was changed."


@ON_TERMINALS
def test_what_cannot_be_read_is_named_by_its_line_edited_again_or_kept(project: Project) -> None:
    project.checkpoint("A", goal="slow")
    before = project.file().read_bytes()
    seen = edited(project, "sed -i 's/^tags: .*/tags: [/' \"$1\"", b"n\r")
    assert seen.code == 1
    assert re.search(r", line 1\d\): its front matter is not YAML", " ".join(seen.text.split()))
    (kept,) = backups.drafts(project.store, "A")
    assert kept in seen.text.replace("\n", "")
    assert project.file().read_bytes() == before
    again = "if grep -q 'tags: \\[$' \"$1\"; then sed -i 's/^tags: .*/tags: [new]/' \"$1\"; else sed -i 's/^tags: .*/tags: [/' \"$1\"; fi"
    assert edited(project, again, b"\r").code == 0
    assert project.session().tags == ["new"]


def test_no_editor_starts_without_a_terminal(project: Project) -> None:
    project.checkpoint("A", goal="slow")
    assert "There is no terminal to edit on. Give --title" in refused(project, "edit", "A")


# --- what has to do with what


def test_what_is_related_is_shown_with_its_reasons(project: Project) -> None:
    files = [FileChange(f"src/{n}.py", "modified") for n in range(5)]
    made = unit_line("2026-03-01T00:00:00+00:00", "a" * 40, 1, range(9))
    put(project.store, "a.md", session("a", 1, title="First", files=files, decisions=["**W:** x"], tags=["t"]))
    put(
        project.store,
        "b.md",
        session("b", 2, files=files, decisions=["**N:** y. Supersedes: W"], tags=["t"], parent="a", facts=[made]),
    )
    put(project.store, "c.md", session("c", 3, facts=[made]))
    assert ocm(project, "related", "b", "--limit", "1") == (
        "2026-03-01  First\n"
        "            a · claude-code\n"
        "            touched src/0.py (2 sessions), src/1.py (2 sessions), src/2.py (2 sessions) and 2 more\n"
        "            decided what was ended here: **W:** x\n"
        "            where it came from\n"
        "            tagged t as well\n"
        "            worked on just before, at place 1\n"
    )
    assert "made the same commit aaaaaaaaa\n" in ocm(project, "related", "b")
    assert "ended what was decided here: **N:** y. Supersedes: W" in ocm(project, "related", "a")
    (row,) = answer(project, "related", "src/1.py", "-n", "1")
    assert row["ties"] == [{"kind": "file", "path": "src/1.py", "sessions": 2}]
    assert {"session_id", "title", "markdown_path", "score"} < row.keys()
    (project.root / "x.py").write_text("x\n", encoding="utf-8")
    assert ocm(project, "related", "x.py") == "Nothing is tied to it.\n"
    assert "no session 'y.py'" in refused(project, "related", "y.py")
