"""What ocm's own plugins send and take: one dialect for the hosts that run JavaScript instead of commands.

The plugins are ocm's (`hooks/opencode/`, `hooks/cline/`), so nothing in a payload has to be guessed. A reply is an
object with `deny`, a reason; `input`, what is put into the call's arguments; or `context`, a message for the model.
Light, because every hook imports it.
"""

from ocm.hosts.adapter import CHECKPOINT, Adapter, Call, Payload, Reply, text


class PluginHost(Adapter):
    """A host whose calls ocm's own plugin reports; a subclass says which tools there are."""

    can_change_calls = True
    mode_field = "mode"

    # They change nothing. Any other tool may: those of MCP servers and of other plugins have names of their own.
    read_tools: frozenset[str] = frozenset()

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call."""
        name = text(payload, "tool_name")
        call = self.new_call(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        self.add_edits(call, payload, cwd)
        return call

    def add_edits(self, call: Call, payload: Payload, cwd: str) -> None:
        """Note the files that the call edits."""
        raise NotImplementedError

    def can_change(self, name: str) -> bool:
        """Return whether a tool can change something: any may that is not known to be harmless or to read."""
        return bool(name) and name not in self.harmless_tools and name not in self.read_tools

    def failed(self, payload: Payload) -> bool:
        """Return whether a `post-tool-use` payload is of a call that failed."""
        return payload.get("failed") is True

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return {"deny": reason}

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a checkpoint: the true ids, which the plugin puts into the call's arguments."""
        if call.own_tool != CHECKPOINT:
            return None
        return {"input": {"session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}}

    def add_context(self, _payload: Payload, _event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model."""
        return {"context": message}

    def notify_user(self, message: str) -> Reply:
        """Return the reply that lets the call run and shows `message` with its result."""
        return {"context": message}
