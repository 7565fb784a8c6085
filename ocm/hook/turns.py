"""The beginning and the end of a turn: what a prompt is told of the past, and what the assistant said last."""

from ocm.store import config, events, journal, paths
from ocm.store.events import MAX_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hook.event import Event
    from ocm.hosts.adapter import Reply

_LOOKED_AT = 8_000  # characters at either end of a message that is longer than twice as many
_HEAD = 600  # characters of the beginning of a long message that are kept; the rest is its end
_GAP = "\n[…]\n"


def past(event: "Event", typed: str) -> str:
    """Return what a prompt is told of earlier sessions, and note which, because none is told of twice."""
    from ocm.store import trust

    if event.settings["recall.prompt"] == "off" or not trust.is_trusted(event.store):
        return ""  # nothing of a store from elsewhere is even opened
    from ocm.hook import prompt_recall

    found = prompt_recall.find(event.store, typed, exclude={event.session_id})
    if not found:
        return ""
    new = prompt_recall.news(found, journal.read_events(event.store.path, event.session_id))
    if new:
        event.write(journal.event("told", recall=[match.session_id for match in new]))
    return prompt_recall.message(event.store, new)


def end(event: "Event") -> "Reply":
    """Note the last words of a turn; ask once for a checkpoint when it leaves changes behind that none holds."""
    words = _words(event)
    if event.is_quiet:
        if words:
            event.write(journal.event("stop", words=words))
        return None
    from ocm.hook import messages

    lines = journal.read_events(event.store.path, event.session_id)
    asks = (
        event.settings["gate.mode"] != "off" and event.host.may_block_stop(event.payload) and events.is_unsaved(lines)
    )
    event.write(journal.event("stop", asked=asks or None, words=words))
    return event.host.block_stop(messages.reminder(event.host, event.tally(), event.settings)) if asks else None


def _words(event: "Event") -> str:
    """Return what the assistant said at the end of a turn, as the journal may have it."""
    said = event.host.last_words(event.payload) if event.settings["record.last_words"] == "on" else ""
    if not said:
        return ""
    return kept(said, paths.user_store(), event.store.path)


def kept(said: str, user: str = "", project: str = "") -> str:
    """Return what is kept of a message: all of it, or its beginning and, because it says what is left, its end."""
    from ocm.base.text import cut

    if len(said) > 2 * _LOOKED_AT:
        said = _whole_words(said[:_LOOKED_AT], at_end=True) + _GAP + _whole_words(said[-_LOOKED_AT:], at_end=False)
    clean = _redacted(said, user, project).replace("\r\n", "\n").strip()
    if len(clean) <= MAX_WORDS:
        return clean
    tail = _whole_words(clean[_HEAD + len(_GAP) - MAX_WORDS :], at_end=False)
    return cut(clean[: _HEAD + 1], _HEAD) + _GAP + tail


def _redacted(said: str, user: str, project: str) -> str:
    """Return a message without secrets; what takes long to load is loaded only for one that may hold any."""
    from ocm.redaction import token_patterns

    has_rules = any(name.startswith("redact.") for store in (user, project) for name in config.read(store))
    if not has_rules and not token_patterns.may_need_redaction(said):
        return said
    from ocm.redaction import redact, user_rules

    return redact.redact(said, user_rules.load(user, project))[0]


def _whole_words(text: str, *, at_end: bool) -> str:
    """Return `text` without the word that was cut in two: half a secret would not be recognized as one."""
    words = text.rsplit(None, 1) if at_end else text.split(None, 1)
    return words[0 if at_end else -1] if len(words) > 1 else ""
