"""The front matter of a session file: strings only, and a change touches nothing but the value that changed."""

import json
import re
from typing import Any

import yaml

from ocm.base.errors import UnreadableSessionError

FENCE = "---"
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # strings only: 1.10 must not become 1.1
_PLAIN = re.compile(r"[^\W_](?:[\w ./+@,()'&%=!?;*·…—-]|:(?=\S)|(?<=\S)#)*")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_REFERENCE_LINE = re.compile(r"([a-z_]+):[ \t]*(.*)")


def is_fence(line: str) -> bool:
    """Return whether a line opens or closes a front matter; a byte order mark may stand before the first one."""
    return line.removeprefix("\ufeff").rstrip() == FENCE


def end_of(lines: list[str]) -> int:
    """Return which of the lines of a file closes its front matter; 0 where it has none, or one that is not closed."""
    opened = bool(lines) and is_fence(lines[0])
    return next((n for n, line in enumerate(lines) if n and line.rstrip() == FENCE), 0) if opened else 0


def scalar(value: str) -> str:
    """Return `value` as one YAML scalar that reads back as the same string."""
    if _PLAIN.fullmatch(value) and not value.endswith(" "):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def flow(values: list[str]) -> str:
    """Return `values` as one YAML flow sequence."""
    return "[" + ", ".join(v if re.fullmatch(r"[^\W_][\w./+-]*", v) else _quoted(v) for v in values) + "]"


def load(block: str) -> dict[str, Any]:
    """Return the keys of a front matter, every scalar as a string.

    Raises:
        UnreadableSessionError: with the line within the file.
    """
    try:
        found = yaml.load(block, Loader=_LOADER)  # noqa: S506 - it makes strings, lists and dicts only
    except yaml.YAMLError as error:
        found = _reference_keys(block)
        if found is None:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or "it is not YAML"
            raise UnreadableSessionError(
                f"its front matter is not YAML, {why}", line=(mark.line if mark else 0) + 2
            ) from None
    if not isinstance(found, dict):
        raise UnreadableSessionError("its front matter has no keys")
    return found


def replace(block: str, wanted: dict[str, str | list[str]]) -> str:
    """Return `block` with each key of `wanted` set: a text as it is in YAML, or a list of strings.

    All else, comments included, stays as it is.
    """
    nodes = _nodes(block)
    if nodes is None:  # a file of the reference system whose lines are no YAML: they are made some
        others = {key: value for key, value in (_reference_keys(block) or {}).items() if key not in wanted}
        nodes, block = {}, "".join(f"{key}: {scalar(value)}\n" for key, value in others.items())
    edits = [_edit(block, nodes[key], value) for key, value in wanted.items() if key in nodes]
    for start, end, text in sorted(edits, reverse=True):
        block = block[:start] + text + block[end:]
    new = [
        f"{key}: {value if isinstance(value, str) else flow(value)}\n"
        for key, value in wanted.items()
        if key not in nodes
    ]
    if new and block and not block.endswith("\n"):
        block += "\n"
    return block + "".join(new)


def _edit(block: str, node: yaml.Node, value: str | list[str]) -> tuple[int, int, str]:
    """Return which stretch of `block` becomes what, so that `node` says `value`."""
    start, end = node.start_mark.index, node.end_mark.index
    end = start + len(
        block[start:end].rstrip()
    )  # a block value ends where the next token starts: give back the lines between
    if isinstance(value, list) and isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        old = list(dict.fromkeys(item.value for item in node.value if isinstance(item, yaml.ScalarNode) and item.value))
        if value[: len(old)] == old:  # a list of lines, perhaps with comments: go on with it
            behind = block.find("\n", node.value[-1].end_mark.index)
            behind = len(block) if behind < 0 else behind
            indent = " " * node.start_mark.column
            return behind, behind, "".join(f"\n{indent}- {scalar(item)}" for item in value[len(old) :])
    text = value if isinstance(value, str) else flow(value)
    space = {" ": "", "\t": "", "\n": "  "}.get(block[start - 1 : start], " ")  # a list may begin where its key does
    return start, end, space + text


def _quoted(value: str) -> str:
    text = scalar(value)
    return text if text.startswith('"') else json.dumps(value, ensure_ascii=False)


def _nodes(block: str) -> dict[str, yaml.Node] | None:
    """Return the node of each key in `block`, or None where it is not YAML."""
    try:
        root = yaml.compose(block, Loader=_LOADER)
    except yaml.YAMLError:
        return None
    return {key.value: value for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}


def _reference_keys(block: str) -> dict[str, Any] | None:
    """Read the unquoted lines of the reference system, which are not always YAML; None for any other file."""
    keys = {}
    for line in block.split("\n"):
        found = _REFERENCE_LINE.fullmatch(line)
        if found:
            keys[found[1]] = found[2]
        elif line.strip():
            return None
    return None if "ocm" in keys or "session_id" not in keys else keys
