"""ocm-hook: one event of a host in, its line into the journal, the gate's answer out.

It runs at every tool call of every user, so it imports the standard library's lightest and nothing else; only the rare
events that store something load the service. Whatever goes wrong, it exits 0 and says why in `hook.log`.
"""

import gc
import json
import os
import sys
import time

from ocm.hook import io
from ocm.hook.event import Event
from ocm.hosts import adapters
from ocm.hosts.adapter import FIRST_REQUEST, POSIX_SHELL, Call, Payload
from ocm.store import config, gate, journal, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ocm.hosts.adapter import Adapter, Reply

DEFAULT_HOST = "claude-code"
QUIET = "--quiet"  # as the profile minimal has it: the end of a turn is noted, and nothing is asked for
MAX_READ = 1_000  # session files that the brief may have to wait for, within the few seconds that hosts give a hook


def main() -> None:
    """Answer one event; exits 0, but where the gate is shut and the host wants to be told so by another code."""
    gc.disable()  # a process that ends at once has nothing to collect, and would look for it again and again
    arguments = sys.argv[1:]
    answer, code = guarded(arguments, io.read_input) if arguments else (b"", 0)
    io.leave(answer or _silence(arguments), code)


def guarded(arguments: list[str], read: "Callable[[], bytes]") -> tuple[bytes, int]:
    """Return what `run` does for the payload that `read` returns; whatever goes wrong is logged and says nothing."""
    found: list[paths.Store] = []
    try:
        return run(arguments, read(), found)
    except Exception as error:  # noqa: BLE001 - the guard: a hook never breaks its host
        io.log(found, arguments, f"{type(error).__name__}: {error}")
    return b"", 0


def _silence(arguments: list[str]) -> bytes:
    """Return what says nothing: some hosts hold a call back for a reply that is none of theirs."""
    name, tool, _ = io.parse([*arguments, ""], DEFAULT_HOST)
    return adapters.EMPTY_REPLIES.get((tool, name), adapters.EMPTY_REPLIES.get((tool, ""), b""))


def run(arguments: list[str], data: bytes, stores: list[paths.Store]) -> tuple[bytes, int]:
    """Return what `ocm-hook ARGUMENTS` prints for the payload `data`, and its exit code.

    `stores` gets the store, once it is known.
    """
    name, tool, threshold = io.parse(arguments, DEFAULT_HOST)
    handler, host = HANDLERS.get(name), adapters.adapter(tool)
    found, why = io.read_payload(data)
    store = _find_store(found, host or adapters.adapter(DEFAULT_HOST))
    if store is None or (host and not why and host.from_other_host(found)):
        return b"", 0
    stores.append(store)
    if not why and (handler is None or host is None):
        why = f"unknown event or host: {name} --tool {tool}"
    elif not why and host:
        why = io.unusable(host.session_id(found).strip())
    if why or handler is None or host is None:
        io.log(stores, arguments, why)
        return b"", 0
    event = Event(found, host, store, threshold)
    event.is_quiet = QUIET in arguments
    reply = handler(event)
    if event.is_full:
        _empty(event, name)
    return _printed(reply), event.code


def session_start(event: Event) -> "Reply":
    """Open the session, or go on with it; flush what dead ones left; bring the past back."""
    source = event.host.start_source(event.payload)
    if not source or (source == FIRST_REQUEST and not journal.is_new(event.store.path, event.session_id)):
        return None
    deleted = None
    is_new = source in {"startup", "clear", "fork", FIRST_REQUEST}
    if is_new:
        from ocm.git import worktree
        from ocm.hook import session_brief

        deleted = worktree.deleted_now(event.store.root, meanwhile=session_brief.load)
    # A name that holds a secret is not written.
    deleted = deleted and [name for name in deleted if io.clean(name) == name]
    line = event.header(source=source[:40], deleted=deleted)
    journal.append(event.store.path, event.session_id, [line])
    _recover(event)
    if not is_new:
        _step(event)
    said, greeting = _brief(event, source)
    words = "\n\n".join(filter(None, (_names_session(event), said)))
    told = event.host.add_context(event.payload, "session-start", words) if words else None
    return event.host.greeted(told, greeting) if greeting else told


def user_prompt(event: Event) -> "Reply":
    """Note what was asked, as a title; tell what the past has on it, and which session this is where that is needed."""
    typed = event.host.user_prompt(event.payload)
    if not typed:
        return None
    from ocm.hook import messages, turns

    if journal.size(event.store.path, event.session_id) > config.MAX_JOURNAL:
        _flush(event, trigger=None)
    event.write(journal.event("prompt", title=messages.title(typed, paths.user_store(), event.store.path)))
    told = "\n".join(filter(None, (_names_session(event), turns.past(event, typed))))
    return event.host.add_context(event.payload, "user-prompt", told) if told else None


def pre_tool_use(event: Event) -> "Reply":
    """Hold back what can change something once a checkpoint is due; fill the true id into the journal's own calls."""
    call = event.call()
    if call.own_tool:
        return _own_call(event, call)
    if call.name and call.name == event.host.delegate_tool:
        event.write(journal.event("ask", tool=call.name))
    if call.agent or call.is_harmless or _is_ours(call) or event.host.only_plans(event.payload, call):
        return None
    decision = gate.decide(event.tally(), event.settings, changes=call.can_change)
    if decision == gate.ALLOW:
        return None
    from ocm.hook import held_back

    return held_back.answer(event, call, decision)


def _own_call(event: Event, call: Call) -> "Reply":
    """Let a call of the journal's own tools pass, under the true id; note it, so that the server knows whose it is."""
    event.write(journal.event("ask", id=io.ident(call.id), agent=io.ident(call.agent)))
    broken = next((name for name, value in call.input.items() if io.is_broken(value)), "")
    if not broken:
        return event.host.allow_own(call, event.session_id)
    from ocm.hook import messages

    return event.deny(messages.broken(broken))


def post_tool_use(event: Event) -> "Reply":
    """Journal the call and the file it edited; once a checkpoint is due, say so."""
    call = event.call()
    if _is_ours(call):
        return None
    bad = event.host.failed(event.payload)
    about = {
        "tool": call.name[:100],
        "id": io.ident(call.id),
        "agent": io.ident(call.agent),
        "path": "" if bad else io.path_of(call.path),
        "kind": call.kind if call.path and not bad else "",
        "cmd": _shell(call.command) if call.command else "",
        "failed": bad or None,
    }
    further = [] if bad else _edits(call, call.path)
    if call.agent:
        if call.path or call.command:
            event.write(journal.event("sub", **about), *further)
        return None
    plans = event.host.only_plans(event.payload, call)
    line = journal.event("call", m=int(not plans and _changes(event, call, bad=bad)), **about)
    event.write(line, *further)
    counts = event.tally()
    if plans or not gate.reminds(counts, event.settings) or not _is_first(event, line):
        return None
    from ocm.hook import messages

    event.write(journal.event("remind"))
    reminder = messages.reminder(event.host, counts, event.settings)
    return event.host.add_context(event.payload, "post-tool-use", reminder)


def _changes(event: Event, call: Call, *, bad: bool) -> bool:
    """Return whether a call changed something, as far as anybody can tell.

    What judges a shell command takes long to load. So the plainest are told by their first word, and none is judged
    once something was changed in this turn, because one more change says nothing new.
    """
    if not call.shell:
        return call.can_change and not (bad and call.path)
    from ocm.hook import command_name

    if call.shell == POSIX_SHELL and command_name.plainly_reads(call.command):
        return False
    if event.settings["gate.count"] != "changes" and event.tally().fresh:
        return True
    from ocm.hook import read_only

    return not read_only.only_reads(call.command, call.shell)


def _is_first(event: Event, line: dict[str, object]) -> bool:
    """Return whether no other hook told of the same call before: a host may have ocm's hooks twice."""
    if "id" not in line:
        return True
    told = journal.read_events(event.store.path, event.session_id)
    return next((one["t"] for one in told if one.get("e") == "call" and one.get("id") == line["id"]), 0) == line["t"]


def file_edited(event: Event) -> "Reply":
    """Journal an edit that the host reports apart from the call."""
    edits = _edits(event.host.read_edit(event.payload, event.cwd))
    if edits:
        event.write(*edits)
    return None


def pre_compact(event: Event) -> "Reply":
    """Store what the journal holds before the conversation is summed up."""
    event.write(journal.event("compact"))
    _flush(event, trigger="context_limit")
    return None


def stop(event: Event) -> "Reply":
    """Note the last words of a turn; ask once for a checkpoint when it leaves changes behind that none holds."""
    from ocm.hook import turns

    return turns.end(event)


def session_end(event: Event) -> "Reply":
    """Store what is left and close the session."""
    event.write(journal.event("end", why=event.host.end_reason(event.payload)[:40]))
    _flush(event, status="closed", trigger="session_end")
    _step(event)
    return None


HANDLERS = {
    "session-start": session_start,
    "user-prompt": user_prompt,
    "pre-tool-use": pre_tool_use,
    "post-tool-use": post_tool_use,
    "file-edited": file_edited,
    "pre-compact": pre_compact,
    "stop": stop,
    "session-end": session_end,
}


# --- small things


def _names_session(event: Event) -> str:
    """Return what tells the model its session id; nothing where the hook fills it into the calls that need it."""
    return "" if event.host.can_change_calls else f"ocm session_id: {event.session_id}"


def _edits(call: Call, but: str = "") -> list[dict[str, object]]:
    """Return the lines for the files that a call edits, without the one that its own line names."""
    about = {"tool": call.name[:100], "agent": io.ident(call.agent)}
    return [
        journal.event("edit", path=path, kind=kind, **about)
        for name, kind in call.paths.items()
        if name != but and (path := io.path_of(name))
    ]


def _is_ours(call: Call) -> bool:
    """Return whether a call is the journal's own: one of its tools, or the command that stores a checkpoint."""
    return bool(call.own_tool) or gate.is_checkpoint_command(call.command, posix=call.shell == POSIX_SHELL)


def _shell(command: str) -> str:
    from ocm.hook import command_name

    return io.clean(command_name.name(command))


# --- the rarer events


def _recover(event: Event) -> None:
    """Store what dead conversations left; what came along with a store from elsewhere is nobody's here."""
    from ocm.store import trust

    trust.settle(event.store)
    if not trust.is_trusted(event.store):
        return
    now = time.time()
    path = event.store.path
    if journal.orphans(path, now - journal.ORPHAN_SECONDS) or journal.idle(path, now - journal.FORGOTTEN_SECONDS):
        from ocm.sessions import checkpoints

        for trouble in checkpoints.recover(event.store, seconds=checkpoints.HOOK_SECONDS):
            io.log([event.store], ["session-start"], trouble)


def _flush(event: Event, *, status: str | None = None, trigger: str | None) -> None:
    from ocm.sessions import checkpoints

    checkpoints.flush(event.store, event.session_id, status=status, trigger=trigger)


def _step(event: Event) -> None:
    """Complete the session from the transcript that the payload names: what no hook saw of it."""
    path = event.host.transcript(event.payload)
    if not path or event.settings["sources.step"] == "off" or not os.path.exists(path):
        return
    from ocm.sources import step

    why_not = step.complete(event.store, event.session_id, event.host.name, path)
    if why_not:
        io.log([event.store], ["transcript"], why_not)


def _empty(event: Event, name: str) -> None:
    """Store what a journal holds that has grown too long, as in a turn that goes on for a day without a prompt."""
    from ocm.base.errors import OcmError

    try:
        if journal.size(event.store.path, event.session_id) > config.MAX_JOURNAL:
            _flush(event, trigger=None)
    except (OcmError, OSError) as error:  # the journal is kept, and the call is answered all the same
        io.log([event.store], [name], str(error))


def _brief(event: Event, source: str) -> tuple[str, str]:
    from ocm.hook import session_brief

    tokens = int(event.settings["brief.tokens"])
    told = session_brief.message(event.store, event.session_id, source, tokens=tokens, limit=MAX_READ)
    if told.why_not:
        io.log([event.store], ["session-start"], told.why_not)
    return told.said, told.greeting


# --- in and out


def _find_store(payload: Payload, host: "Adapter | None") -> paths.Store | None:
    override = os.environ.get("OCM_PROJECT_DIR")
    if override and not os.path.isdir(override):
        return None  # named on purpose and gone: no other is meant
    named = [override] if override else [*(host.folders(payload) if host else ()), os.curdir]
    try:
        for folder in named:
            store = paths.find_store(folder)
            if store is not None:
                return store
    except FileNotFoundError:
        pass  # the folder that this process is in is gone
    return None


def _printed(reply: "Reply") -> bytes:
    if isinstance(reply, str):
        return reply.encode("utf-8", "backslashreplace")
    return json.dumps(reply).encode() if reply is not None else b""
