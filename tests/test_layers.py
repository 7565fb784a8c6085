"""The layers of the architecture, read from the code: imports only go down, and each outside library has one door."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ocm"

LAYERS: dict[str, tuple[str, ...]] = {
    "base": (
        "", "errors", "model", "paths", "files", "config", "gitdata", "marks", "jsonedit", "tomledit", "textedit",
        "resources", "partial", "shell", "processes", "facts", "plain", "traces", "fence", "texts", "progress",
    ),
    "owners": (
        "journal", "frontmatter", "blocks", "markdown", "rewrite", "index", "git", "gitrun", "gitstream", "githistory", "blobs",
        "registry", "manifest", "hosts",
    ),
    "core": (
        "policy", "activity", "freshness", "merge", "redact", "redact_names", "redact_rules", "redact_values", "links", "ledger",
    ),
    "service": (
        "sessionfiles", "observe", "sessions", "browse", "brief", "promptmatch", "timeline", "recall", "plan", "file_steps",
        "sites", "install", "codex_trust", "settings", "firing", "findings", "storechecks", "hostchecks", "probes",
        "doctor", "words", "imprint", "lineage", "origin", "decided", "standing", "why", "answers", "trust", "archive", "bundle",
        "copies", "rescan", "forget", "transfer", "opening", "listing", "stats", "standpoint",
    ),
    "entry": ("wire", "http", "tools", "server", "hook", "hookio", "hooktool", "output", "looking", "quick", "screen", "screens", "pager", "views", "session_view", "stats_view", "clipboard", "commands", "cli", "demo", "__main__"),
}  # fmt: skip

# Owners that may know each other, and why.
NEIGHBOURS = {
    ("markdown", "frontmatter"): "a session file is front matter and body",
    ("markdown", "blocks"): "and the body is blocks",
    ("rewrite", "frontmatter"): "writing is the other direction of reading",
    ("rewrite", "blocks"): "writing is the other direction of reading",
    ("rewrite", "markdown"): "writing is the other direction of reading",
    ("index", "markdown"): "the cache is made from the files",
    ("blobs", "gitrun"): "git converts what passes through filters",
    ("git", "gitrun"): "one asks, the other starts the process",
    ("githistory", "gitrun"): "another one that asks",
    ("githistory", "gitstream"): "of history there can be more than fits",
    ("gitstream", "gitrun"): "they start git alike",
}

# Which library only one module (or package) may import.
DOORS = {
    "markdown_it": {"blocks"},
    "filelock": {"files"},
    "git": {"gitrun"},
    "yaml": {"frontmatter"},
    "tomlkit": {"tomledit"},
    "sqlite3": {"index", "output"},  # output names the error, to turn it into a sentence
    "mcp": {"server", "demo"},
    "click": {"cli", "commands"},
}

# What no hook may pay for at every call of a tool.
HEAVY = {
    "git", "mcp", "filelock", "markdown_it", "sqlite3", "subprocess", "click", "yaml", "rich", "pathlib", "dataclasses",
    "typing", "logging",
}  # fmt: skip


# What says, in the crash fuzzer, what must be there: written from the contract, it must not know the program.
MODEL = ("model", "page", "words", "disk", "ops", "settle", "world", "clock")


def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name within it."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imported(path: Path) -> set[str]:
    """Return the absolute names of what a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def top(module: str) -> str:
    return module.split(".", 1)[0]


def graph() -> dict[str, set[str]]:
    """Return which modules of the package each of them imports."""
    known = modules()
    inner = {name: {found[4:] for found in imported(path) if found.startswith("ocm.")} for name, path in known.items()}
    return {name: (found & set(known)) - {name} for name, found in inner.items()}


def rank(module: str) -> int:
    return next(n for n, names in enumerate(LAYERS.values()) if top(module) in names)


def test_every_module_has_a_layer() -> None:
    assert {top(name) for name in modules()} == {name for names in LAYERS.values() for name in names}


def test_imports_only_go_down() -> None:
    upwards = [(a, b) for a, names in graph().items() for b in names if rank(b) > rank(a)]
    assert upwards == []


def test_owners_know_each_other_only_where_it_is_said() -> None:
    owners = LAYERS["owners"]
    pairs = {(top(a), top(b)) for a, names in graph().items() for b in names if top(a) in owners and top(b) in owners}
    assert {(a, b) for a, b in pairs if a != b} == set(NEIGHBOURS)


def test_no_import_runs_in_a_circle() -> None:
    packages = {name: {other for other in names if not name.startswith(other + ".")} for name, names in graph().items()}
    list(TopologicalSorter(packages).static_order())


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    users = {top(name) for name, path in modules().items() if library in {top(found) for found in imported(path)}}
    assert users == DOORS[library]


def test_sql_is_in_the_index_alone() -> None:
    users = {top(name) for name, path in modules().items() if "SELECT " in path.read_text(encoding="utf-8")}
    assert users == {"index"}


def test_a_hook_loads_nothing_heavy() -> None:
    code = "import sys; import ocm.hook.main; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY == set()


@pytest.mark.parametrize("name", MODEL)
def test_the_model_of_the_crash_fuzzer_never_reads_the_program(name: str) -> None:
    found = imported(ROOT / f"tests/laws/crash/{name}.py")
    assert {module for module in found if top(module) == "ocm"} == set()
