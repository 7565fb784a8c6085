"""What ocm's own plugins send and take: one dialect for the hosts that run JavaScript instead of commands.

The plugins are ocm's (`hooks/opencode/`, `hooks/cline/`), so nothing in a payload has to be guessed. A reply is an
object with `deny`, a reason; `input`, what is put into the call's arguments; or `context`, words for the model.
Light, because every hook imports it.
"""

from ocm.hosts import common
from ocm.hosts.common import Payload, text

LOADING = ""
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0


class Call(common.Call):
    """One tool call, as a plugin tells of it; which tools there are, each host says."""

    __slots__ = ()

    PREFIX = ""
    # They keep a list, ask the user or end the work: never held back, whatever the settings.
    HARMLESS: frozenset[str] = frozenset()
    # They change nothing. Any other tool may: those of MCP servers and of other plugins have names of their own.
    READERS: frozenset[str] = frozenset()

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        self.own = common.own_tool(name, self.PREFIX)
        self.asks = name in self.HARMLESS
        self.changes = bool(name) and not (self.own or self.asks or name in self.READERS)
        self.look(payload, cwd)

    def look(self, payload: Payload, cwd: str) -> None:
        """Note the command the call runs and the files it edits."""
        raise NotImplementedError


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: never, for nobody else loads the plugin."""
    return False


def session_id(payload: Payload) -> str:
    """Return the id of the conversation, the main one's for a sub-agent."""
    return text(payload, "session_id")


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def cwd(payload: Payload) -> str:
    """Return the folder the client works in."""
    return text(payload, "cwd")


def source(payload: Payload) -> str:
    """Return how a session starts."""
    return text(payload, "source") or "startup"


def ending(payload: Payload) -> str:
    """Return why a session ends."""
    return text(payload, "reason")


def failed(payload: Payload) -> bool:
    """Tell whether a `post-tool-use` payload is of a call that failed."""
    return payload.get("failed") is True


def prompt(payload: Payload) -> str:
    """Return what the user typed."""
    return text(payload, "prompt").strip()


def may_ask_at_stop(_payload: Payload) -> bool:
    """Tell whether a turn that ends can be held: not by a plugin."""
    return False


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return {"deny": reason}


def allow_own(call: common.Call, session_id: str) -> dict[str, object] | None:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return None
    return {"input": {"session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}}


def context(_payload: Payload, _event: str, words: str) -> dict[str, object]:
    """Return the reply that puts `words` before the model."""
    return {"context": words}


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that lets the call run and shows `words` with its result."""
    return {"context": words}


def hold_turn(_reason: str) -> None:
    """Return nothing: a plugin holds no turn."""
