"""The threat model names a test for each of its lines, and the program has none of the doors it says it has not."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

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
    text = (ROOT / "ocm" / "markdown" / "frontmatter.py").read_text(encoding="utf-8")
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
    found = {pair for pair in imported if pair[0] in _FORBIDDEN_MODULES}
    assert found == {("socket", "http.py")}  # which listens where its user asked for it, on this machine alone
    door = (ROOT / "ocm" / "mcp" / "http.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\bsocket\.[a-z]\w*\(", door)) == {"socket.socket("}
    assert not re.search(r"\.(connect|connect_ex|sendto)\(", door)


# --- how it is built and tested


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HASHED = sorted((ROOT / ".github").glob("requirements-*.txt"))
_REQUIREMENT = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;]+)( ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def workflow(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - strings only
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


def hashed(path: Path) -> dict[str, str]:
    """Return the versions of a file of hashed requirements, of which every line was understood."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#"))
    assert _REQUIREMENT.sub("", text) == "", "a name, a version, hashes, and nothing else: no index, no link, no option"
    return {match[1]: match[2] for match in _REQUIREMENT.finditer(text)}


def test_there_are_workflows_and_hashed_requirements() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert [path.name for path in HASHED] == [f"requirements-{name}.txt" for name in ("audit", "ci", "fuzz")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_the_workflows_use_is_pinned(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", name)] == []
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"@[0-9a-f]{40} # v\d", line), f"{line}: which version is that?"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_may_only_read(path: Path) -> None:
    found = workflow(path)
    assert found["permissions"] == {"contents": "read"}
    assert set(found["on"]) <= {"push", "pull_request"}, "no event that runs a stranger's change with a token"
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert {step["with"]["persist-credentials"] for step in checkouts} == {"false"}
    special = {name: job["permissions"] for name, job in found["jobs"].items() if "permissions" in job}
    assert special == ({"publish": {"id-token": "write"}} if path.name == "release.yml" else {})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_of_a_stranger_becomes_a_command(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_the_workflows_install_is_hashed(path: Path) -> None:
    commands = [line for step in steps(path) for line in step.get("run", "").splitlines() if "pip install" in line]
    assert len(commands) >= 2
    for command in commands:
        is_hashed = re.search(r"--require-hashes --only-binary :all: -r (\.github/requirements-\w+\.txt)$", command)
        assert is_hashed or command.endswith("--no-deps --no-build-isolation ."), command
        assert not is_hashed or (ROOT / is_hashed[1]).is_file()


def test_what_is_installed_is_looked_up_for_known_holes() -> None:
    (audit,) = [step["run"] for path in WORKFLOWS for step in steps(path) if "pip_audit" in step.get("run", "")]
    assert set(re.findall(r"-r (\S+)", audit)) == {f".github/{path.name}" for path in HASHED}


@pytest.mark.parametrize("path", HASHED, ids=lambda path: path.name)
def test_every_requirement_has_its_hashes(path: Path) -> None:
    versions = hashed(path)
    wanted = [
        Requirement(line)
        for line in path.with_suffix(".in").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert wanted
    assert [str(one) for one in wanted if versions[one.name] not in one.specifier] == []


def test_the_hashed_files_are_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    versions = hashed(ROOT / ".github" / "requirements-ci.txt")
    asked = [*project["project"]["dependencies"], *extras["test"], *project["build-system"]["requires"]]
    for one in map(Requirement, asked):
        assert versions[one.name.lower()] in one.specifier, f"{one}: make .github/requirements-ci.txt anew"
    for one in map(Requirement, extras["fuzz"]):
        assert hashed(ROOT / ".github" / "requirements-fuzz.txt")[one.name] in one.specifier
