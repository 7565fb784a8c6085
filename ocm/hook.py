"""ocm-hook: one event of a host in, its line into the journal, the gate's answer out.

It runs at every tool call of every user, so it imports the standard library's lightest and nothing else; only the rare
events that store something load the service. Whatever goes wrong, it exits 0 and says why in `hook.log`.
"""

import json
import os
import sys
import time

from ocm import config, journal, paths, policy
from ocm.hosts import claude_code

HOSTS = {claude_code.NAME: claude_code}
MAX_LOG = 256 * 1024
MAX_PAYLOAD = 1024 * 1024
_PLAIN = 18  # the shortest token there is
MAX_ID = 500  # characters, as a checkpoint takes it

Payload = dict[str, object]
Reply = dict[str, object] | None


class Event:
    """One call of the hook: the payload and where it belongs."""

    __slots__ = ("cwd", "host", "payload", "session_id", "settings", "store", "tool")

    def __init__(self, payload: Payload, tool: str, store: paths.Store, threshold: int | None) -> None:
        """Read the settings that hold for `store`; a threshold of the command line wins."""
        self.payload = payload
        self.tool = tool
        self.host = HOSTS[tool]
        self.store = store
        self.session_id = self.host.text(payload, "session_id").strip()
        self.cwd = self.host.text(payload, "cwd") or store.root
        self.settings = config.load(paths.user_store(), store.path)
        if threshold is not None:
            self.settings["gate.threshold"] = threshold

    def write(self, *lines: dict[str, object], header: dict[str, object] | None = None) -> None:
        """Append to the journal; a new one first says whose it is and where the work stood."""
        if header is None and journal.is_new(self.store.path, self.session_id):
            header = self.header()
        journal.append(self.store.path, self.session_id, list(lines), header)

    def header(self, **fields: object) -> dict[str, object]:
        """Return the first line of a journal."""
        sha, branch = paths.git_head(self.store.root)
        return journal.event(
            "open", session=self.session_id, tool=self.tool, sha=sha, branch=branch, root=self.store.root, **fields
        )

    def tally(self) -> journal.Tally:
        """Count the calls since the last checkpoint."""
        changes_only = self.settings["gate.count"] == "changes"
        return journal.tally(self.store.path, self.session_id, changes_only=changes_only)


def main() -> None:
    """Answer one event; always exits 0."""
    answer = b""
    arguments = sys.argv[1:]
    found: list[paths.Store] = []
    try:
        if arguments:
            answer = run(arguments, _read_input(), found)
    except Exception as error:  # noqa: BLE001 - the guard: a hook never breaks its host
        _log(found, arguments, f"{type(error).__name__}: {error}")
    _leave(answer)


def run(arguments: list[str], data: bytes, stores: list[paths.Store]) -> bytes:
    """Return what `ocm-hook ARGUMENTS` prints for the payload `data`; `stores` gets the store, once it is known."""
    name, tool, threshold = _parse(arguments)
    handler = HANDLERS.get(name)
    found, why = _payload(data)
    store = _find_store(found, tool)
    if store is None:
        return b""
    stores.append(store)
    if not why and (handler is None or tool not in HOSTS):
        why = f"unknown event or host: {name} --tool {tool}"
    elif not why:
        why = _unusable(claude_code.text(found, "session_id").strip())
    if why or handler is None:
        _log(stores, arguments, why)
        return b""
    reply = handler(Event(found, tool, store, threshold))
    return json.dumps(reply).encode() if reply else b""


def session_start(event: Event) -> Reply:
    """Open the session, or go on with it; flush what dead ones left; bring the past back."""
    source = event.host.text(event.payload, "source") or "startup"
    deleted = None
    if source in {"startup", "clear", "fork"}:
        from ocm import git

        deleted = git.deleted_now(event.store.root)
    line = event.header(source=source, deleted=deleted)
    journal.append(event.store.path, event.session_id, [line])
    _recover(event)
    words = _brief(event, source)
    reply: Reply = event.host.context(event.payload, "SessionStart", words) if words else None
    return reply


def user_prompt(event: Event) -> Reply:
    """Note what was asked, as a title, and tell the assistant which session this is."""
    typed = event.host.prompt(event.payload)
    if not typed:
        return None
    from ocm import words

    event.write(journal.event("prompt", title=words.title(typed, paths.user_store(), event.store.path)))
    reply: Reply = event.host.context(event.payload, "UserPromptSubmit", f"ocm session_id: {event.session_id}")
    return reply


def pre_tool_use(event: Event) -> Reply:
    """Hold back what can change something once a checkpoint is due; fill the true id into the journal's own calls."""
    reply: Reply = None
    call = event.host.Call(event.payload, event.cwd)
    if call.own:
        return _own_call(event, call)
    if call.agent or call.asks or _is_ours(call):
        return None
    decision = policy.decide(event.tally(), event.settings, changes=call.changes)
    if decision == policy.ALLOW:
        return None
    from ocm import words

    if decision == policy.DENY:
        event.write(journal.event("deny", tool=call.name))
        reason = words.denial(event.session_id, event.store, event.settings, event.cwd)
        _say(reason)
        reply = event.host.deny(reason)
    else:
        event.write(journal.event("release", why="denied often enough"))
        reply = event.host.tell_user(words.RELEASED)
    return reply


def _own_call(event: Event, call: claude_code.Call) -> Reply:
    """Let a call of the journal's own tools pass, under the true id; note it, so that the server knows whose it is."""
    event.write(journal.event("ask", id=call.id, agent=call.agent))
    broken = next((name for name, value in call.input.items() if _is_broken(value)), "")
    reply: Reply = event.host.allow_own(call, event.session_id)
    if broken:
        from ocm import words

        reply = event.host.deny(words.broken(broken))
    return reply


def post_tool_use(event: Event) -> Reply:
    """Journal the call and the file it edited; once a checkpoint is due, say so."""
    call = event.host.Call(event.payload, event.cwd)
    if _is_ours(call):
        return None
    bad = event.host.failed(event.payload)
    about = {
        "tool": call.name[:100],
        "id": call.id,
        "agent": call.agent,
        "path": "" if bad else _clean(call.path),
        "kind": call.kind if call.path and not bad else "",
        "cmd": _shell(call.command) if call.command else "",
        "failed": bad or None,
    }
    if call.agent:
        if call.path or call.command:
            event.write(journal.event("sub", **about))
        return None
    event.write(journal.event("call", m=int(call.changes), **about))
    if not policy.reminds(event.tally(), event.settings):
        return None
    from ocm import words

    reply: Reply = event.host.context(event.payload, "PostToolUse", words.reminder(event.tally().calls, event.settings))
    return reply


def file_edited(event: Event) -> Reply:
    """Journal an edit that the host reports apart from the call."""
    call = event.host.Call({"tool_name": "Edit", **event.payload, "tool_input": event.payload}, event.cwd)
    if not call.path:
        call = event.host.Call(event.payload, event.cwd)
    if call.path:
        event.write(journal.event("edit", tool=call.name[:100], path=call.path, kind=call.kind, agent=call.agent))
    return None


def pre_compact(event: Event) -> Reply:
    """Store what the journal holds before the conversation is summed up."""
    event.write(journal.event("compact"))
    _flush(event, trigger="context_limit")
    return None


def stop(event: Event) -> Reply:
    """Ask once for a checkpoint when a turn leaves changes behind that none holds."""
    from ocm import words

    events = journal.read_events(event.store.path, event.session_id)
    asks = event.settings["gate.mode"] != "off" and event.host.may_ask_at_stop(event.payload) and _is_unsaved(events)
    event.write(journal.event("stop", asked=asks or None))
    reply: Reply = event.host.hold_turn(words.reminder(event.tally().calls, event.settings)) if asks else None
    return reply


def session_end(event: Event) -> Reply:
    """Store what is left and close the session."""
    event.write(journal.event("end", why=event.host.text(event.payload, "reason")[:40]))
    _flush(event, status="closed", trigger="session_end")
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


def _unusable(session_id: str) -> str:
    """Return why an id names no session, empty when it does: hooks and checkpoints take the same ones."""
    if not session_id:
        return "the payload names no session"
    odd = "\0" in session_id or "\r" in session_id or _is_broken(session_id)
    if odd or len(session_id) > MAX_ID:
        return "the session id is too long, or holds what no id holds"
    return ""


def _is_broken(value: object) -> bool:
    """Tell whether a value holds half a character, which the server could not even read: the call would never end."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_ours(call: claude_code.Call) -> bool:
    """Tell whether a call is the journal's own: one of its tools, or the command that stores a checkpoint."""
    return bool(call.own) or policy.is_checkpoint_command(call.command, posix=call.shell == claude_code.POSIX_SHELL)


def _clean(text: str) -> str:
    """Return a path or a reason as the journal and the log may have it: most are too plain to hold a secret."""
    if "=" not in text and "@" not in text and max(map(len, text.replace("\\", "/").split("/"))) < _PLAIN:
        return text
    from ocm import marks

    if not marks.may_need_redaction(text):
        return text
    from ocm import redact

    return redact.redact(text)[0]


def _shell(command: str) -> str:
    from ocm import shell

    return shell.name(command)


def _say(reason: str) -> None:
    """Repeat a reason where a host may show it to its user; nobody has to be there."""
    try:
        os.write(2, reason.encode("utf-8", "backslashreplace") + b"\n")
    except OSError:
        return


# --- the rarer events


def _is_unsaved(events: list[dict[str, object]]) -> bool:
    """Tell whether something was changed that no checkpoint has in words, and nobody asked for one yet."""
    for event in reversed(events):
        if event.get("e") == "stop" and event.get("asked"):
            return False
        if event.get("m") == 1 or (event.get("e") in {"sub", "edit"} and event.get("path")) or event.get("changes"):
            return True
    return False


def _recover(event: Event) -> None:
    now = time.time()
    path = event.store.path
    if journal.orphans(path, now - 600) or journal.idle(path, now - 7 * 86_400):
        from ocm import sessions

        for trouble in sessions.recover(event.store):
            _log([event.store], ["session-start"], trouble)


def _flush(event: Event, *, status: str | None = None, trigger: str) -> None:
    from ocm import sessions

    sessions.flush(event.store, event.session_id, status=status, trigger=trigger)


def _brief(event: Event, source: str) -> str:
    """Return what a new conversation should know; one that is resumed or forked has it in its history."""
    if source in {"resume", "fork"}:
        return ""
    from ocm import brief

    _, branch = paths.git_head(event.store.root)
    own = event.session_id if source == "compact" else None
    return brief.brief(event.store, branch=branch, session_id=own, tokens=int(event.settings["brief.tokens"]))


# --- in and out


def _parse(arguments: list[str]) -> tuple[str, str, int | None]:
    """Return event, host and threshold of a command line; what it does not know it passes over."""
    name, tool, threshold = arguments[0], claude_code.NAME, None
    rest = iter(arguments[1:])
    for argument in rest:
        option, _, value = argument.partition("=")
        if option == "--tool":
            tool = value or next(rest, "")
        elif option == "--threshold":
            checked = config.check("gate.threshold", value or next(rest, ""))
            threshold = checked if isinstance(checked, int) else None
    return name, tool, threshold


def _find_store(payload: Payload, tool: str) -> paths.Store | None:
    override = os.environ.get("OCM_PROJECT_DIR")
    if override and not os.path.isdir(override):
        return None  # named on purpose and gone: no other is meant
    host = HOSTS.get(tool, claude_code)
    try:
        for folder in [override] if override else [*host.folders(payload), os.curdir]:
            store = paths.find_store(folder)
            if store is not None:
                return store
    except FileNotFoundError:
        pass  # the folder that this process is in is gone
    return None


def _read_input() -> bytes:
    """Return what comes on stdin, at most a little over `MAX_PAYLOAD`; the rest is read so that the host can end."""
    chunks = []
    size = 0
    while chunk := os.read(0, 1 << 20):
        if size <= MAX_PAYLOAD:
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)


def _payload(data: bytes) -> tuple[Payload, str]:
    """Return the payload, and why it cannot be used, if so."""
    try:
        if len(data) > MAX_PAYLOAD:
            from ocm import partial

            return partial.head(data), ""
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}, "the payload is not JSON"
    return (found, "") if isinstance(found, dict) else ({}, "the payload is not an object")


def _log(stores: list[paths.Store], arguments: list[str], why: str) -> None:
    """Add one line to the bounded log of the store; where there is none, there is nobody to tell."""
    if not stores:
        return
    path = os.path.join(stores[0].path, "hook.log")
    about = _clean(f"{' '.join(arguments)[:100]}: {why[:500]}")
    line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {' '.join(about.split())}\n"
    try:
        if os.path.exists(path) and os.path.getsize(path) > MAX_LOG:
            os.replace(path, path + ".old")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError:
        pass  # a log that cannot be written must not break the host either


def _leave(answer: bytes) -> None:
    """Print the answer and end at once: tearing the interpreter down takes a sixth of a hook's time."""
    try:
        while answer:
            answer = answer[os.write(1, answer) :]
    except OSError:
        pass  # the host has gone away
    if "coverage" not in sys.modules:
        os._exit(0)  # pragma: no cover - nothing could be measured any more
