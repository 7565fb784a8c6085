"""Decide whether a script for awk or sed only reads, in every awk and sed."""

from ocm.hook.read_only_words import UNKNOWN, need


def awk_reads(program: str) -> bool:
    """Return whether a program for awk prints, and nowhere but to its output."""
    if any(part in program for part in ("system", "getline", "extension", "@", "\\\n", UNKNOWN)):
        return False
    said = program.partition("print")[2].replace("||", "")
    return ">" not in said and "|" not in said


def sed_reads(script: str) -> bool:
    """Return whether a script for sed has none but the commands that read and print.

    Raises:
        UnsureError: Seds may not agree on how to read it.
    """
    need(UNKNOWN not in script)
    at = 0
    while (at := _past(script, at, " \t\n;{}")) < len(script):
        at = _past(script, _sed_addresses(script, at), " \t!")
        if script[at : at + 1] == "{":
            continue
        at = _past(script, _sed_command(script, at), " \t")
        need(at == len(script) or script[at] in ";\n}")
    return True


def _past(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _sed_addresses(script: str, at: int) -> int:
    while True:
        if script[at : at + 1] == "/":
            at = _past(script, _sed_part(script, at + 1, "/", regex=True), "I")
        else:
            at = _past(script, at, "0123456789$~+")
        at = _past(script, at, " \t")
        if script[at : at + 1] != ",":
            return at
        at = _past(script, at + 1, " \t")


def _sed_command(script: str, at: int) -> int:
    name, mark = script[at : at + 1], script[at + 1 : at + 2]
    need(name)
    if name in "pdPDnNgGhHxl=zqQ":
        return _past(script, at + 1, "0123456789" if name in "qQ" else "")
    if name in "bt:":
        return _past(script, _past(script, at + 1, " "), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    need(name in "sy" and mark and mark in "/,|#:@!%_~+=")
    at = _sed_part(script, _sed_part(script, at + 2, mark, regex=True), mark)
    return _past(script, at, "gpiI0123456789" if name == "s" else "")


def _sed_part(script: str, at: int, mark: str, *, regex: bool = False) -> int:
    start = at
    while script[at : at + 1] != mark:
        at += 2 if script[at : at + 1] == "\\" else 1
        need(at < len(script))
    need("\n" not in script[start:at])
    if regex:
        need(_closes(script[start:at]))
    return at + 1


def _closes(regex: str) -> bool:
    """Return whether brackets close, so that seds agree on where the expression ends."""
    rest = regex.replace("\\\\", "").replace("\\[", "").replace("\\]", "").rpartition("[")
    if not rest[1]:
        return True
    inside = rest[2]
    if inside[:1] in {":", ".", "="}:
        inside = inside[1:].partition(inside[0] + "]")[2]
        return "]" in inside
    return "]" in inside.removeprefix("^")[1:]
