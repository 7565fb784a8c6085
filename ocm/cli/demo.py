"""`ocm demo`: a recorded conversation, played through the real hooks, gate, server and search.

It happens in a throw-away repository. The hooks run as the host runs them: the command lines that `ocm init` installed,
matched by event and tool, through a shell, with the recorded payload on stdin. Nothing is assumed to have worked; what
does not hold ends the demo with exit 1.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from ocm.base.errors import OcmError
from ocm.store import paths
from ocm.ui import output

_CONVERSATION = os.path.join(os.path.dirname(__file__), "demo_conversation.json")
_CHECKPOINT = "mcp__opencodememory__ocm__checkpoint"
_QUESTION = "why do shop pages say out of stock when the warehouse API hiccups?"
_SECONDS = 30
_WIDTH = 96

Payload = dict[str, Any]


def play() -> None:
    """Play the conversation; every step says what happens and proves that it did.

    Raises:
        OcmError: a step did not do what it should.
    """
    with open(_CONVERSATION, encoding="utf-8") as file:
        recorded = json.load(file)
    with tempfile.TemporaryDirectory(prefix="ocm-demo-", ignore_cleanup_errors=True) as folder:
        demo = _Demo(os.path.realpath(folder))
        demo.set_up(recorded["repository"])
        for event in recorded["events"]:
            demo.replay(event["payload"])
        demo.find_it_again()
    output.say()
    output.say("That was a throw-away folder, and it is gone. In a repository of yours, type: ocm init")


class _Demo:
    """One throw-away world: a home, a repository, and what was seen happening in it."""

    def __init__(self, folder: str) -> None:
        self.home = os.path.join(folder, "home")
        self.project = os.path.join(folder, "project")
        self.session_id = ""
        self.calls = 0
        self.seen: set[str] = set()
        self.environment = _environment(self.home)

    def set_up(self, repository: dict[str, str]) -> None:
        """Make the repository and set ocm up in it, as a person would."""
        _step("A repository, and `ocm init` in it")
        for name, content in repository.items():
            _write(os.path.join(self.project, name), content)
        os.makedirs(self.home)
        self.run("git", "init", "--quiet")
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", "Shop")
        for line in self.run("ocm", "init", "--host", "claude-code").splitlines():
            if line.startswith("  "):
                output.say("    " + line.strip().replace(self.project + os.sep, "").replace(self.home, "~"))

    def run(self, *command: str) -> str:
        """Run a program in the repository and return what it prints.

        Raises:
            OcmError: it fails.
        """
        done = subprocess.run(  # noqa: S603 - fixed words, and programs that the user has
            command,
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise OcmError(f"The demo stopped: {' '.join(command[:2])} said {done.stderr.strip() or done.returncode}.")
        return done.stdout

    def replay(self, recorded: Payload) -> None:
        """Give one recorded event to the hooks that are installed for it, and do what the host then does."""
        payload = json.loads(
            json.dumps(recorded)
            .replace("${PROJECT}", json.dumps(self.project)[1:-1])
            .replace("${HOME}", json.dumps(self.home)[1:-1])
        )
        self.session_id = self.session_id or payload["session_id"]
        reply = self.ask_hooks(payload)
        answer = reply.get("hookSpecificOutput", {})
        event, tool = payload["hook_event_name"], payload.get("tool_name", "")
        if event == "SessionStart" and reply.get("systemMessage"):
            _step("The conversation begins with a line for its user")
            output.say(_quoted(reply["systemMessage"]))
            self.seen.add("greeting")
        elif event == "UserPromptSubmit":
            _step("The user asks")
            output.say(_quoted(payload["prompt"]))
        elif event == "PreToolUse":
            self.before_call(payload, answer)
        elif event.startswith("PostToolUse"):
            self.after_call(payload, answer)
        elif event == "SessionEnd":
            _step("The conversation ends; the hook stores what is left and closes the session")
        if event == "PostToolUse" and tool in {"Edit", "Write"}:
            _apply(payload["tool_input"])

    def ask_hooks(self, payload: Payload) -> Payload:
        """Run the hooks that the settings name for an event, and return what they answer."""
        with open(os.path.join(self.project, ".claude", "settings.json"), encoding="utf-8") as file:
            groups = json.load(file)["hooks"].get(payload["hook_event_name"], [])
        answer: Payload = {}
        for group in groups:
            if _matches(group.get("matcher", ""), payload.get("tool_name", "")):
                for handler in group["hooks"]:
                    answer.update(self.run_hook(handler["command"], payload))
        return answer

    def run_hook(self, command: str, payload: Payload) -> Payload:
        """Run one hook's command line as the host does."""
        shell = shutil.which("sh", path=self.environment["PATH"])
        line = [shell, "-c", command] if shell else re.findall(r"then (ocm-hook [^|;]+)", command)[0].split()
        done = subprocess.run(  # noqa: S603 - the command line that init installed
            line,
            cwd=self.project,
            env={**self.environment, "CLAUDE_PROJECT_DIR": self.project},
            input=json.dumps(payload),
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=True,
        )
        found = json.loads(done.stdout) if done.stdout.strip() else {}
        return found if isinstance(found, dict) else {}

    def before_call(self, payload: Payload, answer: Payload) -> None:
        """Show a denial, or make the checkpoint call that the hook has completed."""
        if answer.get("permissionDecision") == "deny":
            _step(f"{payload['tool_name']} is denied: the gate is shut")
            output.say(_quoted(answer["permissionDecisionReason"]))
            self.seen.add("denial")
        elif payload["tool_name"] == _CHECKPOINT:
            arguments: Payload = answer.get("updatedInput") or payload["tool_input"]
            _step("The assistant calls the checkpoint tool over MCP; the hook puts the true session id in")
            if "session_id" in payload["tool_input"] or arguments.get("session_id") != self.session_id:
                raise OcmError("The demo stopped: the hook did not put the session id into the call.")
            stored = self.call_tool("ocm__checkpoint", arguments)
            if arguments.get("goal"):
                output.say(f"    goal      {arguments['goal']}")
            for item in arguments.get("work_completed", []):
                output.say(f"    done      {item}")
            output.say(f"    stored in {os.path.basename(stored['markdown_path'])}")
            self.calls = 0
            self.seen.add("checkpoint")

    def after_call(self, payload: Payload, answer: Payload) -> None:
        """Show that the call was counted, and the reminder once it comes."""
        if payload["tool_name"].startswith("mcp__opencodememory__"):
            return
        self.calls += 1
        if self.calls == 1:
            _step("The assistant works; each call is one line in the journal")
        output.say(f"    {self.calls}  {payload['tool_name']}  {_about(payload, self.project)}")
        if answer.get("additionalContext"):
            if "reminder" not in self.seen:
                _step("The result of the call carries a reminder")
                output.say(_quoted(answer["additionalContext"]))
            self.seen.add("reminder")

    def server_entry(self) -> Payload:
        """Return how `.mcp.json` says that the server is started."""
        with open(os.path.join(self.project, ".mcp.json"), encoding="utf-8") as file:
            entry: Payload = json.load(file)["mcpServers"]["opencodememory"]
        return entry

    def call_tool(self, name: str, arguments: Payload) -> Payload:
        """Call a tool of the server that `.mcp.json` names, with a real client.

        Raises:
            OcmError: it does not answer, or says that the call was wrong.
        """
        import anyio
        from mcp import Client, StdioServerParameters, stdio_client

        entry = self.server_entry()
        command = shutil.which(entry["command"], path=self.environment["PATH"]) or entry["command"]
        server = StdioServerParameters(command=command, args=entry["args"], env=self.environment, cwd=self.project)

        async def call() -> Payload | None:
            with anyio.move_on_after(_SECONDS), open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230
                async with Client(stdio_client(server, errlog=nowhere)) as client:
                    result = await client.call_tool(name, arguments)
                    return None if result.is_error else result.structured_content
            return None

        answer = None
        with contextlib.suppress(ExceptionGroup, OSError):
            answer = anyio.run(call)
        if isinstance(answer, dict):
            return answer
        raise OcmError(f"The demo stopped: the MCP server did not answer {name}.")

    def find_it_again(self) -> None:
        """Search as the next conversation would, with and without the cache, and check what should be there."""
        missing = {"greeting", "reminder", "denial", "checkpoint"} - self.seen
        if missing:
            raise OcmError(f"The demo stopped: this did not happen: {', '.join(sorted(missing))}.")
        _step(f"The next conversation searches: {_QUESTION}")
        hits = self.search()
        if [hit["session_id"] for hit in hits] != [self.session_id]:
            raise OcmError("The demo stopped: the search did not find the session.")
        output.say(f"    {hits[0]['title']}")
        output.say(f"    {hits[0]['snippet']}")
        output.say(f"    files: {', '.join(hits[0]['top_files'])}")
        _step("The cache is deleted, and the same question gets the same answer from the markdown")
        os.unlink(os.path.join(self.project, paths.STORE, "memory.db"))
        if self.search() != hits:
            raise OcmError("The demo stopped: without the cache the answer was another one.")
        shown = json.loads(self.run("ocm", "show", self.session_id, "--json"))
        if shown["status"] != "closed" or not shown["files"] or not shown["git_sha_end"]:
            raise OcmError("The demo stopped: the session was not closed with its files.")
        output.say("    yes: markdown is the truth, the database only a cache")

    def search(self) -> list[Payload]:
        """Return the hits for the question, as the command prints them."""
        found: list[Payload] = json.loads(self.run("ocm", "search", _QUESTION, "--json"))
        return found


def _environment(home: str) -> dict[str, str]:
    """Return an environment that touches nothing of the user's and in which the commands are found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCM_", "CLAUDE", "GIT_"))}
    path = kept.get("PATH", os.defpath)
    own = os.path.dirname(os.path.abspath(sys.argv[0]))
    beside = os.path.dirname(os.path.abspath(sys.executable))
    if shutil.which("ocm-hook", path=path) is None or shutil.which("ocm", path=path) is None:
        path = os.pathsep.join([own, beside, path])
    return {**kept, "PATH": path, "HOME": home, "USERPROFILE": home, "OCM_HOME": os.path.join(home, paths.STORE)}


def _matches(matcher: str, tool: str) -> bool:
    return matcher in {"", "*"} or re.fullmatch(matcher, tool) is not None


def _apply(edit: Payload) -> None:
    """Do to the repository what the recorded call did."""
    path = edit["file_path"]
    if "content" in edit:
        _write(path, edit["content"])
        return
    with open(path, encoding="utf-8") as file:
        text = file.read()
    _write(path, text.replace(edit["old_string"], edit["new_string"], 1))


def _write(path: str, content: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(content)


def _about(payload: Payload, project: str) -> str:
    given = payload["tool_input"]
    words = given.get("file_path") or given.get("command") or given.get("pattern") or given.get("query") or ""
    return str(words).replace(project + os.sep, "").split("\n")[0][:70]


def _step(words: str) -> None:
    output.say()
    output.say(f"— {words}")


def _quoted(words: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(words, _WIDTH, initial_indent="    ", subsequent_indent="    "))
