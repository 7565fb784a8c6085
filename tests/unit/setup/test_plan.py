"""Files of others are changed by the steps of a plan and nowhere else; a step says what it will do before it does it."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.setup.plan import Call, MakeFolder, Plan, RemoveEntries, WriteFile

ROOM = Path(__file__).resolve().parents[3] / "ocm" / "setup"
WRITES = {
    *(
        "files.atomic_write",
        "files.make_private_dir",
        "os.makedirs",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.replace",
    ),
    *("os.rmdir", "os.unlink", "os.write", "shutil.copy", "shutil.move", "shutil.rmtree"),
}
# The manifest and the settings are ocm's own files.
OWN = {
    "manifest": {"files.atomic_write", "files.make_private_dir", "os.replace", "os.rmdir", "os.unlink"},
    "settings": {"files.atomic_write", "files.make_private_dir"},
}


def called(module: ast.Module) -> set[str]:
    """Return which functions of other modules a module calls, as `module.function`, and whether it opens a file."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    opened = {"open" for call in calls if isinstance(call.func, ast.Name) and call.func.id == "open"}
    return opened | {ast.unparse(call.func) for call in calls if isinstance(call.func, ast.Attribute)}


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in ROOM.glob("*.py") if path.stem not in ("plan", "__init__"))
)
def test_nothing_in_the_room_writes_but_the_steps_of_a_plan(name: str) -> None:
    module = ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))
    assert called(module) & (WRITES | {"open"}) <= OWN.get(name, set())


def test_a_plan_does_its_steps_in_order_and_shows_them_before(tmp_path: Path) -> None:
    path, folder, done = tmp_path / "a.txt", tmp_path / "store" / "sessions", list[str]()
    path.write_bytes(b"one\n")
    steps = [
        WriteFile(str(path), "rules", b"one\n", b"two"),
        MakeFolder(str(folder), "create the private store"),
        Call(str(folder), "keep", lambda: done.append(path.read_text(encoding="utf-8"))),
    ]
    plan = Plan(list(steps))
    assert "-one\n+two\n\\ No newline at end of file\n" in plan.diff()
    assert f"# keep: {folder}\n" in plan.diff()
    assert (path.read_bytes(), folder.exists()) == (b"one\n", False)
    plan.apply()
    assert (path.read_bytes(), folder.is_dir(), done) == (b"two", True, ["two"])


def test_a_step_that_fails_is_named_with_what_was_done_and_what_was_not(tmp_path: Path) -> None:
    first, second, third = (str(tmp_path / name) for name in ("a", "b", "c"))
    Path(second).write_bytes(b"of another program")
    plan = Plan([WriteFile(name, "rules", None, b"x") for name in (first, second, third)])
    with pytest.raises(OcmError) as failed:
        plan.apply()
    assert f"{second} (rules) could not be written: Another program has changed it" in failed.value.message
    assert f"Done before it: {first} (rules). Not done: {third} (rules)." in failed.value.message
    assert (Path(first).read_bytes(), Path(second).read_bytes()) == (b"x", b"of another program")
    assert not os.path.exists(third)


def test_entries_are_removed_by_their_names_and_what_came_later_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").write_bytes(b"")
    (tmp_path / "file").write_bytes(b"")
    step = RemoveEntries(str(tmp_path), "remove the store", ("file", "folder"))
    (tmp_path / "later").write_bytes(b"")
    assert step.diff() == f"# remove the store: {tmp_path}\n#   file\n#   folder\n"
    step.run()
    assert [path.name for path in tmp_path.iterdir()] == ["later"]


def test_no_control_character_of_a_file_reaches_the_terminal() -> None:
    step = WriteFile("a", "rules", b"\x1b[31mred\n", b"plain\n")
    assert "-\\x1b[31mred\n" in step.diff()
