"""A release: one version, actions that are pinned, and a wheel and an sdist that run with nothing else present."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocm import __version__
from tests.bench.terminal import demo_command

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


# --- one version


def test_the_version_is_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "ocm/__init__.py"
    manifest = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__


def test_the_changelog_begins_with_what_is_next_or_with_this_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0].split()[0] in {"Unreleased", __version__}
    assert __version__ in [heading.split()[0] for heading in headings]


# --- the workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_keeps_a_secret_or_may_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "password" not in text
    assert re.findall(r"^\s+\S+: write$", text, re.MULTILINE) == ["      id-token: write"] * (
        path.name == "release.yml"
    )


def test_what_is_published_is_what_was_tried() -> None:
    release = jobs(ROOT / ".github" / "workflows" / "release.yml")
    assert release["publish"]["needs"] == "build"
    assert release["publish"]["permissions"] == {"id-token": "write"}
    assert release["publish"]["environment"]["name"] == "pypi"
    assert "run" not in {key for step in release["publish"]["steps"] for key in step}
    assert release["publish"]["steps"][-1]["with"] == {"attestations": True}
    commands = [step["run"] for step in release["build"]["steps"] if "run" in step]
    assert commands.index("python -m build --no-isolation") < len(commands) - 1
    assert "tests/test_release.py" in commands[-1]
    assert not any("build" in command for command in commands[-1:])


# --- wheel and sdist


def run(words: list[str], cwd: Path, **more: str) -> str:
    """Run a command in an environment that leads to nothing of the source tree, and return what it prints."""
    kept = ("PATH", "LANG", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
    environment = {name: os.environ[name] for name in os.environ if name in kept or name.startswith("PIP_")}
    home = cwd / "home"
    home.mkdir(exist_ok=True)
    environment |= {"HOME": str(home), "USERPROFILE": str(home), **more}
    done = subprocess.run(words, cwd=cwd, env=environment, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both: what a release built, or what is built now from the files that git knows."""
    if given := os.environ.get("RELEASE_DIST"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def installed(package: Path, folder: Path) -> Path:
    """Install a file alone into an environment of its own, and return the folder of its commands."""
    venv.create(folder / "env", with_pip=True)
    commands = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    run([str(commands / "python"), "-m", "pip", "-qq", "--disable-pip-version-check", "install", str(package)], folder)
    return commands


def shipped() -> dict[str, bytes]:
    """Return what a wheel must hold, by its path in it: the package, and what it installs."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "ocm", "hooks", "rules"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    inside = {name: name if name.startswith("ocm/") else f"ocm/data/{name}" for name in files if name}
    return {place: (ROOT / name).read_bytes() for name, place in inside.items() if (ROOT / name).is_file()}


@pytest.mark.long
def test_the_wheel_holds_the_package_and_what_it_installs(dist: Path) -> None:
    with zipfile.ZipFile(only(dist, "*.whl")) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == shipped()


@pytest.mark.long
def test_both_are_of_this_version(dist: Path) -> None:
    assert only(dist, "*.whl").name == f"ocm_journal-{__version__}-py3-none-any.whl"
    assert only(dist, "*.tar.gz").name == f"ocm_journal-{__version__}.tar.gz"


@pytest.mark.long
def test_the_sdist_holds_what_its_own_tests_need(dist: Path) -> None:
    with tarfile.open(only(dist, "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listed = ["git", "ls-files", "-z"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    wanted = {name for name in files if name and name != ".gitignore" and (ROOT / name).is_file()}
    assert sorted(wanted - names) == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"])
def test_it_runs_with_nothing_else_present(pattern: str, dist: Path, tmp_path: Path) -> None:
    commands = installed(only(dist, pattern).resolve(), tmp_path)
    ocm = str(commands / "ocm")
    where = run([str(commands / "python"), "-c", "import ocm; print(ocm.__file__)"], tmp_path)
    assert str(tmp_path / "env") in where
    assert run([ocm, "--version"], tmp_path) == f"ocm {__version__}\n"
    command = demo_command(commands, tmp_path / "demo")
    assert run(command.words, command.cwd, PATH=command.environment["PATH"]).rstrip().endswith("ocm init")
    project = tmp_path / "project"
    project.mkdir()
    run(["git", "init", "-q"], project)
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    assert "ocm is set up here" in run([ocm, "init", "--all"], project, PATH=path)
    run([ocm, "checkpoint", "--session-id", "S", "--goal", "try the wheel"], project, PATH=path)
    assert "try the wheel" in run([ocm, "search", "wheel"], project, PATH=path)
    assert "Nothing to change" not in run([ocm, "uninstall", "--purge"], project, PATH=path)
    assert sorted(found.name for found in project.iterdir()) == [".git", "home"]
