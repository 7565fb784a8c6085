"""Laws of installing: whatever the files of a person look like, they come back as they were."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocm.hosts.config import claude_code as claude
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

# Each example writes a home and a project, durably: the profile's number, but not its thousands.
EXAMPLES = settings(
    max_examples=min(200, settings().max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6) | st.sampled_from(
    ["漢字", "é", "a\\b", '"']
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
members = st.dictionaries(words, values, max_size=3)

foreign_handler = st.fixed_dictionaries(
    {"type": st.just("command"), "command": st.sampled_from(["lint", "ocm-hooked", "echo ocm-hook"])}
)
groups = st.lists(
    st.fixed_dictionaries({"hooks": st.lists(foreign_handler, max_size=2)}, optional={"matcher": words}), max_size=2
)
events = st.sampled_from(["PreToolUse", "PostToolUse", "Stop", "SessionStart", "SessionEnd", "Mine"])
hooks = st.fixed_dictionaries({}, optional={"hooks": st.dictionaries(events, groups, max_size=3)})
servers = st.fixed_dictionaries({}, optional={"mcpServers": st.dictionaries(words, members, max_size=2)})


def merged(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Return objects with the members of all parts, in any order."""
    together = st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})
    return together.flatmap(lambda found: st.permutations(list(found.items())).map(dict))


STRING_OR_EMPTY = re.compile(r'"(?:[^"\\]|\\.)*"|\{\}|\[\]')


@st.composite
def json_files(draw: st.DrawFn, part: st.SearchStrategy[Json]) -> bytes:
    """Return a JSON file of some layout that holds `part` among other things."""
    document = draw(merged(members, part))
    indent = draw(st.sampled_from([None, 2, 4, 1, "\t", 0]))
    apart = draw(st.sampled_from([(",", ": "), (",", ":"), (", ", ": "), (" ,", " : ")]))
    text = json.dumps(document, indent=indent, separators=apart, ensure_ascii=draw(st.booleans()))
    space = draw(st.sampled_from(["", " ", "\n"]))
    text = space + STRING_OR_EMPTY.sub(
        lambda found: space.join(found[0]) if found[0] in ("{}", "[]") else found[0], text
    )
    return _encoded(draw, text + draw(st.sampled_from(["", "\n", "\n\n"])), ["utf-8", "utf-8-sig"])


@st.composite
def text_files(draw: st.DrawFn) -> bytes:
    """Return a text file of some encoding and with some line ends."""
    line = words | st.sampled_from(
        ["", " ", "openCodeMemory", "# not .openCodeMemory/ yet", "x <!-- BEGIN openCodeMemory -->"]
    )
    text = "\n".join(draw(st.lists(line, max_size=5))) + draw(st.sampled_from(["", "\n", "\n\n"]))
    return _encoded(draw, text, ["utf-8", "utf-8-sig", "utf-8", "latin-1"])


def _encoded(draw: st.DrawFn, text: str, encodings: list[str]) -> bytes:
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(encodings))
    if encoding == "latin-1":
        text = text.encode("latin-1", "replace").decode("latin-1")
    return text.replace("\n", ends).encode(encoding)


def utf16(data: bytes) -> bytes:
    """Return the same text as PowerShell writes it."""
    return ("\ufeff" + data.decode("utf-8-sig", "replace")).encode("utf-16-le")


@st.composite
def setups(draw: st.DrawFn) -> Callable[[World], None]:
    """Return what puts a person's files into a world: absent, plain, read-only, or a link to elsewhere."""
    markdown = text_files() | text_files().map(utf16)
    contents = {
        "settings": draw(st.none() | json_files(hooks)),
        "servers": draw(st.none() | json_files(servers)),
        "rules": draw(st.none() | markdown),
        "ignored": draw(st.none() | text_files()),
    }
    modes = {name: draw(st.sampled_from([0o644, 0o600, 0o444, 0o400])) for name in contents}
    links = {name: draw(st.sampled_from([None, None, "elsewhere", "project/docs"])) for name in contents}

    def set_up(world: World) -> None:
        for name, data in contents.items():
            if data is not None:
                _place(world, getattr(world, name), data, modes[name], links[name])

    return set_up


def _place(world: World, path: Path, data: bytes, mode: int, link: str | None) -> None:
    path.parent.mkdir(exist_ok=True)
    if link:
        target = world.base / link / path.name
        target.parent.mkdir(exist_ok=True)
        path.symlink_to(os.path.relpath(target, path.parent))
    path.write_bytes(data)
    path.chmod(mode)


def in_a_world(law: Callable[[World], None]) -> None:
    """Run `law` in a world of its own."""
    with tempfile.TemporaryDirectory() as base, World(Path(base)).entered() as world:
        law(world)


@EXAMPLES
@given(setups(), st.sampled_from(claude.PROFILES))
def test_uninstalling_gives_back_every_byte_mode_link_and_folder(set_up: Callable[[World], None], profile: str) -> None:
    def law(world: World) -> None:
        set_up(world)
        before = world.seen()
        world.init(claude=profile)
        assert world.plan(claude=profile).steps == []
        world.uninstall()
        assert world.seen() == before

    in_a_world(law)


@EXAMPLES
@given(setups(), st.permutations(claude.PROFILES))
def test_changing_the_profile_keeps_what_was_there_first(set_up: Callable[[World], None], profiles: list[str]) -> None:
    def law(world: World) -> None:
        set_up(world)
        before = world.seen()
        for profile in profiles:
            world.init(claude=profile)
        world.uninstall()
        assert world.seen() == before

    in_a_world(law)


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes().decode("utf-8-sig")) if path.exists() else {}


@EXAMPLES
@given(setups(), st.lists(st.booleans(), min_size=1, max_size=3))
def test_what_others_change_meanwhile_stays_and_nothing_else(
    set_up: Callable[[World], None], rewritten: list[bool]
) -> None:
    def law(world: World) -> None:
        set_up(world)
        had = {path: read_json(path) for path in (world.settings, world.servers)}
        rules = world.rules.read_bytes() if world.rules.exists() else b""
        world.init()
        for number, whole in enumerate(rewritten):
            for path, document in had.items():
                document[f"new {number}"] = number
                _edit(path, f"new {number}", number, whole=whole)
            world.init(claude=claude.PROFILES[number])
        _chmod_write(world.rules, _prepended(world.rules.read_bytes()))
        world.uninstall()
        for path, document in had.items():
            assert read_json(path) == document
        assert world.rules.read_bytes() == _prepended(rules)

    in_a_world(law)


def _prepended(data: bytes) -> bytes:
    """Return the text with a line of another person's before it, in its own encoding."""
    mark, width = (b"\xff\xfe", 2) if data.startswith(b"\xff\xfe") else (b"", 1)
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else mark
    line = "their line\n".encode("utf-16-le" if width == 2 else "ascii")
    return mark + line + data[len(mark) :]


def _edit(path: Path, name: str, value: int, *, whole: bool) -> None:
    """Add a member as another program does: rewriting the whole file, or a person: in its text."""
    data = path.read_bytes() if path.exists() else b"{}"
    text = data.decode("utf-8-sig")
    if whole:
        document = json.loads(text)
        document[name] = value
        text = json.dumps(document, indent=2, ensure_ascii=False)
    else:
        start = text.index("{") + 1
        comma = "" if json.loads(text) == {} else ","
        text = f"{text[:start]}{json.dumps(name)}:{value}{comma}{text[start:]}"
    _chmod_write(path, text.encode())


def _chmod_write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        path.chmod(0o644)
    path.write_bytes(data)
