"""What the lines of a journal say: the one home of their fields, for who writes session files and who only asks.

They are built by `journal.event`, which a hook loads at every call; nothing here is loaded for that.

Light, because a hook asks too. A line comes from a file that anything may have written into, so every value is judged.
"""

from ocm.base.limits import FAR_FUTURE
from ocm.store import gate

Event = dict[str, object]
FREE_TEXTS = ("path", "title", "cmd", "words")  # fields that somebody else wrote, so that a secret may be in them
MAX_WORDS = 1_500  # characters of an assistant's closing message that are kept
# which hook wrote which line
_FIRED = {
    "prompt": "user-prompt",
    "ask": "pre-tool-use",
    "deny": "pre-tool-use",
    "release": "pre-tool-use",
    "call": "post-tool-use",
    "sub": "post-tool-use",
    "edit": "file-edited",
    "compact": "pre-compact",
    "stop": "stop",
    "end": "session-end",
}

_EDITS = ("call", "sub", "edit")  # lines that may name an edited file; so may one of old that names no kind


def kind_of(event: Event) -> str:
    """Return the kind of `event`, such as `call`, empty when it has none."""
    return text_of(event, "e")


def of_kind(events: list[Event], kind: str) -> list[Event]:
    """Return those of `events` that are of `kind`."""
    return [event for event in events if event.get("e") == kind]


def may_edit(event: Event) -> bool:
    """Return whether `event` is of a kind that can name an edited file."""
    return event.get("e", "edit") in _EDITS


def edited_path(event: Event) -> str:
    """Return the path of the file that `event` says was edited, empty when it says of none."""
    return text_of(event, "path") if may_edit(event) else ""


def session_of(events: list[Event], default: str) -> str:
    """Return the session id that the first of `events` with one names, else `default`."""
    return next((name for event in events if (name := text_of(event, "session"))), default)


def saw_call(events: list[Event], call_id: str) -> bool:
    """Return whether a hook saw the call `call_id` of one of the journal's own tools coming."""
    return any(event.get("id") == call_id for event in of_kind(events, "ask"))


def is_delegated(events: list[Event], tool: str) -> bool:
    """Return whether `tool`, which starts a sub-agent, was called in this turn and has not come back."""
    for event in reversed(events):
        kind, is_tool = event.get("e"), event.get("tool") == tool
        if kind == "prompt" or (is_tool and kind != "ask"):
            return False
        if is_tool:
            return True
    return False


def is_unsaved(events: list[Event]) -> bool:
    """Return whether something was changed that no checkpoint has in words, and nobody asked for one yet."""
    for event in reversed(events):
        if event.get("e") == "stop" and event.get("asked"):
            return False
        if event.get("m") == 1 or (event.get("e") in ("sub", "edit") and event.get("path")) or event.get("changes"):
            return True
    return False


def last_words(events: list[Event]) -> tuple[str, float]:
    """Return what the assistant said at the end of its last turn, and when; empty where no event has it."""
    for event in reversed(events):
        words = text_of(event, "words").strip() if event.get("e") == "stop" else ""
        if words:
            return words[:MAX_WORDS].strip(), moment(event)
    return "", 0.0


def text_of(event: Event, name: str) -> str:
    """Return the text that `event` has under `name`, empty when it has none; half characters are spelled out."""
    value = event.get(name)
    return _encodable(value.replace("\0", "")) if isinstance(value, str) else ""


def _encodable(text: str) -> str:
    r"""Return a text that a file can hold; the bytes of a name that is no text are spelled `\xff`, as git's are."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a character, which no name has
        return text.encode("utf-8", "backslashreplace").decode()


def texts_of(event: Event, name: str) -> list[str]:
    """Return the texts in the list that `event` has under `name`."""
    value = event.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def counted(events: list[Event]) -> dict[str, int]:
    """Return how many calls there were among `events`, and how often the gate reminded, denied a step and let go."""
    kinds = [event.get("e") for event in events]
    steps = gate.Steps()
    denials = 0
    for event in events:
        if event.get("e") == "deny":
            denials += steps.denied(event.get("t"))
        elif kind_of(event) in gate.BETWEEN_STEPS:
            steps.ended()
    asked = sum(1 for event in events if event.get("e") == "stop" and event.get("asked"))
    return {
        "checkpoints": 0,
        "calls": kinds.count("call"),
        "denials": denials,
        "reminders": kinds.count("remind") + asked,
        "releases": kinds.count("release"),
    }


def moment(event: Event, name: str = "t") -> float:
    """Return the epoch seconds that `event` has under `name`, 0 for what is no time of these centuries."""
    value = event.get(name)
    return float(value) if isinstance(value, int | float) and 0 < value < FAR_FUTURE else 0.0


def hook_event(event: Event) -> str:
    """Return which hook event wrote a journal line, empty for the program's own lines."""
    kind = event.get("e")
    if kind == "open":
        return "session-start" if event.get("source") else ""
    return _FIRED.get(kind, "") if isinstance(kind, str) else ""


def recalled(events: list[Event]) -> set[str]:
    """Return the ids of the sessions that prompts of this conversation were shown already."""
    return {name for event in events for name in texts_of(event, "recall")}
