"""The table of hosts: each is loaded by its name, alone, and has what every adapter has."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ocm.hosts import adapter, adapters
from ocm.hosts.adapter import Adapter, Call
from ocm.hosts.config.all_hosts import HOSTS

if TYPE_CHECKING:
    from tests.support.builders import Project

NAMES = sorted(adapters.ADAPTERS)
PLUGINS = {"cline", "opencode"}
# Whose replies and payloads a host took over: its module is loaded too.
PARENTS = dict.fromkeys(("codex", "droid", "qoder", "vscode-copilot"), "claude_code") | dict.fromkeys(PLUGINS, "plugin")


def adapter_of(name: str) -> Adapter:
    found = adapters.adapter(name)
    assert found
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_host_is_found_by_its_name(name: str) -> None:
    found = adapter_of(name)
    assert isinstance(found, Adapter)
    assert found.name == name
    assert found.checkpoint_tool.endswith("ocm__checkpoint")


def test_every_host_that_has_hooks_to_install_has_an_adapter_that_answers_them() -> None:
    assert {name for name, host in HOSTS.items() if host.hooks} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_changes_nothing_but_what_every_adapter_has(name: str) -> None:
    added = {member for member in dir(adapter_of(name)) if not member.startswith("_")} - set(dir(Adapter))
    assert added <= ({"add_edits", "read_tools"} if name in PLUGINS else set())


@pytest.mark.parametrize("name", ["", "vim", "claude_code", "../codex", "Claude-Code"])
def test_a_name_that_is_not_known_is_no_host(name: str) -> None:
    assert adapters.adapter(name) is None


@pytest.mark.parametrize("name", NAMES)
def test_only_the_host_that_is_asked_for_is_loaded(name: str) -> None:
    code = (
        "import sys; from ocm.hosts import adapters; import ocm.hook.main; "
        f"adapters.adapter({name!r}); print(*{{n for n in sys.modules if n.startswith('ocm.hosts.')}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = {adapters.ADAPTERS[name][0], PARENTS.get(name, "adapter")}
    assert {f"ocm.hosts.{module}" for module in own} <= set(done.stdout.split())
    allowed = own | {"adapter", "adapters", "patches"}
    assert set(done.stdout.split()) <= {f"ocm.hosts.{module}" for module in allowed}


@pytest.mark.parametrize("name", NAMES)
def test_a_reply_is_an_object_that_json_takes_or_plain_text_or_nothing(name: str) -> None:
    host = adapter_of(name)
    own = Call(host.checkpoint_tool, {"goal": "g"})
    own.own_tool = adapter.CHECKPOINT
    for reply in (
        host.deny({}, "r"),
        host.allow_own(own, "S"),
        host.add_context({}, "session-start", "m"),
        host.notify_user("m"),
        host.block_stop("r"),
    ):
        assert reply is None or isinstance(reply, str) or json.loads(json.dumps(reply)) == reply


@pytest.mark.parametrize("name", NAMES)
def test_a_host_that_can_change_calls_gets_the_true_id_and_one_that_cannot_does_not(name: str) -> None:
    host = adapter_of(name)
    own = Call(host.checkpoint_tool, {"goal": "g"})
    own.own_tool = adapter.CHECKPOINT
    assert ("the-id" in json.dumps(host.allow_own(own, "the-id"))) is host.can_change_calls


@pytest.mark.parametrize("name", NAMES)
def test_a_host_denies_by_a_reply_or_by_its_exit_code_and_never_by_both(name: str) -> None:
    host = adapter_of(name)
    assert (host.deny({}, "r") is None) is bool(host.deny_exit_code)


@pytest.mark.parametrize("name", NAMES)
def test_every_host_knows_its_own_checkpoint_tool(name: str) -> None:
    host = adapter_of(name)
    spelled = {"cursor": "MCP:ocm__checkpoint", "windsurf": "opencodememory/ocm__checkpoint"}
    assert host.own_tool(spelled.get(name, host.checkpoint_tool)) == adapter.CHECKPOINT
    assert host.own_tool("checkpoint") == ""


def test_what_is_no_host_answers_nothing() -> None:
    host = Adapter()
    assert not any((
        host.from_other_host({}), host.failed({}), host.may_block_stop({}), host.deny({}, "r"), host.notify_user("m"),
        host.allow_own(Call("x"), "S"), host.add_context({}, "stop", "m"), host.block_stop("r"), host.folders({}),
        host.end_reason({}), host.user_prompt({}), host.session_id({}),
        host.plugin_tool(), host.server_places(),
    ))  # fmt: skip


def test_a_call_of_cursor_that_reaches_claude_code_is_not_counted_there(project: Project) -> None:
    project.calls(3, cursor_version="2.1.0")
    assert project.journals() == []
    assert project.log() == []


MODES = {
    "claude-code": "permission_mode", "codex": "permission_mode", "qoder": "permission_mode", "droid": "permission_mode",
    "cursor": "composer_mode", "opencode": "mode", "cline": "mode", "copilot": "permissionMode",
    "gemini-cli": "approval_mode",
}  # fmt: skip


@pytest.mark.parametrize("host", MODES)
def test_a_host_that_only_plans_is_known_by_the_mode_that_it_names(host: str) -> None:
    found = adapters.adapter(host)
    assert found
    assert found.only_plans({MODES[host]: "plan"}, Call("x"))
    assert not found.only_plans({}, Call("x"))
    for mode in ("acceptEdits", None, ["plan"]):
        assert not found.only_plans({MODES[host]: mode}, Call("x"))


def test_gemini_cli_writes_its_plan_into_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = adapters.adapter("gemini-cli")
    assert found
    call, other = Call("write_file"), Call("write_file")
    call.add_edit("/", "/home/dev/.gemini/tmp/p/plans/a.md")
    other.add_edit("/", "/home/dev/.gemini/tmp/p/plans2/a.md")
    assert not found.only_plans({}, call)
    monkeypatch.setenv("GEMINI_PLANS_DIR", "/home/dev/.gemini/tmp/p/plans")
    assert found.only_plans({}, call)
    assert not found.only_plans({}, other)


@pytest.mark.parametrize(
    ("host", "payload"),
    [
        ("claude-code", {"last_assistant_message": "Done."}),
        ("codex", {"last_assistant_message": "Done."}),
        ("qoder", {"last_assistant_message": "Done."}),
        ("droid", {"last_assistant_message": "Done."}),
        ("opencode", {"last_assistant_message": "Done."}),
        ("cline", {"last_assistant_message": "Done."}),
        ("gemini-cli", {"prompt_response": "Done."}),
        ("cursor", {"text": "Done."}),
        ("windsurf", {"tool_info": {"response": "Done."}}),
    ],
)
def test_the_last_words_of_a_turn_are_where_each_host_has_them(host: str, payload: dict[str, object]) -> None:
    found = adapters.adapter(host)
    assert found
    assert found.last_words(payload) == "Done."
    assert found.last_words({}) == ""
    assert found.last_words({key: [7] for key in payload}) == ""
