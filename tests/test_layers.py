"""The rooms of the architecture, read from the code: imports only go down, and each outside library has one door."""

import ast
import functools
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ocm"

# From the ground up: a room may import itself and what lies below it.
ORDER = (
    "base", "edit", "store", "markdown", "git", "redaction", "index", "hosts", "hosts.config", "sessions", "sources", "sources.readers", "provenance", "recall",
    "setup", "doctor", "ui", "hook", "mcp", "cli", "cli.commands", "",
)  # fmt: skip
# What a room that is asked about at every call, or that is pure, may import at most.
ALLOWED = {
    "base": set(),
    "edit": {"base"},
    "store": {"base"},
    "markdown": {"base"},
    "git": {"base", "store", "markdown"},
    "redaction": {"base", "store"},
    "index": {"base", "store", "markdown"},
    "hosts": set(),
    "hosts.config": {"base", "edit", "hosts"},
    "setup": {"base", "edit", "store", "redaction", "hosts", "hosts.config"},
}
MOST_ROOMS, MOST_MODULES, MOST_ARROWS = 22, 16, 95
CROWDED = ("hosts", "hosts.config", "cli.commands")  # one module a host, a command

# Which library only one module (or room) may import.
DOORS = {
    "markdown_it": {"markdown.blocks"},
    "filelock": {"store.files"},
    "git": {"git.repository"},
    "yaml": {"markdown.frontmatter"},
    "tomlkit": {"edit.toml_text"},
    "sqlite3": {"index", "sources.databases", "ui.output"},  # output names the error, to turn it into a sentence
    "mcp": {"mcp.server", "cli.demo"},
    "click": {"cli"},
}

# What changes a file: only one module may do so in the folder of the session files.
CHANGING = {"atomic_write", "rename", "replace", "unlink", "remove", "write_text", "write_bytes", "link", "truncate"}

# What no hook may pay for at every call of a tool.
HEAVY = {
    "git", "mcp", "filelock", "markdown_it", "sqlite3", "subprocess", "click", "yaml", "rich", "pathlib", "dataclasses",
    "typing", "logging",
}  # fmt: skip
MOST_HOT_PACKAGES, MOST_HOT_MODULES = 4, 11

# What says, in the crash fuzzer, what must be there: written from the contract, it must not know the program.
MODEL = ("model", "page", "words", "disk", "ops", "settle", "world", "clock")


@functools.cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name within it."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return a parsed module; the package is parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Return the absolute names of what a module imports, wherever in it."""
    return names_in(tree(path))


def names_in(module: ast.Module) -> set[str]:
    """Return the absolute names of what a parsed module imports."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def room_of(module: str) -> str:
    """Return the room that a module of the package is in: its folder, itself for a room's own page, else the top."""
    return module if module in ORDER else module.rpartition(".")[0]


@functools.cache
def graph() -> dict[str, set[str]]:
    """Return which modules of the package each of them imports."""
    known = modules()
    inner = {name: {found[4:] for found in imported(path) if found.startswith("ocm.")} for name, path in known.items()}
    return {name: (found & set(known)) - {name} for name, found in inner.items()}


def arrows(edges: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return which room imports which other room."""
    pairs = {(room_of(a), room_of(b)) for a, names in edges.items() for b in names}
    return {(a, b) for a, b in pairs if a != b and b}


def upward(pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the arrows that point up, or at what a room may not know."""
    bad = {(a, b) for a, b in pairs if ORDER.index(b) > ORDER.index(a)}
    return sorted(bad | {(a, b) for a, b in pairs if a in ALLOWED and b not in ALLOWED[a]})


def test_every_module_is_in_a_room() -> None:
    assert {room_of(name) for name in modules()} == set(ORDER)
    assert {name for name in modules() if not room_of(name)} == {"", "__main__"}


def test_imports_only_go_down() -> None:
    assert upward(arrows(graph())) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [("base.model", "from ocm.store import paths"), ("index.scan", "from ocm.git import blobs"), ("hosts.codex", "import ocm.store.paths")],
)  # fmt: skip
def test_an_import_planted_against_the_order_is_found(module: str, line: str) -> None:
    planted = {found[4:] for found in names_in(ast.parse(line)) if found.startswith("ocm.")} & set(modules())
    assert upward(arrows({**graph(), module: graph()[module] | planted})) != []


def test_no_import_runs_in_a_circle() -> None:
    list(TopologicalSorter(graph()).static_order())
    rooms: dict[str, set[str]] = {}
    for a, b in arrows(graph()):
        rooms.setdefault(a, set()).add(b)
    list(TopologicalSorter(rooms).static_order())


def test_the_house_is_no_larger_than_its_plan() -> None:
    assert len([room for room in ORDER if room]) <= MOST_ROOMS
    assert len(arrows(graph())) <= MOST_ARROWS
    held: dict[str, int] = {}
    for name, path in modules().items():
        if path.name != "__init__.py":
            held[room_of(name)] = held.get(room_of(name), 0) + 1
    assert {room: count for room, count in held.items() if count > MOST_MODULES and room not in CROWDED} == {}


@pytest.mark.parametrize("room", [room for room in ORDER if room])
def test_the_face_of_a_room_holds_one_sentence_and_nothing_else(room: str) -> None:
    (sentence,) = tree(modules()[room]).body
    assert isinstance(sentence, ast.Expr)
    assert isinstance(sentence.value, ast.Constant)
    assert "\n" not in str(sentence.value.value)


def changes_session_files(module: ast.Module) -> list[str]:
    """Return the functions that change files and know the folder of the session files."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if _changes_a_file(one) and _knows_the_folder(one)]


def _changes_a_file(function: ast.FunctionDef) -> bool:
    called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    return bool({name.rpartition(".")[2] for name in called if not name.startswith("session_files.")} & CHANGING)


def _knows_the_folder(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "sessions" for node in ast.walk(function))


def test_one_module_alone_changes_session_files() -> None:
    assert [name for name, path in modules().items() if changes_session_files(tree(path))] == ["sessions.session_files"]


@pytest.mark.parametrize("call", sorted(CHANGING))
def test_a_change_of_session_files_planted_elsewhere_is_found(call: str) -> None:
    planted = f"def f(store):\n    path = os.path.join(store.sessions, 'a.md')\n    files.{call}(path)"
    assert changes_session_files(ast.parse(planted)) == ["f"]


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    users = {
        name for name, path in modules().items() if library in {found.split(".", 1)[0] for found in imported(path)}
    }
    assert {
        next((d for d in DOORS[library] if user == d or user.startswith(d + ".")), user) for user in users
    } == DOORS[library]


def test_sql_is_in_the_index_and_where_other_tools_databases_are_read() -> None:
    users = {name for name, path in modules().items() if "SELECT " in path.read_text(encoding="utf-8")}
    assert {name for name in users if room_of(name) != "index"} == {"sources.databases"}


def loaded_by_a_hook() -> list[str]:
    """Return the names of the modules that are loaded once the hook's own is."""
    code = "import sys; import ocm.hook.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_hook_loads_nothing_heavy() -> None:
    assert {name.split(".")[0] for name in loaded_by_a_hook()} & HEAVY == set()


def test_a_hook_loads_few_packages_and_modules_of_ocm() -> None:
    ours = {name for name in loaded_by_a_hook() if name.split(".")[0] == "ocm"}
    packages = {name for name in ours if name == "ocm" or name[4:] in ORDER}
    assert packages == {"ocm", "ocm.hook", "ocm.hosts", "ocm.store"}
    assert len(packages) <= MOST_HOT_PACKAGES
    assert len(ours - packages) <= MOST_HOT_MODULES


@pytest.mark.parametrize("name", MODEL)
def test_the_model_of_the_crash_fuzzer_never_reads_the_program(name: str) -> None:
    found = imported(ROOT / f"tests/laws/crash/{name}.py")
    assert {module for module in found if module.split(".", 1)[0] == "ocm"} == set()
