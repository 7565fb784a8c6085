"""Windsurf's Cascade: one action a payload, exit code 2 and stderr as the only answer, nothing for the model.

From its documentation. It tells neither of the start of a conversation nor of its end, and no hook can change a call,
so a denial holds the id that the model has to give.
"""

from ocm.hosts import common
from ocm.hosts.common import SERVER, Payload, text

NAME = "windsurf"
CHECKPOINT = "ocm__checkpoint"
LOADING = f" (a tool of the MCP server {SERVER})"
REWRITES = False
READS = True
DELEGATES = ""
DENY_CODE = 2


class Call(common.Call):
    """One action, as Cascade tells of it before and after."""

    __slots__ = ()

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the action out of a payload whose fields may be missing or of any type."""
        action = text(payload, "agent_action_name").removeprefix("pre_").removeprefix("post_")
        info = payload.get("tool_info")
        about: Payload = info if isinstance(info, dict) else {}
        is_tool = action == "mcp_tool_use"
        name = f"{text(about, 'mcp_server_name')}/{text(about, 'mcp_tool_name')}" if is_tool else action
        super().__init__(name, about.get("mcp_tool_arguments") if is_tool else about)
        self.own = common.own_tool(name, f"{SERVER}/") if is_tool else ""
        self.shell = common.SHELL if action == "run_command" else ""
        self.command = text(about, "command_line") if self.shell else ""
        self.changes = not self.own and action in {"write_code", "run_command", "mcp_tool_use"}
        if action == "write_code":
            self.edits(cwd, text(about, "file_path"))


Edited = Call  # a call tells of its edit itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Windsurf's hooks."""
    return False


def session_id(payload: Payload) -> str:
    """Return the id of the conversation."""
    return text(payload, "trajectory_id")


def folders(_payload: Payload) -> list[str]:
    """Return where to look for the store: nothing says so but the folder that the hook runs in."""
    return []


def cwd(_payload: Payload) -> str:
    """Return nothing: the paths of a payload are whole."""
    return ""


def source(_payload: Payload) -> str:
    """Return how a session starts."""
    return "startup"


def ending(_payload: Payload) -> str:
    """Return nothing: no session ends."""
    return ""


def failed(_payload: Payload) -> bool:
    """Tell whether an action failed: Windsurf tells of those that did not."""
    return False


def prompt(payload: Payload) -> str:
    """Return what the user typed."""
    return text(payload.get("tool_info"), "user_prompt").strip()


def may_ask_at_stop(_payload: Payload) -> bool:
    """Tell whether a turn that ends can be held: it cannot."""
    return False


def deny(_payload: Payload, _reason: str) -> None:
    """Return nothing: the exit code denies, and stderr holds the reason."""


def allow_own(_call: common.Call, _session_id: str) -> None:
    """Return nothing: a call runs as it is."""


def context(_payload: Payload, _event: str, _words: str) -> None:
    """Return nothing: there is no way to the model."""


def tell_user(_words: str) -> None:
    """Return nothing: there is no way to the user."""


def hold_turn(_reason: str) -> None:
    """Return nothing: a turn that ends has ended."""
