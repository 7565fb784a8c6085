"""What the hooks say to the model and to the user; loaded only when there is something to say."""

import json

from ocm.base.text import cut
from ocm.hosts.adapter import SERVER
from ocm.redaction import token_patterns
from ocm.store import config, gate
from ocm.store.paths import find_store, read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hook.event import Event
    from ocm.hosts.adapter import Adapter

RELEASED = (
    "ocm: no checkpoint came through after several denials, so the gate lets calls pass for now. "
    "The checkpoint tool seems unreachable; `ocm status` shows where things stand."
)
_SAFE_WORDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-+@,; ")
_MAX_SERVERS = 16 * 1024 * 1024  # bytes of a file with MCP servers
_READ, _TITLE = 4000, 200  # characters of a prompt that are looked at, and that become a title


def broken(argument: str) -> str:
    """Return why a call is held back whose argument no JSON reader would take."""
    return f"ocm: {argument} contains a lone surrogate. Send it as valid Unicode."


def reminder(host: "Adapter", counts: gate.Tally, settings: dict[str, int | str]) -> str:
    """Return what the result of a call carries once a checkpoint is due; shorter to a model that has stored one."""
    held = "every other call is" if settings["gate.deny"] == "all" else "what changes something is"
    then = f"; until then {held} held back" if gate.is_shut(counts, settings) else ""
    if counts.taught:
        return f"ocm: {counts.calls} tool calls since the last checkpoint. Call {tool_of(host)} again{then}."
    return (
        f"ocm: {counts.calls} tool calls since the last checkpoint of this session. Call {tool_of(host)} now "
        "with goal, work_completed, work_pending, work_summary, decisions and problems, as far as there is something "
        f"to say{then}."
    )


def denial(event: "Event", *, taught: bool) -> str:
    """Return why a call is held back, with the call to make, filled with what the journal knows.

    To a model that was `taught`, because it has stored a checkpoint, it is not explained again.
    """
    from ocm.hook import ready_call

    host, session_id, store = event.host, event.session_id, event.store
    everything = event.settings["gate.deny"] == "all"
    ready = ready_call.arguments(store, session_id)
    named = {} if host.can_change_calls else {"session_id": session_id}
    call = json.dumps({**named, **ready}, ensure_ascii=False)
    due = f"ocm: a checkpoint is due before anything else is {'done' if everything else 'changed'}."
    if taught:
        return f"{due} Send this, better in your own words: {tool_of(host)} {call}. Then repeat the call."
    here = find_store(event.cwd)
    project = "" if here and here.path == store.path else f" --project {_quoted(store.root)}"
    goal = f" --goal {_quoted(_plain(str(ready['goal'])))}" if "goal" in ready else ""
    summary = _quoted(_plain("; ".join(ready["work_summary"])))
    tool = tool_of(host)
    return (
        f"{due} Send this, better in your own words, with work_completed, work_pending, decisions and problems: "
        f"{tool} {call}{host.loading_hint.format(tool=tool)}. Without that tool, this shell command does the same: "
        f"ocm checkpoint --session-id {_quoted(session_id)}{project}{goal} --summary {summary}. "
        f"Then repeat the call{'' if everything else '; reading and searching are free'}."
    )


def short_denial(host: "Adapter") -> str:
    """Return why a call is held back that follows on one which was told all of it."""
    return f"ocm: held back, too, until {tool_of(host)} is called; then repeat this call."


def tool_of(host: "Adapter") -> str:
    """Return how the model calls the checkpoint tool: a plugin's, unless the same server is set up beside it."""
    plugins = host.plugin_tool()
    if plugins and not any(_has_server(*place) for place in host.server_places()):
        return plugins
    return host.checkpoint_tool


def _has_server(path: str, *names: str) -> bool:
    """Return whether a file of settings names ocm's server, in the object that these names lead to."""
    try:
        found = json.loads(read_regular(path, _MAX_SERVERS, follow=True))
    except (OSError, ValueError, RecursionError):
        return False
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return isinstance(found, dict) and SERVER in found


def title(typed: str, *stores: str) -> str:
    """Return what the user typed as one redacted line of at most 200 characters."""
    head = typed[:_READ]
    if len(typed) > _READ:
        head = _without_last_token(head) or head
    has_rules = any(name.startswith("redact.") for store in stores for name in config.read(store))
    if has_rules or token_patterns.may_need_redaction(head):
        from ocm.redaction import redact, user_rules

        head = redact.redact(head, user_rules.load(*stores) if stores else user_rules.NONE)[0]
    return cut(" ".join(head.split()), _TITLE)


def _without_last_token(text: str) -> str:
    """Return `text` without the unspaced ASCII at its end: half a secret would not be recognized as one."""
    end = len(text)
    while end and text[end - 1].isascii() and not text[end - 1].isspace():
        end -= 1
    return text[:end]


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"


def _plain(words: str) -> str:
    """Return `words` with nothing in them that a shell could read in its own way."""
    return "".join(letter if letter in _SAFE_WORDS else "?" for letter in words)
