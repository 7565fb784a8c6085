"""What a shell command line may be called in the journal, its program and subcommand, and which plainly only read."""

import os

UNKNOWN = "sh"
_LONGEST = 2000
_LONGEST_NAME = 40
_SHORTEST_PASSWORD = 8
_IN_NAMES = frozenset("._+- ~")
_OPERATORS = frozenset(";&|<>()\n\r")
_PREFIXES = frozenset({"sudo", "env", "time", "command", "exec", "nohup"})
# Programs whose name says little without the word behind it.
_HAS_SUBCOMMANDS = frozenset({
    "cargo", "docker", "dotnet", "gh", "git", "go", "kubectl", "make", "npm", "ocm", "pip", "pnpm", "poetry", "uv",
    "yarn",
})  # fmt: skip
# Programs that only read, each with the options that are known here; `None` stands for any.
_GIT_OPTIONS = frozenset({
    "--oneline", "--stat", "--short", "--cached", "--staged", "--name-only", "--name-status", "--porcelain", "--graph",
    "--all", "--decorate", "-p", "-s", "-sb",
})  # fmt: skip
_READERS: "dict[str, frozenset[str] | None]" = {
    **dict.fromkeys(("cat", "grep", "egrep", "fgrep", "head", "ls", "pwd", "tail", "wc")),
    **{f"git {name}": _GIT_OPTIONS for name in ("diff", "log", "ls-files", "show", "status")},
    "rg": frozenset({"-n", "-i", "-l", "-w", "-F", "-S", "-c", "-ni", "-in", "-g", "-t", "-e", "-A", "-B", "-C"}),
    "find": frozenset({"-name", "-iname", "-path", "-type", "-maxdepth", "-not"}),
    "sed": frozenset({"-n"}),
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_./:,@%+|")
_QUOTABLE = _PLAIN | frozenset("()[]{}<>*?;&#=^")  # what means nothing to any shell between quotes
_SILENT = frozenset({"2>/dev/null", "2>&1"})


def plainly_reads(command: str) -> bool:
    """Return whether a command is one of the plainest that only read; of any other it says nothing.

    It costs next to nothing, and what it says holds in every shell: a few programs, joined by bars at most.
    """
    words = _plain_words(command)
    while words and "|" in words:
        at = words.index("|")
        if not _reads(words[:at]):
            return False
        words = words[at + 1 :]
    return _reads(words)


def _plain_words(command: str) -> list[str]:
    """Return the words of a command in which no shell reads anything but words and bars; nothing for any other."""
    first, *rest = command.split(" ")
    command = " ".join([first, *(word for word in rest if word not in _SILENT)])
    mark = '"' if '"' in command else "'"
    parts = command.split(mark)
    outside, inside = parts[::2], parts[1::2]
    is_closed = len(parts) % 2 == 1 and all(part and _QUOTABLE.issuperset(part) for part in inside)
    if not is_closed or not _PLAIN.issuperset("".join(outside)) or "||" in command:
        return []
    if any(part[-1:] != " " for part in outside[:-1]) or any(part[:1] not in {"", " "} for part in outside[1:]):
        return []  # a word that is quoted in part
    words: list[str] = []
    for at, part in enumerate(parts):
        words += [part] if at % 2 else part.replace("|", " | ").split()
    return words


def _reads(words: list[str]) -> bool:
    """Return whether the words of one simple command are a program that reads, with options that are known here."""
    program = " ".join(words[: 2 if words[:1] == ["git"] else 1])
    known = _READERS.get(program, frozenset())
    numbers = program.startswith("git ")
    options = [word for word in words[1:] if word[:1] == "-" and not (numbers and word[1:].isdigit())]
    if program == "sed":
        lines = "".join(words[2:3]).removesuffix("p").replace(",", "")
        return words[1:2] == ["-n"] and lines.isdigit() and options == ["-n"] and words[2][-1] == "p"
    return program in _READERS and (known is None or known.issuperset(options))


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
    program = os.path.basename(words[0])
    if not _is_program(program) or "=" in words[0] or "@" in words[0]:
        return UNKNOWN
    program = program[:_LONGEST_NAME]
    second = words[1] if len(words) > 1 and program in _HAS_SUBCOMMANDS else ""
    second = second if second.replace("-", "").isalpha() and not second.startswith("-") else ""
    return f"{program} {second[:20]}".strip()


def _is_assignment(word: str) -> bool:
    return word.partition("=")[0].replace("_", "a").isalnum() and "=" in word


def _is_program(name: str) -> bool:
    """Return whether `name` can be that of a program: a password or a value in its place is not written down."""
    signs = {sign for sign in name if not sign.isalnum()}
    if len(signs) == len(set(name)):
        return True  # `[[`, `.`, `!`
    has_digit = any(map(str.isdigit, name))
    if len(name) > _LONGEST_NAME and has_digit:  # of which a part would be kept, and no rule knows half a token
        return False
    is_password = has_digit and name != name.lower() and name != name.upper() and len(name) >= _SHORTEST_PASSWORD
    return signs <= _IN_NAMES and not is_password


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
