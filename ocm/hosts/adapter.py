"""What every host's adapter is built from: texts out of payloads of any shape, a tool call as plain facts, `Adapter`.

To add a host, write one subclass of `Adapter`, a row in `adapters`, and a module in `config` that says where the host
keeps its files. Light, because every hook imports it.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = "opencodememory"
POSIX_SHELL, POWERSHELL = "Bash", "PowerShell"
# The shell that a host runs commands in where its payload does not say which.
SHELL = POWERSHELL if os.name == "nt" else POSIX_SHELL
OWN_TOOLS = frozenset({
    "checkpoint", "search_sessions", "list_sessions", "get_session_files", "get_session", "timeline", "why",
})  # fmt: skip
CHECKPOINT = "checkpoint"
_TAIL = 64 * 1024  # bytes of a log that are read

# How a session starts where a host reports each request to the model alike; it may report the first one twice.
FIRST_REQUEST = "first request"

# Modes of hosts in which a model may read, ask and write its plan, and nothing else.
PLANNING = frozenset({"plan", "ask", "read-only"})

Payload = dict[str, object]
# A reply is the JSON object that is printed, or plain text where the host takes that; None prints nothing.
Reply = dict[str, object] | str | None


class Call:
    """One tool call: what it is, whether it can change something, and what it touches.

    `own_tool` names the journal's tool that is called, empty for any other. `is_harmless` marks calls that are never
    held back. `shell` is `POSIX_SHELL` or another shell's name where the call is a command for one. `paths` is every
    file that the call edits with the kind of change, empty where that is not known; `path` and `kind` are the first.
    """

    __slots__ = (
        "agent", "can_change", "command", "id", "input", "is_harmless", "kind", "name", "own_tool", "path", "paths",
        "shell",
    )  # fmt: skip

    def __init__(self, name: str, given: object = None, call_id: str = "", agent: str = "") -> None:
        """Start as a call that touches nothing."""
        self.name = name
        self.input: Payload = given if isinstance(given, dict) else {}
        self.id = call_id
        self.agent = agent
        self.is_harmless = self.can_change = False
        self.command = self.kind = self.own_tool = self.path = self.shell = ""
        self.paths: dict[str, str] = {}

    def add_edit(self, cwd: str, path: str, kind: str = "") -> None:
        """Note a file that the call edits; a relative path is resolved against `cwd`."""
        if not path:
            return
        whole = os.path.normpath(os.path.join(cwd, path))
        self.paths[whole] = kind
        if not self.path:
            self.path, self.kind = whole, kind


_NO_SHELLS: dict[str, str] = {}


class Adapter:
    """One host: reads its payloads as plain facts, and turns decisions into replies that it understands.

    A subclass says what differs from these defaults: flat payloads in snake case, a host that cannot be answered.
    Payloads come from outside, so any field may be missing or of any type.

    `name` is the host's name on the command line. `checkpoint_tool` is how its model calls the checkpoint tool, and
    `loading_hint` how it loads that tool (`{tool}`) first, in brackets, where it has to. `can_change_calls` says that
    `allow_own` can put the session's id into a call; without that, the model has to be told the id. `delegate_tool`
    runs a sub-agent whose calls do not say that they are a sub-agent's. `deny_exit_code` is what a hook that denies
    exits with: 2 where the host reads the reason from stderr.
    """

    name = ""
    checkpoint_tool = ""
    loading_hint = ""
    can_change_calls = False
    delegate_tool = ""
    deny_exit_code = 0

    # Under which name a payload says the mode that the host is in.
    mode_field = "permission_mode"
    # Under which name the payload of a turn's end holds what the assistant said last.
    words_field = "last_assistant_message"

    # How the host names tools: what it puts before the name of a tool of ocm's server, or of any server's; which tools
    # edit files; which run commands, in which shell, and under which name they hold the command.
    own_prefixes: tuple[str, ...] = ()
    server_prefixes: tuple[str, ...] = ()
    edit_tools: frozenset[str] = frozenset()
    shell_tools: "Mapping[str, str]" = _NO_SHELLS
    command_field = "command"
    # Tools that load a tool, keep a list or ask the user: never held back, whatever the settings.
    harmless_tools: frozenset[str] = frozenset()

    def plugin_tool(self) -> str:
        """Return how the model calls the checkpoint tool of a plugin, where this hook is a plugin's; else empty."""
        return ""

    def server_places(self) -> list[tuple[str, ...]]:
        """Return where MCP servers are beside which the host leaves the same one of a plugin out: file, then names."""
        return []

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call of a `pre-tool-use` or `post-tool-use` payload; its relative paths are relative to `cwd`."""
        raise NotImplementedError

    def read_edit(self, payload: Payload, cwd: str) -> Call:
        """Return the edit of a `file-edited` payload, as a call with a path."""
        return self.read_call(payload, cwd)

    def new_call(self, name: str, given: object, call_id: str = "", agent: str = "") -> Call:
        """Return a call with everything that the tool's name says of it."""
        call = Call(name, given, call_id, agent)
        call.own_tool = self.own_tool(name)
        call.is_harmless = name in self.harmless_tools
        call.shell = self.shell_tools.get(name, "")
        call.command = text(call.input, self.command_field) if call.shell else ""
        call.can_change = not call.own_tool and self.can_change(name)
        return call

    def own_tool(self, name: str) -> str:
        """Return which of the journal's own tools `name` is, by its exact name; empty for any other."""
        return next(filter(None, (own_tool(name, prefix) for prefix in self.own_prefixes)), "")

    def can_change(self, name: str) -> bool:
        """Return whether a tool of the host, or of another server, can change something."""
        return name in self.edit_tools or name in self.shell_tools or name.startswith(self.server_prefixes)

    def from_other_host(self, _payload: Payload) -> bool:
        """Return whether this is a call of another host that reached this host's entry; it is dropped."""
        return False

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation, empty when there is none."""
        return text(payload, "session_id")

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store, best first."""
        return [folder for folder in (self.cwd(payload),) if folder]

    def cwd(self, payload: Payload) -> str:
        """Return the folder that relative paths of a call are relative to, empty when it is not known."""
        return text(payload, "cwd")

    def start_source(self, payload: Payload) -> str:
        """Return how a session starts: startup, clear, fork, resume, compact, `FIRST_REQUEST`; empty if none does."""
        return text(payload, "source") or "startup"

    def end_reason(self, payload: Payload) -> str:
        """Return why a session ends, in the host's words; may be empty."""
        return text(payload, "reason")

    def transcript(self, payload: Payload) -> str:
        """Return the file in which the host keeps the conversation, empty where it does not say."""
        return text(payload, "transcript_path") or text(payload, "transcriptPath")

    def only_plans(self, payload: Payload, _call: Call) -> bool:
        """Return whether a call is made in a mode in which nothing can be changed, and so nothing can be saved."""
        return text(payload, self.mode_field) in PLANNING

    def failed(self, _payload: Payload) -> bool:
        """Return whether a `post-tool-use` payload is of a call that failed."""
        return False

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when the host generated the prompt."""
        return text(payload, "prompt").strip()

    def last_words(self, payload: Payload) -> str:
        """Return what the assistant said at the end of a turn, empty where the host does not say, or of a sub-agent."""
        return "" if text(payload, "agent_id") else text(payload, self.words_field)

    def may_block_stop(self, _payload: Payload) -> bool:
        """Return whether a turn that ends can be continued: it is really over, and was not blocked once already."""
        return False

    def deny(self, _payload: Payload, _reason: str) -> Reply:
        """Return the reply that holds a call back; the reason is also on stderr, where `deny_exit_code` denies."""
        return None

    def allow_own(self, _call: Call, _session_id: str) -> Reply:
        """Return the reply to a call of the journal's own tools; a checkpoint gets the true id where it can."""
        return None

    def add_context(self, _payload: Payload, _event: str, _message: str) -> Reply:
        """Return the reply to `event` (such as `session-start`) that puts `message` before the model."""
        return None

    def notify_user(self, _message: str) -> Reply:
        """Return the reply that shows the user a message and changes nothing."""
        return None

    def greeted(self, reply: Reply, _line: str) -> Reply:
        """Return the reply to a start with a line for the user, where the host shows one then."""
        return reply

    def block_stop(self, _reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        return None


def text(payload: object, name: str) -> str:
    """Return the text under `name`, empty when there is none."""
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if isinstance(value, str) else ""


def log_tail(path: str) -> list[bytes]:
    """Return the last lines of a host's own log of a conversation, the first one cut; none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return file.read(_TAIL).split(b"\n")
    except (OSError, ValueError):
        return []


def own_tool(name: str, prefix: str) -> str:
    """Return which of the journal's own tools `name` is where the host spells it `prefix` and the tool; else empty."""
    tool = name[len(prefix) + 5 :] if name.startswith(prefix + "ocm__") else ""
    return tool if tool in OWN_TOOLS else ""


def with_identity(call: Call, session_id: str) -> Payload:
    """Return the input of a checkpoint call under the true ids, whatever the model gave."""
    return {**call.input, "session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}
