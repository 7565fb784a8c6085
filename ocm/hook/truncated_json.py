"""Reading the head of a JSON object that is too large to be worth reading whole; loaded only when a hook meets one."""

import json
import re

HEAD = 64 * 1024
_DEEPEST = 100
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s{}\[\],:"]+'
)  # a string that is cut off ends with the text
_CLOSERS = {"{": "}", "[": "]"}


def head(data: bytes) -> dict[str, object]:
    """Return what the first `HEAD` bytes of a JSON object hold whole; values cut off there are left out.

    Raises:
        ValueError: it does not begin like a JSON object.
    """
    text = data[:HEAD].decode("utf-8", "ignore")
    open_brackets: list[str] = []
    end, closers = 0, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == "," and open_brackets:
            end, closers = token.start(), "".join(open_brackets[::-1])
        elif mark in _CLOSERS:
            if len(open_brackets) == _DEEPEST:
                break
            open_brackets.append(_CLOSERS[mark])
            end, closers = token.end(), "".join(open_brackets[::-1])
        elif mark in {"}", "]"} and open_brackets:
            open_brackets.pop()
            end, closers = token.end(), "".join(open_brackets[::-1])
    found = json.loads(text[:end] + closers)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the caller treats both alike
    return found
