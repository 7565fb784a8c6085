"""What every adapter has, for the type checker and the reader; never imported when a hook runs."""

from typing import Protocol

from ocm.hosts import common
from ocm.hosts.common import Payload

# A reply is the JSON object that is printed, or plain text where the host takes that; None says nothing.
Reply = dict[str, object] | str | None


class Calls(Protocol):
    """Reads a call out of a payload whose fields may be missing or of any type."""

    def __call__(self, payload: Payload, cwd: str) -> common.Call:
        """Return the call; a relative path in it is meant from `cwd`."""
        ...


class Host(Protocol):
    """One host: payload to facts, decision to reply."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """The host's name on the command line."""
        ...

    @property
    def CHECKPOINT(self) -> str:  # noqa: N802
        """How a model of this host calls the checkpoint tool."""
        ...

    @property
    def LOADING(self) -> str:  # noqa: N802
        """How a model loads that tool where it is not loaded from the start, as words in brackets; else empty."""
        ...

    @property
    def REWRITES(self) -> bool:  # noqa: N802
        """Whether `allow_own` can put the session's id into a call; where not, the model has to be told it."""
        ...

    @property
    def READS(self) -> bool:  # noqa: N802
        """Whether a model of this host reads and searches with tools of their own, which a shut gate leaves it."""
        ...

    @property
    def DELEGATES(self) -> str:  # noqa: N802
        """Which tool runs a sub-agent whose calls do not say that they are one's; empty where they do."""
        ...

    @property
    def DENY_CODE(self) -> int:  # noqa: N802
        """What a hook that denies exits with: 0, or 2 where the host reads the reason from stderr."""
        ...

    @property
    def Call(self) -> Calls:  # noqa: N802
        """Read the call of a `pre-tool-use` or `post-tool-use` payload."""
        ...

    @property
    def Edited(self) -> Calls:  # noqa: N802
        """Read the edit of a `file-edited` payload, as a call with a path."""
        ...

    def foreign(self, payload: Payload) -> bool:
        """Tell whether this is a call of another host that reached this host's entry; it is dropped."""
        ...

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation, empty when there is none."""
        ...

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store, best first."""
        ...

    def cwd(self, payload: Payload) -> str:
        """Return the folder that relative paths of a call are meant from, empty when it is not known."""
        ...

    def source(self, payload: Payload) -> str:
        """Return how a session starts: startup, clear, fork, resume, compact, `FIRST_REQUEST`; empty if none does."""
        ...

    def ending(self, payload: Payload) -> str:
        """Return why a session ends, in the host's words; may be empty."""
        ...

    def failed(self, payload: Payload) -> bool:
        """Tell whether a `post-tool-use` payload is of a call that failed."""
        ...

    def prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when the host made the prompt up."""
        ...

    def may_ask_at_stop(self, payload: Payload) -> bool:
        """Tell whether a turn is really over, and was not already held back once."""
        ...

    def deny(self, payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back; the reason is also on stderr."""
        ...

    def allow_own(self, call: common.Call, session_id: str) -> Reply:
        """Return the reply to a call of the journal's own tools; a checkpoint gets the true id where it can."""
        ...

    def context(self, payload: Payload, event: str, words: str) -> Reply:
        """Return the reply to `event` (such as `session-start`) that puts `words` before the model."""
        ...

    def tell_user(self, words: str) -> Reply:
        """Return the reply that tells the user something and changes nothing."""
        ...

    def hold_turn(self, reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        ...
