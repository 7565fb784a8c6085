"""Stored text that looks like a part of a conversation: its tags, told by the words in their names.

Pure, and without a pattern that backtracks.
"""

import re

from ocm.base.late_patterns import late

# The words that parts of a conversation are called by: with one of them among others, a name is that of a part.
_STEMS = (
    "system", "remind", "assist", "human", "develop", "instruct", "prompt", "tool", "function", "invoke",
    "param", "command", "context", "memor", "rule", "polic", "important", "critical", "admin", "messag",
    "conversation", "role", "agent", "model", "think", "reason", "answer", "quer", "task", "environment",
    "attach", "document", "result", "output", "stdout", "stderr", "hook", "persist", "notif", "overrid",
    "secret", "user", "file", "turn", "session", "request", "respons", "note", "cursor", "claude", "openai",
    "copilot", "workspace", "editor", "additional", "custom", "feedback", "permission",
)  # fmt: skip
# Names that are parts of a conversation by themselves, in whatever case and with whatever between their words.
_ROLES = frozenset((
    "system", "assistant", "user", "human", "developer", "tool", "instructions", "instruction", "important",
    "invoke", "parameter", "prompt", "systemprompt", "systemreminder", "reminder", "rules", "policy", "context",
    "thinking", "function", "toolcall", "toolcalls", "toolresult", "tooluse", "functioncall", "functioncalls",
    "functionresults", "endoftext", "imstart", "imend", "bos", "eos", "admin", "override", "memory", "command",
    "persistedoutput", "critical", "inst", "sys", "startofturn", "endofturn", "model", "task", "attention",
    "role", "toolresponse",
))  # fmt: skip
_SIGNS = ("<", "\uff1c", "\u2039", "&lt;", "\\u003c", "%3c", "[")  # without one of these nothing is a tag
_OPEN, _CLOSE = r"(?:<|\uff1c|\u2039|&lt;|\\u003c|%3c)", r"(?:>|\uff1e|\u203a|&gt;|\\u003e|%3e)"
_TAG = late(
    rf"{_OPEN}{{1,2}}(?P<inner>\s{{0,3}}(?P<slash>[/\\]?)\s{{0,3}}[|\uff5c]?(?:[A-Za-z]{{1,12}}:)?"
    r"(?P<name>[A-Za-z][A-Za-z0-9]{0,60}+(?:[ _.:\u2581-][A-Za-z0-9]{1,40}+){0,8}+)"
    rf"(?P<rest>(?![A-Za-z0-9])[^<>\uff1c\uff1e\u203a]{{0,2000}}?)){_CLOSE}{{1,2}}",
    re.IGNORECASE,
)
_CUT_TAG = late(
    r"<(?P<inner>\s{0,3}(?P<slash>/?)\s{0,3}(?P<name>[A-Za-z][A-Za-z_-]{2,40})[^<>\n]{0,200})$", re.MULTILINE
)
_PIPES = late("[<\uff1c][|\uff5c](?P<inner>[^<>\n]{1,80})[|\uff5c][>\uff1e]")
_COMMENT = late(r"<(?P<inner>!--\s{0,9}(?:BEGIN|END)\s[^<>]{0,80}--)>", re.IGNORECASE)
_SQUARE = late(r"\[\s?(?P<inner>/?(?P<name>[A-Za-z][A-Za-z _-]{1,30}))\s?\](?!\()")
_SQUARE_ROLES = _ROLES - {
    "bos",
    "eos",
    "task",
    "model",
    "memory",
    "context",
    "function",
    "command",
    "important",
    "critical",
}
_WORD_BEFORE = re.compile(r"[A-Za-z0-9_)\].]")


def undone(text: str, opening: str, closing: str) -> str:
    """Return `text` with what looks like a tag of a conversation between two marks instead of its own signs."""
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    for pattern, is_one in (
        (_COMMENT, None),
        (_PIPES, None),
        (_TAG, _is_foreign),
        (_CUT_TAG, _is_cut),
        (_SQUARE, _is_loud),
    ):
        if pattern.search(text):
            text = pattern.sub(
                lambda tag, is_one=is_one: (  # type: ignore[misc]
                    f"{opening}{tag['inner'].strip()}{closing}" if is_one is None or is_one(tag) else tag[0]
                ),
                text,
            )
    return text


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _is_foreign(tag: re.Match[str]) -> bool:
    """Return whether a tag is one of a conversation, and neither of a page nor of a type in a program."""
    name, closes = tag["name"], bool(tag["slash"])
    is_type = bool(_WORD_BEFORE.match(tag.string, tag.start() - 1)) if tag.start() else False
    if _plain(name.split(" ")[0]) in _ROLES or _plain(name) in _ROLES:
        return closes or not is_type or "-" in name  # which no type has
    first = name.split(" ")[0]
    has_gap = closes or bool(re.search("[_.:-]", first))
    return has_gap and (closes or not is_type or "-" in first) and any(stem in _plain(first) for stem in _STEMS)


def _is_role(tag: re.Match[str]) -> bool:
    plain = _plain(tag["name"])
    return plain in _ROLES - {"task", "model", "command", "memory", "context", "function"} and not (
        tag.start() and _WORD_BEFORE.match(tag.string, tag.start() - 1)
    )


def _is_cut(tag: re.Match[str]) -> bool:
    """Return whether a tag that is not closed in its line is one of a conversation, and no comparison in a program."""
    starts_line = not tag.string[: tag.start()].rpartition("\n")[2].strip()
    return _is_role(tag) or (("-" in tag["name"] or starts_line) and _is_foreign(tag))


def _is_loud(tag: re.Match[str]) -> bool:
    """Return whether something in square brackets is a role, written as in the templates of models."""
    name = tag["name"].strip()
    is_known = _plain(name) in _SQUARE_ROLES or (
        name.isupper() and "_" in name and any(s in _plain(name) for s in _STEMS)
    )
    return is_known and (
        name.isupper() or tag["inner"].startswith("/") or _plain(name) not in {"user", "tool", "admin"}
    )
