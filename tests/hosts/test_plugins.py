"""The plugins for OpenCode and Cline, run by node: whatever `ocm-hook` does, a call is denied only on its word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from .headless import HOOKS
from .others import stand_in

PLUGINS = {"opencode": HOOKS / "opencode/ocm.js", "cline": HOOKS / "cline/ocm.js"}
# Each host's way to make a call: the hook before it, the tool, the hook after it. Prints what became of the call.
DRIVERS = {
    "opencode": """
        const hooks = await module.OcmPlugin({ directory: process.cwd() })
        const call = { tool: "bash", sessionID: "ses_1", callID: "call_1" }
        const given = { args }
        const result = { title: "", metadata: {}, output: "done" }
        const seen = { args }
        try {
          await hooks["tool.execute.before"](call, given)
          await hooks["tool.execute.after"]({ ...call, args }, result)
          seen.result = result.output
        } catch (error) {
          seen.denied = error.message
        }
    """,
    "cline": """
        const { hooks } = module.default
        const snapshot = { agentId: "agent_1", conversationId: "conv_1", messages: [] }
        const toolCall = { toolName: "run_commands", toolCallId: "call_1" }
        const before = (await hooks.beforeTool({ snapshot, toolCall, input: args })) ?? {}
        const input = before.input ?? args
        const result = { output: "done", isError: false }
        const after = (await hooks.afterTool({ snapshot, toolCall, input, result })) ?? {}
        const seen = { args: input }
        if (before.skip) seen.denied = before.reason
        else seen.result = [result.output, before.appendContext, after.appendContext].filter(Boolean).join("\\n\\n")
    """,
}
REPLIES = """cat > /dev/null; case "$1" in pre-tool-use) {pre};; post-tool-use) {post};; esac"""

PRINT = 'console.log(JSON.stringify(seen, (_, value) => (typeof value === "bigint" ? String(value) : value)))'

both = pytest.mark.parametrize("host", PLUGINS)


@pytest.fixture(scope="module", autouse=True)
def node() -> str:
    """Return node, which comes with the clients."""
    found = shutil.which("node")
    if found is None or os.name == "nt":
        pytest.skip("there is no node to run a plugin with")
    return found


def call(host: str, folder: Path, path: str, args: object = None, prelude: str = "") -> dict[str, Any]:
    """Let a plugin see one call, with programs found on `path`, and return what became of it."""
    return run(host, folder, path, f"{prelude}\n{DRIVERS[host]}", args)


def run(host: str, folder: Path, path: str, driver: str, args: object = None) -> dict[str, Any]:
    """Run a piece of JavaScript beside a plugin, and return what it has `seen`."""
    copied = folder / "ocm.mjs"
    shutil.copyfile(PLUGINS[host], copied)
    script = folder / "run.mjs"
    given = json.dumps(args or {"command": "ls"})
    script.write_text(
        f'const module = await import("{copied}")\nconst args = {given}\n{driver}\n{PRINT}\n', encoding="utf-8"
    )
    found = shutil.which("node")
    assert found
    environment = {"PATH": path, "HOME": str(folder)}
    done = subprocess.run(
        [found, str(script)], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def answering(folder: Path, pre: str = ":", post: str = ":") -> str:
    """Return a search path on which `ocm-hook` does what the two pieces of shell say."""
    return os.pathsep.join([stand_in(folder / "bin", REPLIES.format(pre=pre, post=post)), "/usr/bin", "/bin"])


@both
def test_a_denial_is_passed_on_and_nothing_else_is_one(host: str, tmp_path: Path) -> None:
    path = answering(tmp_path, pre="""echo '{"deny": "a checkpoint is due"}'""")
    assert call(host, tmp_path, path) == {"args": {"command": "ls"}, "denied": "a checkpoint is due"}


@both
def test_what_is_put_into_a_call_is_added_to_what_the_model_gave(host: str, tmp_path: Path) -> None:
    path = answering(tmp_path, pre="""echo '{"input": {"session_id": "S"}}'""")
    seen = call(host, tmp_path, path, {"goal": "G", "session_id": "mine"})
    assert seen == {"args": {"goal": "G", "session_id": "S"}, "result": "done"}


@both
def test_words_of_both_hooks_come_with_the_result(host: str, tmp_path: Path) -> None:
    path = answering(tmp_path, pre="""echo '{"context": "Before"}'""", post="""echo '{"context": "After ü"}'""")
    assert call(host, tmp_path, path)["result"] == "done\n\nBefore\n\nAfter ü"


@both
def test_without_the_hook_a_call_is_what_it_was(host: str, tmp_path: Path) -> None:
    assert call(host, tmp_path, "/nowhere") == {"args": {"command": "ls"}, "result": "done"}


@both
@pytest.mark.parametrize("misbehaviour", [
    "exit 1", "echo broken >&2; exit 127", "echo broken >&2; exit 2", "echo A line of a log", "kill -KILL $$", "kill -SEGV $$", "echo null",
    "echo 7", "echo '[1]'", """echo 'A line'; echo '{"deny": "no"}'""", """printf '{"deny": "half'""", r"printf '\\377\\376'", "echo '{}'",
    """echo '{"deny": ""}'""", """echo '{"deny": null, "input": null, "context": null}'""", "exec 0<&- 1>&-; exit 0",
])  # fmt: skip
def test_a_hook_that_misbehaves_changes_nothing(host: str, misbehaviour: str, tmp_path: Path) -> None:
    path = answering(tmp_path, pre=misbehaviour, post=misbehaviour)
    assert call(host, tmp_path, path) == {"args": {"command": "ls"}, "result": "done"}


@both
def test_a_hook_that_does_not_read_is_no_error_either(host: str, tmp_path: Path) -> None:
    path = os.pathsep.join([stand_in(tmp_path / "bin", "exec 0<&-; exit 0"), "/usr/bin", "/bin"])
    args = {"command": "x" * 3_000_000}
    assert call(host, tmp_path, path, args) == {"args": args, "result": "done"}


@both
def test_a_hook_that_cannot_be_started_is_no_error_either(host: str, tmp_path: Path) -> None:
    folder = Path(stand_in(tmp_path / "bin", ""))
    (folder / "ocm-hook").chmod(0o644)
    assert call(host, tmp_path, str(folder))["result"] == "done"


@both
def test_a_hook_that_hangs_is_given_up(host: str, tmp_path: Path) -> None:
    """Cline ends a run whose hook takes 3 s, so its plugin does not wait for so long."""
    began = time.monotonic()
    seen = call(host, tmp_path, answering(tmp_path, pre="sleep 30 & wait"))
    assert seen["result"] == "done"
    assert (2 if host == "cline" else 4.5) < time.monotonic() - began < 15


@both
def test_arguments_that_json_cannot_hold_are_no_error(host: str, tmp_path: Path) -> None:
    """A call that the hook cannot be told of goes through."""
    path = answering(tmp_path, pre="""echo '{"deny": "no"}'""")
    assert call(host, tmp_path, path, prelude="args.n = 1n") == {"args": {"command": "ls", "n": "1"}, "result": "done"}


def test_a_run_of_cline_begins_with_what_both_hooks_say(tmp_path: Path) -> None:
    """The session starts once, with its first run; what was typed is in the last message of the user."""
    log = tmp_path / "log"
    reply = f"""echo "$1" >> '{log}'; cat >> '{log}'; echo >> '{log}'; echo '{{"context": "said"}}'"""
    path = os.pathsep.join([stand_in(tmp_path / "bin", reply), "/usr/bin", "/bin"])
    driver = """
        module.default.setup({}, { session: { sessionId: "S" }, workspaceInfo: { rootPath: "/p" } })
        const typed = [{ role: "user", content: [{ type: "text", text: "Go" }, { type: "image" }] }]
        const begin = (messages, agent) => module.default.hooks.beforeRun({ snapshot: { messages, ...agent } })
        const seen = [await begin(typed), await begin([]), (await begin(typed, { agentId: "a2", parentAgentId: "a1" })) ?? "none"]
    """
    found: Any = run("cline", tmp_path, path, driver)
    assert found == [{"appendContext": "said\n\nsaid"}, {"appendContext": "said"}, "none"]
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[::2] == ["session-start", "user-prompt", "user-prompt"]
    assert [json.loads(line) for line in lines[1::2]] == [
        {"session_id": "S", "cwd": "/p", "source": "startup"},
        {"session_id": "S", "cwd": "/p", "prompt": "Go"},
        {"session_id": "S", "cwd": "/p", "prompt": ""},
    ]


def test_two_plugins_in_one_opencode_tell_of_a_call_once(tmp_path: Path) -> None:
    """OpenCode loads the plugin of the project and that of the user; the first one's denial is the only one."""
    log = tmp_path / "log"
    path = answering(tmp_path, pre=f"echo pre >> '{log}'", post=f"echo post >> '{log}'")
    second = f"""
        await import("node:fs").then((fs) => fs.copyFileSync({json.dumps(str(PLUGINS["opencode"]))}, "second.mjs"))
        const other = await (await import(process.cwd() + "/second.mjs")).OcmPlugin({{ directory: process.cwd() }})
        const first = module.OcmPlugin
        const both = async (name, mine, ...given) => {{ await mine(...given); await other[name](...given) }}
        const doubled = async (context) => {{
          const mine = await first(context)
          return Object.fromEntries(Object.keys(mine).map((name) => [name, (...given) => both(name, mine[name], ...given)]))
        }}
    """
    driver = DRIVERS["opencode"].replace("module.OcmPlugin", "doubled")
    assert run("opencode", tmp_path, path, f"{second}\n{driver}")["result"] == "done"
    assert log.read_text(encoding="utf-8").split() == ["pre", "post"]


@both
def test_the_hook_is_told_what_the_call_is(host: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    path = os.pathsep.join([stand_in(tmp_path / "bin", f"echo \"$@\" >> '{log}'; cat >> '{log}'; echo >> '{log}'"), "/usr/bin", "/bin"])  # fmt: skip
    call(host, tmp_path, path)
    first, sent, second, _ = log.read_text(encoding="utf-8").splitlines()
    assert (first, second) == (f"pre-tool-use --tool {host}", f"post-tool-use --tool {host}")
    payload = json.loads(sent)
    assert payload.pop("cwd") == str(tmp_path)
    assert payload == {
        "session_id": {"opencode": "ses_1", "cline": "conv_1"}[host],
        "tool_name": {"opencode": "bash", "cline": "run_commands"}[host],
        "tool_use_id": "call_1",
        "tool_input": {"command": "ls"},
    }


@pytest.mark.parametrize(
    ("prompts", "mode"),
    [
        (['<user_input mode="plan">Go on.</user_input>'], "plan"),
        (['<user_input mode="plan">Plan.</user_input>', '<user_input mode="act">Do it.</user_input>', "More"], "act"),
        (['What is <user_input mode="plan">?'], None),
        ([], None),
    ],
)  # fmt: skip
def test_the_mode_of_cline_is_that_of_the_last_prompt_that_names_one(
    prompts: list[str], mode: str | None, tmp_path: Path
) -> None:
    keep = f"cat > '{tmp_path}/told'"
    path = os.pathsep.join([stand_in(tmp_path / "bin", keep), "/usr/bin", "/bin"])
    messages = [{"role": "user", "content": [{"type": "text", "text": text}]} for text in prompts]
    driver = f"""
        const snapshot = {{ conversationId: "conv_1", messages: {json.dumps(messages)} }}
        await module.default.hooks.beforeTool({{ snapshot, toolCall: {{ toolName: "x", toolCallId: "1" }}, input: args }})
        const seen = {{}}
    """
    run("cline", tmp_path, path, driver)
    assert json.loads((tmp_path / "told").read_text(encoding="utf-8")).get("mode") == mode
