"""What a line of the journal says: the one home of its fields, for who writes session files and for who only asks.

Light, because a hook asks too. A line comes from a file that anything may have written into, so every value is judged.
"""

from ocm.base.limits import FAR_FUTURE

Event = dict[str, object]
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


def text_of(event: Event, name: str) -> str:
    """Return the text that `event` has under `name`, empty when it has none; half characters are spelled out."""
    value = event.get(name)
    return value.replace("\0", "").encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else ""


def texts_of(event: Event, name: str) -> list[str]:
    """Return the texts in the list that `event` has under `name`."""
    value = event.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def counted(events: list[Event]) -> dict[str, int]:
    """Return how many calls there were among `events`, and how often the gate reminded, denied and let go."""
    kinds = [event.get("e") for event in events]
    asked = sum(1 for event in events if event.get("e") == "stop" and event.get("asked"))
    return {
        "checkpoints": 0,
        "calls": kinds.count("call"),
        "denials": kinds.count("deny"),
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


def told(events: list[Event]) -> set[str]:
    """Return the sessions that a conversation was told of already, as its journal says."""
    lists = (event.get("recall") for event in events)
    return {name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)}
