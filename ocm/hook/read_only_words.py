"""Split a shell command into the words of its simple commands, where every shell splits it alike, and judge options.

In a word, `UNKNOWN` stands for text that only the shell knows (a variable, a glob). A word that starts with it may turn
out to be an option or several words; `SPLIT` in it says that what comes in may be split or be the name of any file.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN, SPLIT = "\0", "\1"
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_PLAIN = _NAME | frozenset("-./:@%+,")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")
_ENDS = frozenset(" \t\n;|&<>")
_COMMENT = frozenset(" .,:-_/")
_LITERAL = frozenset(("[", "]", "[[", "]]"))
_ABSOLUTE = frozenset(("HOME", "PWD"))


class UnsureError(Exception):
    """The command may do more than read."""


def need(held: object) -> None:
    """Give up on a command for which something does not hold."""
    if not held:
        raise UnsureError


class Reader:
    """Splits a command as every shell does; what two shells would split differently is refused."""

    __slots__ = ("at", "differs", "fish", "joins", "quiet", "text")

    def __init__(self, text: str, *, fish: bool = False) -> None:
        """Start at the beginning of a command; `fish` reads backslashes in quotes as fish does."""
        self.text = text + "\n"  # so that every look at the next character finds one
        self.at = 0
        self.fish = fish
        self.joins = False  # whether another command has to follow
        self.differs = False  # whether fish reads it in another way
        self.quiet = "\n" in text  # an interactive shell looks for history in the second line of a quoted text, too

    def commands(self) -> "list[list[str]]":
        """Return the words of each simple command, whatever joins them."""
        found: list[list[str]] = [[]]
        while self.at < len(self.text):
            self._next(found)
        need(not self.joins)
        return [words for words in found if words]

    def _next(self, found: "list[list[str]]") -> None:
        char = self.text[self.at]
        if char in " \t":
            self.at += 1
        elif char in "\n;|&" and not self.text.startswith("&>", self.at):
            self._separator(char, found)
        elif char in "<>&":
            self._redirect(found[-1])
        elif self.text.startswith("\\\n", self.at) and self.at + 2 < len(self.text):
            self.at += 2
        elif char == "#":
            need(not found[-1])
            self._comment()
        else:
            self._argument(found[-1])
            self.joins = False

    def _separator(self, char: str, found: "list[list[str]]") -> None:
        """Pass over what ends a command. A typed line that is no command at all would lose the quotes it opens."""
        twice = char in "|&" and self.text[self.at + 1] == char
        need(char != "&" or twice)  # a job in the background outlives the call
        need(char == "\n" or found[-1])
        self.joins = self.joins or char in "|&"
        self.at += 1 + twice
        found.append([])

    def _comment(self) -> None:
        """Pass over a line that is harmless where an interactive zsh takes it for a command."""
        end = self.text.index("\n", self.at)
        need(all(char.isalnum() or char in _COMMENT for char in self.text[self.at + 1 : end]))
        self.at = end

    def _argument(self, words: "list[str]") -> None:
        start = self.at
        word = self.word()
        raw = self.text[start : self.at]
        if self.text[self.at] in "<>":
            need(raw[-1] != "}")  # in bash `{PATH}>file` sets a variable
            if raw.isascii() and raw.isdigit():
                need(len(raw) == 1)  # to dash more digits are an argument
                return
        words.append(word)

    def _redirect(self, words: "list[str]") -> None:
        need(words)  # zsh shows a file in a pager, where a redirection stands alone
        text, first = self.text, self.text[self.at]
        self.at += 2 if first == "&" else 1
        if first == "<":
            self._blanks()
            source = self.word()
            need(source and source[0] != UNKNOWN and (source == "/dev/null" or not source.startswith("/dev/")))
        elif first == ">" and text[self.at] == "&":
            self.at += 1
            need(self.word() in {"1", "2"})
        else:
            self.at += text[self.at] == ">"
            self._blanks()
            need(self.word() == "/dev/null")
            if first == "&":  # dash takes it for a job, and a word behind it for the next command
                self._blanks()
                need(text[self.at] in "\n;|&")

    def _blanks(self) -> None:
        while self.text[self.at] == " ":
            self.at += 1

    def word(self) -> str:
        """Read one word, quotes and all."""
        start, parts, depth = self.at, [], 0
        while (char := self.text[self.at]) not in _ENDS:
            handler = _QUOTES.get(char)
            parts.append(handler(self) if handler else self._bare(start))
            if char in "{}" and parts[-1] != "{}":
                depth += 1 if char == "{" else -1
                need(depth >= 0)  # fish reads on over blanks
        need(not depth and self.at > start)
        if self.text[start : self.at] in _LITERAL:
            return self.text[start : self.at]
        word = "".join(parts)
        return UNKNOWN + word if SPLIT in word else word

    def _bare(self, start: int) -> str:
        text, at = self.text, self.at
        while text[self.at] in _PLAIN:
            self.at += 1
        if self.at > at:
            return text[at : self.at]
        self.at += 1
        if text[at] == "{" and text[self.at] == "}":
            self.at += 1
            return "{}"
        return self._special(text[at], text[self.at], first=at == start)

    def _special(self, char: str, after: str, *, first: bool) -> str:
        if char in "*?[]{}":
            return SPLIT if first else UNKNOWN
        if char == "~":
            return "~" if not first else "/" + UNKNOWN if after == "/" or after in _ENDS else UNKNOWN
        if char == "^":
            return SPLIT if first else UNKNOWN  # as `#`, a pattern in zsh, if so set
        if char == "#":
            return SPLIT
        if char == "=":
            need(not first or after in "= \t\n")
        elif char == "!":
            need(after in " \t\n=;")
        else:  # some shells take single bytes of a character for blanks
            need(char.isalnum() and not {0x85, 0xA0} & set(char.encode()))
        return char

    def single(self) -> str:
        """Read what stands in single quotes."""
        text, start = self.text, self.at + 1
        end = text.find("'", start)
        if self.fish:
            while end > 0 and (end - len(text[start:end].rstrip("\\")) - start) % 2:
                end = text.find("'", end + 1)
        need(end > 0)
        self.at = end + 1
        inside = text[start:end]
        self.differs = self.differs or "\\\\" in inside or inside[-1:] == "\\"
        if self.quiet and "!" in inside:
            need(all(part[:1] in {" ", "\t", "\n", "="} for part in inside.split("!")[1:]))
        return inside.replace("\\'", "'").replace("\\\\", "\\") if self.fish else inside

    def double(self) -> str:
        """Read what stands in double quotes."""
        text, parts = self.text, []
        self.at += 1
        while (char := text[self.at]) != '"':
            need(char != "`")
            if char == "$":
                parts.append(self.dollar(quoted=True))
                continue
            if char == "\\":
                self._on()
                char = text[self.at]
                self.differs = self.differs or char == "`"
                char = "" if char == "\n" else char if char in ('$"\\' if self.fish else '$"\\`') else "\\" + char
            elif char == "!":
                need(text[self.at + 1] in " =")
            parts.append(char)
            self._on()
        self.at += 1
        return "".join(parts)

    def escape(self) -> str:
        """Read a backslash outside quotes and what it protects."""
        char = self.text[self.at + 1]
        need(char in _PUNCTUATION)
        self.at += 2
        return char

    def dollar(self, *, quoted: bool = False) -> str:
        """Read a variable that is nothing but looked up."""
        text, at = self.text, self.at + 1
        if text[at] == "?":
            self.at += 2
            return "0"  # a number
        end = at = at + (braced := text[at] == "{")
        while text[end] in _NAME:
            end += 1
        self.at = end + braced
        if end == at:
            need(not braced and (text[at] in '" |)' if quoted else text[at] in " \t\n"))
            return "$"
        need(not braced or text[end] == "}")
        need(text[self.at] != "[" and not text[at].isdigit())  # an index may run a command
        if quoted:
            return ("/" if text[at:end] in _ABSOLUTE else "") + UNKNOWN
        return UNKNOWN + SPLIT

    def _on(self) -> None:
        self.at += 1
        need(self.at < len(self.text) - 1)  # a quote that nobody closes


_QUOTES = {"'": Reader.single, '"': Reader.double, "\\": Reader.escape, "$": Reader.dollar}


# --- options

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
