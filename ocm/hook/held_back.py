"""What becomes of a call that the gate would hold back; loaded only once the gate is shut."""

from ocm.hook import io, messages
from ocm.store import gate, journal
from ocm.store.events import of_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hook.event import Event
    from ocm.hosts.adapter import Call, Reply


def answer(event: "Event", call: "Call", decision: str) -> "Reply":
    """Return the reply to a call for which the gate decided on `decision`: what only reads passes all the same."""
    if call.shell and event.settings["gate.deny"] != "all":
        from ocm.hook import read_only

        if read_only.only_reads(call.command, call.shell):
            return None
    if decision == gate.RELEASE:
        event.write(journal.event("release", why="denied often enough"))
        return event.host.notify_user(messages.RELEASED)
    return event.deny(_denial(event, call))


def _denial(event: "Event", call: "Call") -> str:
    """Note the denial and return its reason: all of it the first time, then one line until a checkpoint."""
    known = event.tally()
    line = journal.event("deny", tool=call.name[:100], id=io.ident(call.id))
    event.write(line)
    lines = journal.read_events(event.store.path, event.session_id)
    # Of calls that are sent together, and of two hooks that tell of one, the first in the journal has the text.
    if known.told or of_kind(lines, "deny")[0]["t"] != line["t"]:
        return messages.short_denial(event.host)
    return messages.denial(event, taught=known.taught)
