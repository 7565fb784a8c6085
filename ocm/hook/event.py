"""One call of the hook: the payload, whose it is, and the journal it goes into; light, because every hook needs it."""

from ocm.hook import io
from ocm.hosts.adapter import Call, Payload
from ocm.store import config, gate, journal, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hosts.adapter import Adapter, Reply


class Event:
    """One call of the hook: the payload and where it belongs."""

    __slots__ = ("code", "cwd", "host", "is_full", "is_quiet", "payload", "session_id", "settings", "store")

    def __init__(self, payload: Payload, host: "Adapter", store: paths.Store, threshold: int | None) -> None:
        """Read the settings that hold for `store`; a threshold of the command line wins."""
        self.payload = payload
        self.host = host
        self.store = store
        self.session_id = host.session_id(payload).strip()
        self.cwd = host.cwd(payload) or store.root
        self.code = 0
        self.is_full = self.is_quiet = False
        self.settings = config.load(paths.user_store(), store.path)
        if threshold is not None:
            self.settings["gate.threshold"] = threshold

    def write(self, *lines: dict[str, object], header: dict[str, object] | None = None) -> None:
        """Append to the journal; a new one first says whose it is and where the work stood."""
        if header is None and journal.is_new(self.store.path, self.session_id):
            header = self.header()
        before, now = journal.append(self.store.path, self.session_id, list(lines), header)
        self.is_full = self.is_full or before // config.MAX_JOURNAL < now // config.MAX_JOURNAL

    def header(self, **fields: object) -> dict[str, object]:
        """Return the first line of a journal."""
        sha, branch = paths.git_head(self.store.root)
        about = {"session": self.session_id, "tool": self.host.name, "sha": sha, "branch": io.clean(branch)}
        return journal.event("open", **about, root=self.store.root, **fields)

    def call(self) -> Call:
        """Read the call; one made while a sub-agent works that does not say so is taken for its."""
        call = self.host.read_call(self.payload, self.cwd)
        delegates = self.host.delegate_tool
        if delegates and not call.agent and call.name != delegates and self._is_delegated(delegates):
            call.agent = delegates
        return call

    def _is_delegated(self, tool: str) -> bool:
        """Return whether a sub-agent was started and has not come back, in this turn."""
        from ocm.store import events

        return events.is_delegated(journal.read_events(self.store.path, self.session_id), tool)

    def tally(self) -> gate.Tally:
        """Count the calls since the last checkpoint."""
        changes_only = self.settings["gate.count"] == "changes"
        return gate.tally(self.store.path, self.session_id, changes_only=changes_only)

    def deny(self, reason: str) -> "Reply":
        """Hold a call back; hosts that read no reply get the reason and the code."""
        from ocm.base import sanitize

        reason = sanitize.note(reason)  # it may name files, and whoever named them does not speak to the model
        io.show_reason(reason)
        self.code = self.host.deny_exit_code
        return self.host.deny(self.payload, reason)
