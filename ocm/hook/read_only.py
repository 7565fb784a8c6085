"""Decide whether a shell command certainly changes nothing, so that the gate lets searching and reading go on.

A command passes only when bash, dash, zsh, fish and busybox sh all read it as simple commands of a known list. What any
of them could read as something else is held back: the answer is no wherever it cannot be certain.
"""

from ocm.hook.read_only_git import git
from ocm.hook.read_only_programs import reads
from ocm.hook.read_only_words import Reader, UnsureError, names

MAX_LENGTH = 20_000  # characters; nobody reads by a longer command

# What makes a line void or another where it is typed, so that the next one no longer stands in the quotes it opened.
_TYPED = ("\n^", "[[ ", "[[\t", "[[\n")
_POWERSHELL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_./\\:*,='\"|")
_CMDLETS = names(
    "get-content gc cat type get-childitem gci dir ls select-string sls get-item gi test-path resolve-path"
    " get-location gl pwd measure-object measure select-object select sort-object get-process get-date write-"
    " output echo"
)
_PARAMETERS = names(
    "-path -literalpath -pattern -recurse -filter -include -exclude -name -file -directory -force -depth"
    " -tail -totalcount -head -first -last -skip -raw -encoding -simplematch -casesensitive -context -list"
    " -quiet -allmatches -property -line -word -character -expandproperty -unique -descending -format -hidden"
    " -notmatch -pathtype"
)


def only_reads(command: str, shell: str = "Bash") -> bool:
    """Return whether a shell command certainly changes nothing."""
    if len(command) > MAX_LENGTH or not command.replace("\n", "").replace("\t", "").isprintable():
        return False
    if "\n" in command and any(mark in command for mark in _TYPED):
        return False
    try:
        if shell == "PowerShell":
            return all(_cmdlet_reads(part.split()) for part in command.split("|")) and _POWERSHELL.issuperset(command)
        return shell == "Bash" and _passes(command)
    except (UnsureError, RecursionError):  # a thousand times `time` in a row is nobody's search
        return False


def _passes(command: str) -> bool:
    reader = Reader(command)
    return _all_read(reader) and (not reader.differs or _all_read(Reader(command, fish=True)))


def _all_read(reader: Reader) -> bool:
    commands = reader.commands()
    return bool(commands) and all(map(reads, commands))


def _cmdlet_reads(words: "list[str]") -> bool:
    """Return whether a command of PowerShell reads; what is quoted is looked at as if it were not."""
    words = [word.strip("'\"") for word in words]
    if words[:1] == ["git"]:
        return git(words[1:]) and all(mark not in word for word in words for mark in "'\"\\*,")
    lower = [word.lower() for word in words]
    return bool(lower) and lower[0] in _CMDLETS and all(word[:1] != "-" or word in _PARAMETERS for word in lower)
