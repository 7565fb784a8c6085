"""Stored text made safe to show: one line, nothing that hides or turns text, and nothing that ends the fence around it.

Pure, and light, because a hook asks for it.
"""

import re

_FENCE = re.compile(r"<\s*/?\s*ocm-notes[^<>]*>", re.IGNORECASE)
_NAME = re.compile("ocm-notes", re.IGNORECASE)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-.*")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def clean_line(text: str) -> str:
    """Return stored text as one line, without anything that could hide or turn other text."""
    return " ".join(_INVISIBLE.sub("", _ANSI.sub("", text)).split())


def short(session_id: str) -> str:
    """Return what is enough to find a session again: the beginning of a random id, and all of any other."""
    return session_id[:8] if _UUID.fullmatch(session_id) else say(session_id)


def say(text: str) -> str:
    """Return stored text as one line that cannot end the fence around it."""
    return _NAME.sub("ocm notes", _FENCE.sub("", clean_line(text))).strip()


def cut(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    part = text[: limit - 1]
    space = part.rfind(" ", limit // 2)
    return (part if text[limit - 1] == " " else part[:space] if space > 0 else part).rstrip() + "…"
