"""Where an item can be put or taken out, so that it and what stands around it stay what they are."""

from ocm.markdown.session_file import SessionFile


def gap(file: SessionFile, lines: list[str], at: int) -> list[str]:
    """Return the blank line without which the text at `at` would go on with an item that now stands above it."""
    text = file.body[at] if at < len(file.body) else ""
    may_go_on = bool(text.strip()) and not text.startswith(("#", "```")) and at not in _item_starts(file)
    return [""] if may_go_on and lines and lines[-1].strip() else []


def margin(file: SessionFile, line: int) -> str:
    """Return how far in the item stands that comes next: one put before it, further out, would take it for its own."""
    at = next((n for n in range(line, len(file.body)) if file.body[n].strip()), line)
    text = file.body[at] if at < len(file.body) else ""
    found = text[: len(text) - len(text.lstrip(" "))]
    return found if found and at in _item_starts(file) else ""


def behind_indented(file: SessionFile, line: int) -> int:
    """Return the line from `line` on where a new item can stand without taking indented lines below it for its own."""
    end = line
    starts: set[int] | None = None
    for n in range(line, len(file.body)):
        if file.body[n].strip():
            if not file.body[n].startswith(("  ", "\t", " \t")):
                break
            if starts is None:
                starts = _starts(file)
            if n in starts:
                break
            end = n + 1
    return end


def _starts(file: SessionFile) -> set[int]:
    """Return the lines on which a part, a group or an item begins."""
    groups = {group.start for part in file.parts for group in part.groups}
    return {part.start for part in file.parts} | groups | _item_starts(file)


def _item_starts(file: SessionFile) -> set[int]:
    return {item.start for part in file.parts for group in part.groups for item in group.items}
