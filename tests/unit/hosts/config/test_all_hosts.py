"""Setting up every host: which files it gets, what is in them, and that each comes back as it was."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ocm.base import resources
from ocm.base.errors import BadInputError, OcmError
from ocm.edit import json_text
from ocm.edit.plain_text import BEGIN, END, READ
from ocm.hosts import adapters
from ocm.hosts.config import hook_files
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.host_config import PROJECT, USER
from ocm.setup import install, scope
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIO = {"type": "stdio", "command": "ocm", "args": ["serve"]}
PLAIN = {"command": "ocm", "args": ["serve"]}
TOML = {**PLAIN, "default_tools_approval_mode": "approve"}
LOCAL_SERVER = {"type": "local", **PLAIN, "tools": ["*"]}
PLUGIN = {"type": "local", "command": ["ocm", "serve"], "enabled": True}

# Host, file with its MCP server, the members that lead to it, what is there; then the rules, and the hooks.
OPEN_FOLDER = {**PLAIN, "args": ["serve", "--project", "${workspaceFolder}"]}
PROJECT_FILES: dict[str, tuple[str, tuple[str, ...], Any, str, str]] = {
    "claude-code": (".mcp.json", ("mcpServers",), STDIO, "CLAUDE.md", ".claude/settings.json"),
    "codex": (".codex/config.toml", ("mcp_servers",), TOML, "AGENTS.md", ".codex/hooks.json"),
    "gemini-cli": (".gemini/settings.json", ("mcpServers",), PLAIN, "GEMINI.md", ".gemini/settings.json"),
    "opencode": ("opencode.json", ("mcp",), PLUGIN, "AGENTS.md", ".opencode/plugins/ocm.js"),
    "copilot": (".mcp.json", ("mcpServers",), STDIO, "AGENTS.md", ".github/hooks/opencodememory.json"),
    "cline": ("", (), None, "AGENTS.md", ".cline/plugins/ocm.js"),
    "cursor": (".cursor/mcp.json", ("mcpServers",), OPEN_FOLDER, "AGENTS.md", ".cursor/hooks.json"),
    "vscode-copilot": (
        *(".vscode/mcp.json", ("servers",), {"type": "stdio", **OPEN_FOLDER}, "AGENTS.md"),
        ".github/hooks/opencodememory-vscode.json",
    ),
    "windsurf": ("", (), None, "AGENTS.md", ".windsurf/hooks.json"),
    "antigravity": (".agents/mcp_config.json", ("mcpServers",), PLAIN, "AGENTS.md", ".agents/hooks.json"),
    "qoder": (".mcp.json", ("mcpServers",), STDIO, "AGENTS.md", ".qoder/settings.json"),
    "kiro": (".kiro/settings/mcp.json", ("mcpServers",), PLAIN, "AGENTS.md", ".kiro/hooks/opencodememory.json"),
    "droid": (".factory/mcp.json", ("mcpServers",), STDIO, "AGENTS.md", ".factory/settings.json"),
    "continue": (".continue/mcpServers/opencodememory.yaml", (), None, "AGENTS.md", ""),
    "zed": (".zed/settings.json", ("context_servers",), PLAIN, "AGENTS.md", ""),
    "roo": (".roo/mcp.json", ("mcpServers",), PLAIN, "AGENTS.md", ""),
    "amp": (".amp/settings.json", ("amp.mcpServers",), PLAIN, "AGENTS.md", ""),
}
CODE = ".config/Code/User"
ROO = f"{CODE}/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"
USER_FILES: dict[str, tuple[str, tuple[str, ...], Any, str, str]] = {
    "claude-code": (".claude.json", ("mcpServers",), STDIO, ".claude/CLAUDE.md", ".claude/settings.json"),
    "codex": (".codex/config.toml", ("mcp_servers",), TOML, ".codex/AGENTS.md", ".codex/hooks.json"),
    "gemini-cli": (".gemini/settings.json", ("mcpServers",), PLAIN, ".gemini/GEMINI.md", ".gemini/settings.json"),
    "opencode": (
        *(".config/opencode/opencode.json", ("mcp",), PLUGIN),
        *(".config/opencode/AGENTS.md", ".config/opencode/plugins/ocm.js"),
    ),
    "copilot": (
        *(".copilot/mcp-config.json", ("mcpServers",), LOCAL_SERVER),
        *(".copilot/copilot-instructions.md", ".copilot/hooks/opencodememory.json"),
    ),
    "cline": (
        *(".cline/data/settings/cline_mcp_settings.json", ("mcpServers",), {**PLAIN, "timeout": 60}),
        *(".cline/rules/opencodememory.md", ".cline/plugins/ocm.js"),
    ),
    "cursor": (".cursor/mcp.json", ("mcpServers",), PLAIN, "", ".cursor/hooks.json"),
    "vscode-copilot": (f"{CODE}/mcp.json", ("servers",), STDIO, "", ".copilot/hooks/opencodememory-vscode.json"),
    "windsurf": (
        *(".codeium/windsurf/mcp_config.json", ("mcpServers",), PLAIN),
        *(".codeium/windsurf/memories/global_rules.md", ".codeium/windsurf/hooks.json"),
    ),
    "antigravity": (
        *(".gemini/config/mcp_config.json", ("mcpServers",), PLAIN),
        *(".gemini/GEMINI.md", ".gemini/config/hooks.json"),
    ),
    "qoder": (".qoder/settings.json", ("mcpServers",), PLAIN, ".qoder/AGENTS.md", ".qoder/settings.json"),
    "kiro": (
        *(".kiro/settings/mcp.json", ("mcpServers",), PLAIN),
        *(".kiro/steering/opencodememory.md", ".kiro/hooks/opencodememory.json"),
    ),
    "droid": (".factory/mcp.json", ("mcpServers",), STDIO, ".factory/AGENTS.md", ".factory/settings.json"),
    "continue": (
        ".continue/mcpServers/opencodememory.yaml", (), None, ".continue/rules/opencodememory.md", "",
    ),
    "zed": (".config/zed/settings.json", ("context_servers",), PLAIN, ".config/zed/AGENTS.md", ""),
    "roo": (ROO, ("mcpServers",), PLAIN, ".roo/rules/opencodememory.md", ""),
    "amp": (".config/amp/settings.json", ("amp.mcpServers",), PLAIN, ".config/amp/AGENTS.md", ""),
}  # fmt: skip
LEVELS = {PROJECT: PROJECT_FILES, USER: USER_FILES}
CASES = [(level, name) for level, files in LEVELS.items() for name in files]
HOOKED = [name for name, host in HOSTS.items() if host.hooks]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as entered:
        yield entered


def read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json_text.parse(text, comments=True)


def set_up(world: World, level: str, *hosts: str, **profiles: str) -> None:
    chosen = {name.replace("_", "-"): profile for name, profile in profiles.items()}
    if level == USER:
        install.plan_install(hosts=hosts, profiles=chosen).apply()
    else:
        world.init_hosts(*hosts, profiles=chosen)


def take_away(world: World, level: str) -> None:
    if level == USER:
        install.plan_uninstall(cwd="/", everywhere=True, purge=True).apply()
    else:
        world.uninstall()


def written(world: World, before: set[Path]) -> set[str]:
    """Return the files that were made, but for those that ocm keeps for itself."""
    after = {path for path in world.base.rglob("*") if path.is_file()} - before
    own = {path for path in after if ".openCodeMemory" in path.parts or path.name == ".gitignore"}
    return {
        path.relative_to(world.home if world.home in path.parents else world.project).as_posix() for path in after - own
    }


# Every host


def test_clients_whose_files_were_moved_are_set_up_where_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.setenv(name, str(world.base / name))
    install.plan_install(hosts=["codex", "copilot"]).apply()
    assert {path.name for path in (world.base / "CODEX_HOME").iterdir()} == {"config.toml", "hooks.json", "AGENTS.md"}
    assert (world.base / "COPILOT_HOME" / "hooks" / "opencodememory.json").exists()
    assert {path.name for path in world.home.iterdir()} == {".openCodeMemory"}


def test_every_host_has_its_files_written_down_here() -> None:
    assert set(PROJECT_FILES) == set(USER_FILES) == set(HOSTS)


@pytest.mark.parametrize(("level", "name"), CASES)
def test_a_host_gets_server_rules_and_hooks_and_gives_them_back(world: World, level: str, name: str) -> None:
    file, path, entry, rules, hooks = LEVELS[level][name]
    root = world.home if level == USER else world.project
    before = world.seen()
    set_up(world, level, name, **({name.replace("-", "_"): "full"} if hooks else {}))
    assert written(world, set()) == {part for part in (file, rules, hooks) if part}
    if path:
        found = read(root / file)
        for member in (*path, "opencodememory"):
            found = found[member]
        assert found == entry
    if rules:
        text = (root / rules).read_text()
        assert text.startswith(f"{BEGIN}\n## openCodeMemory")
        assert text.endswith(f"{END}\n")
    stamps = world.stamps()
    set_up(world, level, name)
    assert world.stamps() == stamps
    take_away(world, level)
    assert world.seen() == before


@pytest.mark.parametrize("name", HOOKED)
@pytest.mark.parametrize("profile", ["minimal", "full"])
def test_hooks_are_exactly_what_the_profile_file_holds(world: World, name: str, profile: str) -> None:
    host = HOSTS[name]
    assert host.hooks
    world.init_hosts(name, profiles={name: profile})
    path = world.project / PROJECT_FILES[name][4]
    if host.hooks.script:
        assert path.read_text() == resources.read("hooks", name, host.hooks.script)
        return
    shipped = json.loads(resources.read("hooks", name, f"{profile}.json"))
    found = read(path)
    assert {member: found[member] for member in shipped} == shipped
    if profile == "minimal":
        assert found.keys() - shipped.keys() <= {"mcpServers"}


@pytest.mark.parametrize("name", HOOKED)
def test_the_profile_none_takes_hooks_away_and_no_profile_keeps_them(world: World, name: str) -> None:
    world.init_hosts(name, profiles={name: "full"})
    path = world.project / PROJECT_FILES[name][4]
    held = path.read_bytes()
    world.init_hosts(name)
    assert path.read_bytes() == held
    world.init_hosts(name, profiles={name: "none"})
    assert not path.exists() or b"ocm-hook" not in path.read_bytes()


def test_hooks_that_were_refused_do_not_come_back_by_themselves(world: World) -> None:
    world.init_hosts("codex", "kiro", profiles={"codex": "none"})
    world.init_hosts("codex", "kiro")
    assert not (world.project / ".codex" / "hooks.json").exists()
    assert (world.project / ".kiro" / "hooks" / "opencodememory.json").exists()
    world.init_hosts("codex", profiles={"codex": "minimal"})
    world.init_hosts("codex")
    assert (world.project / ".codex" / "hooks.json").exists()


def test_by_default_cursor_gets_no_hooks_and_all_others_the_minimal_ones() -> None:
    assert {name: host.default for name, host in HOSTS.items() if host.hooks} == {
        name: "none" if name == "cursor" else "minimal" for name in HOOKED
    }


def test_all_hosts_together_are_set_up_once_and_taken_away(world: World) -> None:
    before = world.seen()
    world.init_hosts(everything=True, profiles={"cursor": "minimal"})
    expected = {part for files in PROJECT_FILES.values() for part in (files[0], files[3], files[4]) if part}
    assert written(world, set()) == expected
    assert world.plan_hosts(everything=True).steps == []
    world.uninstall()
    assert world.seen() == before


@pytest.mark.skipif(shutil.which("sh") is None, reason="no POSIX shell")
@pytest.mark.parametrize("name", [name for name in HOOKED if not (HOSTS[name].hooks or hook_files.Hooks("")).script])
def test_a_teammate_without_ocm_notices_nothing_of_any_hook(name: str) -> None:
    hooks = HOSTS[name].hooks
    assert hooks
    texts = (json.dumps(hooks.profile(profile)) for profile in ("minimal", "full"))
    commands = {
        text for one in texts for text in strings(json.loads(one)) if "ocm-hook" in text and "command -v" in text
    }
    assert commands
    for command in commands:
        done = subprocess.run(
            [str(shutil.which("sh")), "-c", command], env={"PATH": "/nowhere"}, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.strip() in (b"", b"{}", b'{"decision":"allow"}')


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in strings(one)]


# Finding hosts


def test_hosts_are_found_by_their_folders_at_home_and_in_the_project(world: World) -> None:
    project = scope.project_scope(str(world.project), "/")
    found = set(scope.found_hosts(HOSTS, project))
    (world.home / ".codex").mkdir()
    (world.project / ".kiro").mkdir()
    assert set(scope.found_hosts(HOSTS, project)) - found == {"codex", "kiro"} - found
    user = scope.user_scope()
    assert "kiro" not in set(scope.found_hosts(HOSTS, user)) - found


def test_hosts_are_found_by_their_commands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    suffix = ".exe" if os.name == "nt" else ""
    world.write(world.base / "bin" / f"opencode{suffix}", "#!/bin/sh\n").chmod(0o755)
    monkeypatch.setenv("PATH", str(world.base / "bin"))
    assert scope.found_hosts(HOSTS, scope.user_scope()) == ["opencode"]
    world.plan_hosts().apply()
    assert (world.project / "opencode.json").exists()
    assert not (world.project / "CLAUDE.md").exists()


def test_where_no_host_is_found_claude_code_is_set_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(world.base))
    assert scope.choose((), {}, scope=scope.user_scope()) == ["claude-code"]


def test_a_host_for_which_hooks_are_chosen_is_set_up_without_being_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(world.base))
    assert scope.choose((), {"qoder": "full", "kiro": "none"}, scope=scope.user_scope()) == ["qoder"]


def test_a_repository_with_every_folder_gets_what_hooks_and_rules_hold(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(world.base))
    for folder in (".cursor", ".vscode", ".windsurf", ".agents", ".qoder", ".kiro", ".factory"):
        (world.project / folder).mkdir()
    world.plan_hosts(profiles={"cursor": "minimal"}).apply()
    tier = ["cursor", "vscode-copilot", "windsurf", "antigravity", "qoder", "kiro", "droid"]
    expected = {part for name in tier for part in (PROJECT_FILES[name][i] for i in (0, 3, 4)) if part}
    assert written(world, set()) == expected
    for name in tier:
        shipped = json.loads(resources.read("hooks", name, "minimal.json"))
        found = read(world.project / PROJECT_FILES[name][4])
        assert {member: found[member] for member in shipped} == shipped
    assert (world.project / "AGENTS.md").read_text() == f"{BEGIN}\n{resources.read('rules', 'agents.md')}{END}\n"


def test_names_and_profiles_that_are_not_known_are_errors(world: World) -> None:
    with pytest.raises(BadInputError, match=r"'emacs' is not known.*claude-code"):
        world.plan_hosts("emacs")
    with pytest.raises(BadInputError, match="zed has no hook profile 'full'"):
        world.plan_hosts(profiles={"zed": "full"})
    with pytest.raises(BadInputError, match="not known"):
        install.plan_uninstall(cwd=str(world.project), hosts=["emacs"])


# Rules


def test_every_rules_text_is_short_and_says_the_same_in_the_hosts_own_words() -> None:
    folder = Path(__file__).parents[4] / "rules"
    names = sorted(name.removesuffix(".md") for name in os.listdir(folder) if name.endswith(".md") and name.islower())
    plain = resources.read("rules", "agents.md")
    prefixes = {"claude-code": "mcp__opencodememory__", "codex": "mcp__opencodememory__"}
    prefixes |= {"gemini-cli": "mcp_opencodememory_", "opencode": "opencodememory_", "copilot": "opencodememory-"}
    prefixes |= {"cline": "opencodememory__", "kiro": "@opencodememory/", "agents": ""}
    assert set(names) == set(prefixes)
    for name in names:
        text = resources.read("rules", f"{name}.md")
        assert len(text) / 4 <= 330
        assert text.isascii()
        assert "openCodeMemory -->" not in text
        assert text.count("`" + prefixes[name] + "ocm__") == 4
        said = text.replace(prefixes[name] + "ocm__", "ocm__") if prefixes[name] else text
        assert (
            said.replace("; it may come late)", "; the name may have a prefix, and the tools may come late)") == plain
        )


@pytest.mark.parametrize("name", ["claude-code", "codex", "gemini-cli", "opencode", "copilot", "cline", "kiro"])
def test_a_rules_text_calls_the_checkpoint_as_its_host_does(name: str) -> None:
    adapter = adapters.adapter(name)
    assert adapter
    assert f"`{adapter.checkpoint_tool}`" in resources.read("rules", f"{name}.md")


def test_hosts_that_read_agents_md_share_one_block_at_its_top(world: World) -> None:
    before = world.write(world.project / "AGENTS.md", "# Ours\n\nBuild with make.\n").read_bytes()
    world.init_hosts("codex", "opencode", "copilot", "cline", "cursor")
    text = (world.project / "AGENTS.md").read_text()
    assert text.count(BEGIN) == 1
    assert text.startswith(BEGIN)
    assert text.endswith(f"{END}\n\n# Ours\n\nBuild with make.\n")
    assert not (world.project / ".github" / "copilot-instructions.md").exists()
    world.uninstall()
    assert (world.project / "AGENTS.md").read_bytes() == before


def test_a_block_that_lies_beyond_what_codex_reads_moves_to_the_top(world: World) -> None:
    agents = world.project / "AGENTS.md"
    world.write(agents, f"above\n\n{BEGIN}\nold\n{END}\n")
    world.init_hosts("codex")
    assert agents.read_text().startswith("above\n")
    long = "x" * 79 + "\n"
    world.write(agents, f"{long * (READ // 80)}\n{BEGIN}\nold\n{END}\n")
    world.init_hosts("codex")
    assert agents.read_text().startswith(BEGIN)
    assert agents.read_text().count(BEGIN) == 1


def test_rules_files_that_are_one_file_hold_one_block(world: World) -> None:
    world.write(world.project / "AGENTS.md", "# Ours\n")
    (world.project / "CLAUDE.md").symlink_to("AGENTS.md")
    (world.project / "GEMINI.md").symlink_to("AGENTS.md")
    before = world.seen()
    world.init_hosts("claude-code", "codex", "gemini-cli")
    text = (world.project / "AGENTS.md").read_text()
    assert text.count(BEGIN) == 1
    assert world.plan_hosts("claude-code", "codex", "gemini-cli").steps == []
    world.uninstall()
    assert world.seen() == before


def test_codex_gets_its_rules_where_an_override_hides_agents_md(world: World) -> None:
    world.write(world.project / "AGENTS.override.md", "# Instead\n")
    world.write(world.home / ".codex" / "AGENTS.override.md", "# Mine\n")
    before = world.seen()
    world.init_hosts("codex")
    install.plan_install(hosts=["codex"]).apply()
    assert (world.project / "AGENTS.override.md").read_text().startswith(BEGIN)
    assert (world.home / ".codex" / "AGENTS.override.md").read_text().startswith(BEGIN)
    assert not (world.home / ".codex" / "AGENTS.md").exists()
    world.uninstall()
    install.plan_uninstall(cwd="/", everywhere=True, purge=True).apply()
    assert world.seen() == before


def test_zed_reads_another_file_first_and_that_is_said(world: World) -> None:
    world.write(world.project / ".rules", "ours")
    assert any("Zed reads" in warning and ".rules" in warning for warning in world.plan_hosts("zed").warnings)


# What others have in the same files

COMMENTED = {
    "opencode": ("opencode.jsonc", '{\n  // models\n  "model": "x", // the good one\n}\n'),
    "vscode-copilot": (".vscode/mcp.json", '{\n  "servers": {\n    // theirs\n    "a": {"command": "a"},\n  },\n}\n'),
    "zed": (".zed/settings.json", '// Folder settings\n{\n  "tab_size": 2, /* two */\n}\n'),
    "gemini-cli": (".gemini/settings.json", '{\r\n  "theme": "dark" // at night\r\n}\r\n'),
    "amp": (".amp/settings.json", '{ "amp.url": "https://example.org/" /* ours */ }\n'),
    "droid": (".factory/settings.json", "{\n  // none yet\n}\n"),
    "codex": (".codex/config.toml", "# mine\nmodel = 'x'   # fast\n\n[mcp_servers.a]\ncommand = 'a'\n# the end\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMENTED)
def test_comments_stay_and_come_back_as_they_were(world: World, name: str) -> None:
    file, text = COMMENTED[name]
    path = world.write(world.project / file, text)
    before = world.seen()
    world.init_hosts(name)
    changed = path.read_bytes().decode()
    comments = re.findall(r"//[^\r\n]*|/\*.*?\*/|#.*", text.replace("https://", ""))
    assert [comment for comment in comments if comment not in changed] == []
    assert "ocm" in json.dumps(read(path))
    assert ("\r\n" in text) == ("\r\n" in changed)
    world.uninstall()
    assert world.seen() == before


@pytest.mark.parametrize("name", COMMENTED)
def test_what_others_added_among_comments_stays(world: World, name: str) -> None:
    file, text = COMMENTED[name]
    path = world.write(world.project / file, text)
    world.init_hosts(name)
    mark = "\n# added\n" if name == "codex" else "\n// added\n"
    path.write_bytes(path.read_bytes() + mark.encode())
    world.uninstall()
    assert path.read_bytes().decode() == text + mark


def test_trust_that_codex_noted_for_our_hooks_goes_with_them(world: World) -> None:
    world.write(world.home / ".codex" / "config.toml", "# mine\n")
    theirs = {"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "theirs"}]}]}}
    hooks = world.write(world.project / ".codex" / "hooks.json", json.dumps(theirs))
    before = world.seen()
    world.init_hosts("codex")
    keys = [f"{hooks}:pre_tool_use:{at}:0" for at in (0, 1)]
    state = "".join(f'\n[hooks.state."{key}"]\ntrusted_hash = "sha256:0"\nenabled = true\n' for key in keys)
    config = world.write(world.home / ".codex" / "config.toml", f"# mine\n\n[hooks.state]\n{state}")
    world.uninstall()
    left = tomllib.loads(config.read_text())["hooks"]["state"]
    assert list(left) == [keys[0]]
    world.write(config, "# mine\n")
    assert world.seen() == before


def test_a_file_of_ours_that_somebody_changed_stays_and_is_named(world: World) -> None:
    plugin = world.project / ".opencode" / "plugins" / "ocm.js"
    world.init_hosts("opencode")
    world.write(plugin, plugin.read_text() + "// mine\n")
    plan = world.plan_hosts("opencode")
    assert plan.steps == []
    assert any(str(plugin) in warning for warning in plan.warnings)
    world.uninstall()
    assert plugin.read_text().endswith("// mine\n")


def test_a_file_that_an_older_ocm_wrote_is_brought_up_to_date(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = world.project / ".opencode" / "plugins" / "ocm.js"
    shipped = resources.read
    hook_files.shipped.cache_clear()
    monkeypatch.setattr(resources, "read", lambda *parts: shipped(*parts) + "// old\n" * parts[-1].endswith(".js"))
    world.init_hosts("opencode")
    assert plugin.read_text().endswith("// old\n")
    monkeypatch.undo()
    hook_files.shipped.cache_clear()
    with world.entered():
        world.init_hosts("opencode")
        assert plugin.read_text() == resources.read("hooks", "opencode", "ocm.js")
        world.uninstall()
    assert not plugin.exists()


def test_a_table_of_codex_that_a_person_changed_keeps_all_of_it_and_gets_what_it_lacks(world: World) -> None:
    held = (
        'model = "x"\n\n# my server\n[mcp_servers.opencodememory]  # here\ncommand = "/opt/ocm" # mine\n'
        'args = ["serve"]\n\n[mcp_servers.opencodememory.env]\nA = "b"\n\n[other]\nb = 1\n'
    )
    path = world.write(world.project / ".codex" / "config.toml", held)
    world.init_hosts("codex")
    added = 'default_tools_approval_mode = "approve"\n'
    assert path.read_text() == held.replace("# here\n", "# here\n" + added)
    assert world.plan_hosts("codex").steps == []
    world.uninstall()
    assert path.read_text() == held


@pytest.mark.parametrize(
    "held",
    [
        'mcp_servers.opencodememory = { command = "ocm", args = ["serve"], startup_timeout_sec = 9 }\n',
        '[mcp_servers]\nopencodememory.command = "ocm"\nopencodememory.args = ["serve"]\n',
        '[mcp_servers.opencodememory]\nurl = "http://localhost:1"\nstartup_timeout_sec = 9\n',
        '[mcp_servers.opencodememory]\ncommand = "ocm"\nargs = ["serve"]',
    ],
)
def test_whichever_way_the_table_is_written_it_gets_what_it_lacks(world: World, held: str) -> None:
    path = world.write(world.project / ".codex" / "config.toml", held)
    world.init_hosts("codex")
    found = tomllib.loads(path.read_text())["mcp_servers"]["opencodememory"]
    assert found["default_tools_approval_mode"] == "approve"
    assert ("startup_timeout_sec" in found) == ("startup_timeout_sec" in held)
    assert (found["command"], found["args"]) == ("ocm", ["serve"])
    assert world.plan_hosts("codex").steps == []


def test_a_hooks_file_of_our_own_that_somebody_changed_keeps_that(world: World) -> None:
    world.init_hosts("kiro", "copilot")
    for path in (
        world.project / ".kiro" / "hooks" / "opencodememory.json",
        world.project / ".github" / "hooks" / "opencodememory.json",
    ):
        world.write(path, path.read_text().replace('": 5', '": 9'))
    assert world.plan_hosts("kiro", "copilot").steps == []
    path = world.project / ".kiro" / "hooks" / "opencodememory.json"
    document = read(path)
    document["hooks"].insert(0, {"name": "mine", "trigger": "Stop", "action": {"type": "command", "command": "lint"}})
    world.write(path, json.dumps(document))
    world.init_hosts("kiro", profiles={"kiro": "full"})
    assert [hook["timeout"] for hook in read(path)["hooks"][1:4]] == [9, 9, 9]
    document["hooks"] = [hook for hook in read(path)["hooks"] if hook.get("timeout", 9) == 9]
    world.uninstall()
    assert read(path) == document


def test_continue_gets_a_file_that_is_yaml(world: World) -> None:
    world.init_hosts("continue")
    found = yaml.safe_load((world.project / ".continue" / "mcpServers" / "opencodememory.yaml").read_text())
    assert found["mcpServers"] == [{"name": "opencodememory", "command": "ocm", "args": ["serve"]}]


def test_a_hooks_file_that_cursor_would_pass_over_is_a_warning(world: World) -> None:
    def warned(text: str) -> list[str]:
        world.write(world.project / ".cursor" / "hooks.json", text)
        return [warning for warning in world.plan_hosts("cursor").warnings if "hooks.json" in warning]

    assert warned('{"version": 1, "hooks": {"stop": [{"command": "a"}]}}') == []
    assert "passes over the whole file" in warned('{"hooks": {"stop": [{"command": "curl http://x"}]}}')[0]
    assert "onStart" in warned('{"hooks": {"onStart": []}}')[0]
    assert warned('{"version": 1, "hooks": {"stop": [{"command": "a"}]}} // a comment') == []


# What is not as expected: named, and nothing is written

BROKEN = [
    ("codex", ".codex/config.toml", "model = 'x'\n[mcp_servers\n", 2),
    ("codex", ".codex/config.toml", "a = 1\na = 2\n", 2),
    ("codex", ".codex/config.toml", "[mcp_servers.opencodememory]\ncommand = 'other'\n", 1),
    ("codex", ".codex/hooks.json", '{"hooks": []}', 1),
    ("gemini-cli", ".gemini/settings.json", '{"mcpServers": {', 1),
    ("gemini-cli", ".gemini/settings.json", '{\n"hooks": {"BeforeTool": {}}}', 2),
    ("opencode", "opencode.json", '{"mcp": []}', 1),
    ("cursor", ".cursor/mcp.json", "{\n  // not here\n}", 2),
    ("cursor", ".cursor/hooks.json", '[{"event": "stop"}]', 1),
    ("vscode-copilot", ".vscode/mcp.json", '{"servers": {"opencodememory": {"command": "x"}}}', 1),
    ("windsurf", ".windsurf/hooks.json", '{"hooks": null}', 1),
    ("antigravity", ".agents/hooks.json", '{"opencodememory": 5}', 1),
    ("qoder", ".qoder/settings.json", "hooks: yaml", 1),
    ("kiro", ".kiro/settings/mcp.json", "", 1),
    ("droid", ".factory/mcp.json", '{"mcpServers": {"opencodememory": null}}', 1),
    ("zed", ".zed/settings.json", '{"context_servers": 1}', 1),
    ("roo", ".roo/mcp.json", "\xff", 1),
    ("amp", ".amp/settings.json", '{"amp.mcpServers": "x"}', 1),
    ("copilot", ".mcp.json", '{"mcpServers": {"opencodememory": {"url": "https://example.org"}}}', 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "text", "line"), BROKEN)
def test_a_file_that_is_not_as_it_should_be_is_named_and_nothing_is_written(
    world: World, name: str, file: str, text: str, line: int
) -> None:
    path = world.write(world.project / file, text.encode("latin-1"))
    before, stamps = world.seen(), world.stamps()
    with pytest.raises(OcmError) as error:
        world.plan_hosts(name, profiles={name: "full"} if HOSTS[name].hooks else {})
    assert f"{path}, line {line}: " in str(error.value)
    assert "nothing was changed" in str(error.value)
    assert (world.seen(), world.stamps()) == (before, stamps)


SHAPED = [
    row for row in BROKEN if row[2].startswith(("{", "[")) and row[0] != "cursor" and row[2] != '{"mcpServers": {'
]


@pytest.mark.parametrize(("name", "file", "text", "line"), SHAPED)
def test_a_host_whose_file_leaves_no_place_is_named_and_keeps_no_other_from_being_set_up(
    world: World, name: str, file: str, text: str, line: int
) -> None:
    path = world.write(world.project / file, text)
    other = "claude-code" if name != "copilot" else "gemini-cli"
    plan = world.plan_hosts(name, other, profiles={name: "full"} if HOSTS[name].hooks else {})
    plan.apply()
    (left_out,) = plan.left_out
    assert left_out.startswith(f"{HOSTS[name].title} is not set up: {path}, line {line}: ")
    assert "nothing was changed" not in left_out
    assert path.read_text() == text
    assert (world.project / PROJECT_FILES[other][0]).exists()
    world.uninstall()
    assert path.read_text() == text


def test_settings_of_another_age_beside_the_events_are_left_alone(world: World) -> None:
    own = {"hooks": {"enabled": True, "disabled": ["x"], "notifications": {"a": 1}, "SessionStart": [], "old": None}}
    path = world.write(world.project / ".gemini" / "settings.json", json.dumps(own))
    before = world.seen()
    world.init_hosts("gemini-cli", "claude-code")
    found = json.loads(path.read_text())["hooks"]
    assert {**found, "SessionStart": []}.items() >= own["hooks"].items()
    assert "BeforeTool" in found
    assert world.plan_hosts("gemini-cli", "claude-code").steps == []
    world.write(path, path.read_text() + "\n")
    world.uninstall()
    assert json.loads(path.read_text()) == own
    world.write(path, json.dumps(own))
    assert world.seen() == before


def test_a_file_that_is_not_valid_keeps_every_host_from_being_set_up(world: World) -> None:
    world.write(world.project / ".gemini" / "settings.json", "{")
    before = world.seen()
    with pytest.raises(OcmError, match="not valid JSON"):
        world.plan_hosts("claude-code", "gemini-cli")
    assert world.seen() == before


def test_a_host_that_is_half_installed_is_named(world: World) -> None:
    world.write(world.project / ".kiro", "a file where a folder should be")
    before = world.seen()
    with pytest.raises(OcmError, match=r"\.kiro is not a folder"):
        world.plan_hosts("kiro")
    assert world.seen() == before


def test_a_home_that_is_a_link_is_the_same_home(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    link = world.base / "home-link"
    link.symlink_to(world.home)
    before = world.seen()
    monkeypatch.setenv("HOME", str(link))
    monkeypatch.setenv("USERPROFILE", str(link))
    install.plan_install(hosts=["codex", "gemini-cli"]).apply()
    monkeypatch.setenv("HOME", str(world.home))
    assert install.plan_install(hosts=["codex", "gemini-cli"]).steps == []
    install.plan_uninstall(cwd="/", everywhere=True, purge=True).apply()
    assert world.seen() == before


def test_a_project_in_a_project_has_its_own_set_up(world: World) -> None:
    inner = world.project / "vendored"
    (inner / ".git").mkdir(parents=True)
    world.init_hosts("codex")
    before = world.seen()
    install.plan_init(cwd=str(inner), hosts=["codex"]).apply()
    assert (inner / ".codex" / "hooks.json").exists()
    install.plan_uninstall(cwd=str(inner), purge=True).apply()
    assert {path: held for path, held in world.seen().items() if "installs" not in path} == {
        path: held for path, held in before.items() if "installs" not in path
    }


# One host of several; what only one user has


def test_taking_one_host_out_leaves_what_others_read(world: World) -> None:
    before = world.seen()
    world.init_hosts("codex", "opencode", "claude-code", "copilot")
    install.plan_uninstall(cwd=str(world.project), hosts=["codex", "claude-code"]).apply()
    assert not (world.project / ".codex" / "hooks.json").exists()
    assert not (world.project / "CLAUDE.md").exists()
    assert (world.project / ".mcp.json").exists()
    assert (world.project / "AGENTS.md").exists()
    assert world.store.is_dir()
    install.plan_uninstall(cwd=str(world.project), hosts=["opencode"]).apply()
    assert (world.project / "AGENTS.md").exists()
    install.plan_uninstall(cwd=str(world.project), hosts=["copilot"], purge=True).apply()
    assert world.seen() == before


def test_local_writes_nothing_that_the_project_shares(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    subprocess.run(["git", "init", "-q"], cwd=world.project, check=True)
    before = world.seen()
    install.plan_init(cwd=str(world.project), local=True).apply()
    status = subprocess.run(["git", "status", "--short"], cwd=world.project, capture_output=True, check=True)
    assert status.stdout == b""
    servers = read(world.home / ".claude.json")["projects"][os.path.realpath(world.project)]["mcpServers"]
    assert servers == {"opencodememory": STDIO}
    assert "PreToolUse" in read(world.project / ".claude" / "settings.local.json")["hooks"]
    assert (world.project / "CLAUDE.local.md").read_text().startswith(BEGIN)
    assert install.plan_init(cwd=str(world.project), local=True).steps == []
    world.uninstall()
    assert world.seen() == before


def test_local_in_a_linked_worktree_and_outside_git(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    before = world.seen()
    install.plan_init(cwd=str(world.project), local=True).apply()
    world.uninstall()
    assert world.seen() == before
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a"], ["worktree", "add", "-q", "../linked"]):
        subprocess.run(["git", *identity, *words], cwd=world.project, check=True, capture_output=True)
    install.plan_init(cwd=str(world.base / "linked"), local=True).apply()
    assert "CLAUDE.local.md" in (world.project / ".git" / "info" / "exclude").read_text()


def test_a_host_without_files_of_one_user_is_named(world: World) -> None:
    with pytest.raises(BadInputError, match=r"codex has no files that are one user.s alone.*claude-code"):
        install.plan_init(cwd=str(world.project), hosts=["codex"], local=True)
