"""The files of a session are those that it touched, each with the kind of change, as git sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .driver import System
    from .values import Facts
    from .world import World


def worked(system: System, *commands: str) -> Facts:
    """Run a session of shell commands, and show it."""
    system.hook("session-start", "S", source="startup")
    for command in commands:
        system.shell("S", command)
    system.checkpoint("S", "--goal", "some work").must_work()
    facts = system.show("S")
    assert facts is not None
    return facts


def test_d21_a_new_file_is_recorded(system: System) -> None:
    """The reference asked git for changes of known files only."""
    assert worked(system, "echo x > src/fresh.py").files == {"src/fresh.py": "created"}


def test_d21_a_deleted_file_is_shown_as_deleted(system: System) -> None:
    """The reference called it modified."""
    assert worked(system, "rm src/b.py").files == {"src/b.py": "deleted"}


def test_d21_a_renamed_file_is_shown_with_both_names(system: System) -> None:
    """The reference kept git's two columns as one path, with a tab in it."""
    facts = worked(system, "git mv src/b.py src/c.py")
    assert facts.files == {"src/c.py": "renamed"}
    assert facts.renamed == {"src/c.py": "src/b.py"}


def test_d21_a_name_outside_ascii_stays_what_it_is(system: System, world: World) -> None:
    """The reference kept the quotes and octal escapes of git's output."""
    world.write("src/ü n.py", "one = 1\n")
    world.commit("a name with an umlaut")
    assert worked(system, "echo two >> 'src/ü n.py'").files == {"src/ü n.py": "modified"}


def test_d21_what_was_dirty_before_is_not_the_sessions(system: System, world: World) -> None:
    """The reference compared with the last commit, and took another's unfinished work for the session's."""
    world.write("src/a.py", "left_over = True\n")
    assert worked(system, "echo more >> src/b.py").files == {"src/b.py": "modified"}


def test_d21_what_another_branch_holds_is_not_the_sessions(system: System, world: World) -> None:
    """The reference took the difference between two branches for the session's work."""
    world.git("switch", "-q", "-c", "other")
    world.write("src/b.py", "of_another_branch = True\n")
    world.commit("work of somebody else")
    world.git("switch", "-q", "main")
    assert worked(system, "git switch -q other", "echo more >> src/a.py").files == {"src/a.py": "modified"}


def test_d21_what_another_session_edited_is_not_the_sessions(system: System) -> None:
    """The reference gave every session all that had changed since it began."""
    system.hook("session-start", "S", source="startup")
    system.hook("session-start", "T", source="startup")
    system.edit("T", "src/b.py", "of_another_session = True\n")
    assert worked(system, "echo more >> src/a.py").files == {"src/a.py": "modified"}


def test_d21_what_a_reset_undid_is_not_listed(system: System) -> None:
    """The reference never took a file back."""
    worked(system, "echo more >> src/b.py")
    system.shell("S", "git reset -q --hard")
    system.checkpoint("S", "--summary", "thought better of it").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.files == {}


def test_d22_the_user_store_records_the_files_of_the_repository(bare: System) -> None:
    """The reference ran git in the home directory."""
    bare.ocm("install").must_work()
    files = worked(bare, "echo x > src/fresh.py", "echo more >> src/b.py").files
    assert {name.removeprefix(f"{bare.world.project}/") for name in files} == {"src/fresh.py", "src/b.py"}


def test_d22_the_user_store_names_the_project(bare: System) -> None:
    """The reference named every session after the home directory."""
    bare.ocm("install").must_work()
    bare.checkpoint("S", "--goal", "some work").must_work()
    path = next((bare.world.home / ".openCodeMemory/sessions").glob("*.md"))
    assert "\nproject: proj\n" in path.read_text(encoding="utf-8")


def test_d22_a_home_under_git_is_nobodys_work(bare: System, world: World) -> None:
    """The reference recorded a changed dotfile into whatever session was there."""
    world.git("init", "-q", cwd=world.home)
    rc = world.write(".bashrc", "alias l=ls\n", base=world.home)
    world.commit("dotfiles", cwd=world.home)
    bare.ocm("install").must_work()
    bare.checkpoint("S", "--goal", "some work").must_work()
    rc.write_text("alias l='ls -l'\n", encoding="utf-8")
    bare.shell("S", "echo more >> src/b.py")
    bare.checkpoint("S", "--summary", "one step more").must_work()
    facts = bare.show("S")
    assert facts is not None
    assert not [name for name in facts.files if ".bashrc" in name]


def test_d22_the_user_store_keeps_projects_apart(bare: System, world: World) -> None:
    """The reference showed all projects' sessions to every project."""
    bare.ocm("install").must_work()
    other = world.new_repository("other")
    bare.hook("session-start", "S", source="startup")
    bare.checkpoint("S", "--goal", "the wombat migration").must_work()
    assert [hit.session_id for hit in bare.search("wombat")] == ["S"]
    assert bare.search("wombat", cwd=other) == []


def test_d54_writing_an_existing_file_modifies_it(system: System) -> None:
    """The reference took every `Write` for a new file."""
    system.hook("session-start", "S", source="startup")
    system.edit("S", "src/a.py", "rewritten = True\n", tool="Write")
    system.checkpoint("S", "--goal", "some work").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.files == {"src/a.py": "modified"}


def test_d54_an_edited_notebook_is_recorded(system: System, world: World) -> None:
    """The reference did not know the argument that names a notebook."""
    system.hook("session-start", "S", source="startup")
    system.edit("S", "src/a.py", "edited = True\n")
    path = str(world.write("plot.ipynb", "{}\n"))
    system.report_edit("S", "NotebookEdit", {"notebook_path": path, "new_source": "1"}, {"notebook_path": path})
    system.checkpoint("S", "--goal", "some work").must_work()
    facts = system.show("S")
    assert facts is not None
    assert set(facts.files) == {"src/a.py", "plot.ipynb"}


def test_d54_one_file_is_listed_once_however_it_is_named(system: System, world: World) -> None:
    """The reference stored each spelling as a file of its own."""
    system.hook("session-start", "S", source="startup")
    system.edit("S", "src/a.py", "edited = True\n")
    for spelling in ("./src/a.py", str(world.project / "src/../src/a.py")):
        system.report_edit("S", "Edit", {"file_path": spelling}, {"filePath": spelling})
    system.checkpoint("S", "--goal", "some work").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.files == {"src/a.py": "modified"}
