"""The law of a person's own edits: whatever they write into ocm's entries or beside them outlives every set-up."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.hook_files import FULL, MINIMAL, NONE
from ocm.setup import install
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each example sets a project up several times, durably.
EXAMPLES = settings(
    max_examples=min(100, settings().max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
SERVER = "opencodememory"
NAMED = sorted(set(HOSTS) - {"continue"})  # whose files are JSON or TOML

folders = st.sampled_from(["", "/home/u/.local/bin/", "~/bin/", "$HOME/bin/"])
# Everything that a person writes has a name by which a law can look for it: beside ocm's entries, or into one.
beside = st.text("abcxyz", min_size=1, max_size=4).map("beside-".__add__)
into = st.text("abcxyz", min_size=1, max_size=4).map("into-".__add__)
added = st.dictionaries(into | st.sampled_from(["env", "alwaysLoad", "disabled"]), into | st.integers(1, 9), max_size=3)
others = st.dictionaries(beside, beside | st.just({"command": "theirs", "args": ["serve"]}), max_size=2)
commands = st.tuples(
    st.sampled_from(["lint", "my-ocm-hook stop", "echo ocm-hook stop", "ocm-hook stop --tool cline && lint"]), beside
).map(" ".join)


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Return every object inside a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def entries(document: object) -> list[dict[str, Any]]:
    """Return ocm's MCP servers in a file."""
    found = [one[SERVER] for one in objects(document) if isinstance(one.get(SERVER), dict)]
    return [entry for entry in found if "serve" in str(entry)]


def handlers(document: object) -> list[dict[str, Any]]:
    """Return ocm's hooks in a file that nobody edited."""
    return [one for one in objects(document) if any("ocm-hook" in str(value) for value in texts(one))]


def texts(value: dict[str, Any]) -> list[str]:
    return [one for one in value.values() if isinstance(one, str)]


def read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return tomlkit.parse(text).unwrap() if path.suffix == ".toml" else json.loads(text)


def write(path: Path, document: Any, indent: int | None) -> None:
    text = tomlkit.dumps(document) if path.suffix == ".toml" else json.dumps(document, indent=indent) + "\n"
    path.write_text(text, encoding="utf-8")


def edit_server(draw: st.DrawFn, entry: dict[str, Any]) -> None:
    entry |= draw(added)
    folder, words = draw(folders), draw(st.lists(into, max_size=2))
    if isinstance(entry["command"], list):
        entry["command"] = [folder + "ocm", *entry["command"][1:], *words]
    else:
        entry |= {"command": folder + "ocm", "args": [*entry["args"], *words]}


def edit_hook(draw: st.DrawFn, handler: dict[str, Any]) -> None:
    folder = draw(folders)
    for key, value in handler.items():
        if isinstance(value, str) and value.startswith("if command -v ocm-hook"):
            handler[key] = value.replace("ocm-hook", folder + "ocm-hook")
    if "timeout" in handler:
        handler["timeout"] = draw(st.integers(1, 99))
    handler |= draw(added)


def edit(draw: st.DrawFn, path: Path) -> None:
    """Do to a file that `ocm init` wrote what a person may do to it."""
    document = read(path)
    groups = [value for one in objects(document) for value in one.values() if isinstance(value, list)]
    for handler in handlers(document):
        edit_hook(draw, handler)
    for entry in entries(document):
        edit_server(draw, entry)
    for one in [
        one for one in objects(document) if isinstance(one.get(SERVER), dict) and entries(one) == [one[SERVER]]
    ]:
        one.update(draw(others))
    for group in (one for one in groups if handlers(one) and all("hooks" in inner for inner in one)):
        theirs = {"hooks": [{"type": "command", "command": draw(commands)}]}
        group.insert(draw(st.integers(0, len(group))), theirs)
        group[draw(st.integers(0, len(group) - 1))]["hooks"].append({"type": "command", "command": draw(commands)})
    document["beside-member"] = draw(beside)
    write(path, document, draw(st.sampled_from([None, 2, 4])))


edits = st.composite(edit)


def config_files(world: World) -> list[Path]:
    found = [path for path in sorted(world.project.rglob("*")) if path.suffix in (".json", ".toml")]
    return [path for path in found if not {".openCodeMemory", ".git"} & set(path.parts)]


def of_a_person(kind: str, path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return sorted(re.findall(rf"{kind}-\w+", text))


def ours_in(host: str, path: Path) -> list[Any]:
    """Return ocm's servers and hooks in a file, changed or not, each with its event and what its group says.

    Whether the end of a turn is quiet is the profile's; what was there before comes back with that of then.
    """
    hooks, text = HOSTS[host].hooks, path.read_text(encoding="utf-8").replace(" stop --quiet", " stop")
    held: list[Any] = list(entries(read(path)))
    if hooks and not hooks.script and path.suffix == ".json":
        held += [[slot.event, dict(slot.group), slot.handler] for slot in hooks.held(text)]
    return held


def uninstalled(world: World) -> set[Path]:
    """Take ocm out of the project; return the files of which it is said that something stays."""
    plan = install.plan_uninstall(cwd=str(world.project), purge=True)
    plan.apply()
    return {path for path in config_files(world) for said in plan.stays if said.startswith(f"{path}, line")}


@EXAMPLES
@given(st.data(), st.sampled_from(NAMED), st.sampled_from([MINIMAL, FULL]))
def test_what_a_person_writes_outlives_init_and_uninstall_and_of_ours_nothing_does(
    data: st.DataObject, name: str, profile: str
) -> None:
    profiles = [MINIMAL, FULL, profile] if HOSTS[name].hooks else []
    with tempfile.TemporaryDirectory() as base, World(Path(base)).entered() as world:
        ours: list[Any] = []
        for one in profiles or [""]:
            world.init_hosts(name, profiles={name: one} if one else {})
            files = config_files(world)
            ours += [entry for path in files for entry in ours_in(name, path)]
        for path in files:
            data.draw(edits(path))
        written = {path: path.read_bytes() for path in files}
        world.init_hosts(name)
        assert {path: path.read_bytes() for path in files} == written
        theirs = {path: of_a_person("beside", path) for path in files}
        for one in profiles:
            world.init_hosts(name, profiles={name: one})
            assert {path: of_a_person("beside", path) for path in files} == theirs
        changed = {path: [entry for entry in ours_in(name, path) if entry not in ours] for path in files}
        named = uninstalled(world)
        assert {path: of_a_person("beside", path) for path in files} == theirs
        assert {path: ours_in(name, path) for path in files} == changed
        assert {path for path in files if changed[path]} == named


def test_without_hooks_what_a_person_wrote_beside_them_stays() -> None:
    with tempfile.TemporaryDirectory() as base, World(Path(base)).entered() as world:
        world.init()
        document = read(world.settings)
        document["hooks"]["Stop"] = [{"hooks": [{"type": "command", "command": "lint"}]}]
        write(world.settings, document, 2)
        world.init(claude=NONE)
        assert read(world.settings) == {"hooks": {"Stop": document["hooks"]["Stop"]}}
