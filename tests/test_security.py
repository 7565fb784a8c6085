"""The threat model names a test for each of its lines, and the program has none of the doors it says it has not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / ".github" / "SECURITY.md"
_ROW = re.compile(r"^\| (?!Who |---)(.+?) \| (.+?) \| (.+?) \| `(\S+)::(\S+)` \|$")
_FORBIDDEN_CALLS = {"eval", "exec", "compile"}
_FORBIDDEN_MODULES = {
    "pickle",
    "shelve",
    "marshal",
    "dill",
    "ftplib",
    "telnetlib",
    "smtplib",
    "urllib.request",
    "http.client",
    "socket",
    "requests",
}


def rows() -> list[re.Match[str]]:
    lines = [
        line for line in MODEL.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "---" not in line
    ]
    matches = [_ROW.match(line) for line in lines if not line.startswith("| Who ")]
    assert None not in matches, "every line has four cells, and the last names a test"
    return [match for match in matches if match]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_threat_model_has_its_lines() -> None:
    assert len(rows()) >= 20
    assert len(MODEL.read_text(encoding="utf-8").splitlines()) < 80, "one page"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[5])
def test_every_line_of_the_threat_model_names_a_test(row: re.Match[str]) -> None:
    path = ROOT / row[4]
    assert path.is_file()
    assert row[5] in functions(path)


def sources() -> list[Path]:
    return sorted((ROOT / "ocm").rglob("*.py"))


def test_nothing_here_runs_a_shell_or_evaluates_text() -> None:
    wrong = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
                is_shell = any(part.arg == "shell" and ast.unparse(part.value) == "True" for part in node.keywords)
                if (
                    name in _FORBIDDEN_CALLS
                    or is_shell
                    or name in {"os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
                ):
                    wrong.append(f"{path.name}: {name}")
    assert [one for one in wrong if one != "frontmatter.py: yaml.load"] == []


def test_yaml_is_read_as_plain_text_only() -> None:
    text = (ROOT / "ocm" / "frontmatter.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\w+Loader\b", text)) == {"CBaseLoader", "BaseLoader"}
    assert set(re.findall(r"yaml\.(?:load|compose)\(block, Loader=(\w+)\)", text)) == {"_LOADER"}


def test_nothing_here_talks_to_the_network() -> None:
    imported = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {(alias.name, path.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported |= {(node.module, path.name)}
    assert [pair for pair in imported if pair[0] in _FORBIDDEN_MODULES] == []


def test_what_the_workflows_use_is_pinned() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                assert re.search(r"@[0-9a-f]{40} # v\d", line), line
