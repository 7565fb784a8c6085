"""Compare a program's options with the ones that only read."""

from ocm.hook.read_only_words import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Letters of options, letters of options with a value, long names, how many other words (below 0: any number), and
# whether none of the program's options changes anything, so that a word that only the shell knows may stand anywhere.
Options = tuple[str, str, str, int, bool]


def names(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


def fits(arguments: "list[str]", known: "Options") -> bool:
    """Return whether there is no option but the known ones, and at most so many other words (below 0: any number)."""
    most, wild = known[3:]
    found = 0
    rest = iter(arguments)
    for word in rest:
        if word[:1] == "-" and word not in {"-", "--"}:
            if (found and most >= 0) or not _is_option(word, rest, known):
                return False
        elif word[:1] == UNKNOWN and not wild:
            return False
        else:
            found += 1 + (UNKNOWN in word)
    return most < 0 or found <= most


def _is_option(word: str, rest: "Iterator[str]", known: "Options") -> bool:
    flags, values, long_names, most, wild = known
    if word[:2] == "--":
        return f" {word[2:].partition('=')[0]} " in long_names
    for at, char in enumerate(word[1:], 2):
        if char in values:
            value = word[at:] or next(rest, "")
            return wild or (value[:1] not in {"-", UNKNOWN} and (most < 0 or UNKNOWN not in value))
        if char not in flags:
            return False
    return True


def is_listed(arguments: "list[str]", options: str) -> bool:
    """Return whether every option is one of the list, letter by letter; other words are free.

    A name that ends in `=` needs its value in the same word, so that it cannot take the next option for its value.
    """
    for word in arguments:
        if word[:1] == UNKNOWN:
            return False
        name, equals, _value = word.partition("=")
        if word[:1] == "-" and f" {name} " not in options and (not equals or f" {name}= " not in options):
            return False
    return True
