"""What a shell command line may be called in the journal: its program and subcommand, and nothing else of it."""

import os

UNKNOWN = "sh"
_LONGEST = 2000
_OPERATORS = frozenset(";&|<>()\n\r")
_PREFIXES = frozenset({"sudo", "env", "time", "command", "exec", "nohup"})
# Programs whose name says little without the word behind it.
_HAS_SUBCOMMANDS = frozenset({
    "cargo", "docker", "dotnet", "gh", "git", "go", "kubectl", "make", "npm", "ocm", "pip", "pnpm", "poetry", "uv",
    "yarn",
})  # fmt: skip


def name(command: str) -> str:
    """Return the program of `command` with its subcommand; `sh` where that cannot be told, empty for no command."""
    words = _words(command[:_LONGEST])
    while words and (words[0] in _OPERATORS or words[0] in _PREFIXES or _is_assignment(words[0])):
        if _is_substituted(words.pop(0)):
            return UNKNOWN  # where the value ends is not known, so neither is what comes behind it
    if words[:1] == ["cd"] and "&" in words:
        words = [word for word in words[words.index("&") :] if word != "&"]
    if not words or _is_substituted(words[0]):
        return UNKNOWN if command.strip() else ""
    program = os.path.basename(words[0])[:40]
    second = words[1] if len(words) > 1 and program in _HAS_SUBCOMMANDS else ""
    second = second if second.replace("-", "").isalpha() and not second.startswith("-") else ""
    return f"{program} {second[:20]}".strip()


def _is_assignment(word: str) -> bool:
    return word.partition("=")[0].replace("_", "a").isalnum() and "=" in word


def _is_substituted(word: str) -> bool:
    return "`" in word or "$(" in word


def _words(command: str) -> list[str]:
    """Return the words and operators of a command line, without quotes; a word whose quote stays open is left out."""
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    characters = iter(command)
    for character in characters:
        if character == "\\" and quote != "'":
            word = [*(word or []), next(characters, "")]
        elif quote or character in "'\"":
            word = word or []
            if not quote:
                quote = character
            elif character == quote:
                quote = ""
            else:
                word.append(character)
        elif character in _OPERATORS and (word or [])[-1:] != ["$"]:
            words += [*_whole(word), character]
            word = None
        elif character.isspace():
            words += _whole(word)
            word = None
        else:
            word = [*(word or []), character]
    return words if quote else [*words, *_whole(word)]


def _whole(word: list[str] | None) -> list[str]:
    return [] if word is None else ["".join(word)]
