"""Stored text made safe to show: one line, nothing that hides or turns text, and nothing that ends the fence around it.

Pure, and light, because a hook asks for it.
"""

import re

from ocm.fence import clean_line, marked, unfenced

__all__ = ["clean_line", "cut", "say", "short"]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-.*")


def short(session_id: str) -> str:
    """Return what is enough to find a session again: the beginning of a random id, and all of any other."""
    return session_id[:8] if _UUID.fullmatch(session_id) else say(session_id)


def say(text: str) -> str:
    """Return stored text as one line that cannot end the fence around it."""
    return marked(unfenced(clean_line(text)).strip())


def cut(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    part = text[: limit - 1]
    space = part.rfind(" ", limit // 2)
    return (part if text[limit - 1] == " " else part[:space] if space > 0 else part).rstrip() + "…"
