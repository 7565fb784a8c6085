"""What is to be done and what was done, as numbers that can be compared, however the deed is worded. Pure.

"Write the tests", "Wrote the tests." and "[done] write tests" are one deed; the same deed for something else is not.
Without patterns, and light, because a hook compares the subjects of commits.
"""

import functools
import zlib

DONE, PART, SUPERSEDES, SOLVES = "done", "part", "supersedes", "solves"  # how an item ends another
_EDGES = " \t*_`\"'\u201c\u201d\u2018\u2019:.,;!?()[]{}<>\u2014\u2013-\u2022\u2713\u2714\u2705"
_FILLERS = frozenset({"a", "an", "the", "up"})
_MARKS = frozenset({"done", "finished", "completed", "x"})
_DOUBTS = frozenset({"not", "partly", "partially", "half", "except", "started", "begun", "almost", "without", "never"})
_CUTS = (" (", ":", ";", ",", " - ", " \u2013 ", " \u2014 ", ". ")
_MOST = 40  # words of a deed; what is longer is an account
_LEAST = 3  # words by which a part of a sentence is known
_VERBS = 4_096  # as many first words are kept as a large store has
# The pasts of verbs that no rule makes.
_IRREGULAR = {
    "begin": "began begun", "bind": "bound", "break": "broke broken", "bring": "brought", "build": "built",
    "buy": "bought", "catch": "caught", "choose": "chose chosen", "come": "came", "do": "did", "draw": "drew drawn",
    "drive": "drove driven", "find": "found", "freeze": "froze frozen", "get": "got gotten", "give": "gave given",
    "go": "went", "grow": "grew grown", "hide": "hid hidden", "hold": "held", "keep": "kept", "know": "knew",
    "lead": "led", "leave": "left", "lend": "lent", "lose": "lost", "make": "made", "meet": "met",
    "override": "overrode overridden", "rebuild": "rebuilt", "redo": "redid redone", "rerun": "reran",
    "rewrite": "rewrote rewritten", "rise": "rose", "run": "ran", "say": "said", "seek": "sought", "sell": "sold",
    "send": "sent", "shake": "shook", "show": "showed shown", "shrink": "shrank shrunk", "spin": "spun",
    "stick": "stuck", "sweep": "swept", "take": "took taken", "teach": "taught", "tear": "tore torn", "tell": "told",
    "think": "thought", "throw": "threw thrown", "understand": "understood", "undo": "undid undone", "wake": "woke",
    "win": "won", "wind": "wound", "withdraw": "withdrew", "write": "wrote written",
}  # fmt: skip
_PAST = {past: verb for verb, all_pasts in _IRREGULAR.items() for past in all_pasts.split()}
_ENDINGS = ("ing", "ed", "es", "s")


def words(text: str) -> tuple[str, ...]:
    """Return the words by which a deed is known: without marks, fillers and inflection of its verb."""
    pieces = text.casefold().split()
    found = [word for piece in pieces if (word := piece.strip(_EDGES)) and word not in _FILLERS]
    found = found or [word for piece in pieces if (word := piece.strip(_EDGES))]
    while found and found[0] in _MARKS:
        del found[0]
    while found and found[-1] in _MARKS:
        del found[-1]
    return (stem(found[0]), *found[1:]) if found else ()


@functools.lru_cache(_VERBS)
def stem(verb: str) -> str:
    """Return what the forms of an English verb have in common; of any other word something that only it has."""
    verb = _PAST.get(verb, verb)
    while cut := _shorter(verb):
        verb = cut
    return verb


def _shorter(verb: str) -> str:
    """Return a verb without its last ending, doubled letter or silent letter; empty when it has none."""
    for ending in _ENDINGS:
        if verb.endswith(ending) and len(verb) > len(ending) + 2:
            return verb.removesuffix(ending)
    if len(verb) > 2 and (verb[-1] == verb[-2] or verb[-1] in "ei"):  # noqa: PLR2004 - what is left has to say something
        return verb[:-1]
    return verb[:-1] + "i" if len(verb) > 2 and verb[-1] == "y" else ""  # noqa: PLR2004 - the same


def key(how: str, said: tuple[str, ...]) -> int:
    """Return the number that stands for some words and how they end an item; 0, which ends nothing, for no words.

    47 bits, because six bytes are what the cache keeps of each: of a million, two are alike once in 280 stores.
    """
    if not said:
        return 0
    data = "\0".join((how, *said)).encode("utf-8", "replace")
    return (zlib.crc32(data) << 15) ^ (zlib.crc32(data[::-1]) >> 17)


def ended_by(text: str) -> tuple[int, int, int]:
    """Return the numbers any of which, if a later item has it, says that what is to be done here was done."""
    whole = words(text)
    plain = words(_without_brackets(text))
    shorter = key(DONE, plain) if plain != whole and len(plain) >= _LEAST else 0
    return key(DONE, whole), key(PART, whole), shorter


def ends(text: str, whole: tuple[str, ...]) -> set[int]:
    """Return the numbers that a finished deed has: of its words, and of what it says before it goes into details."""
    found = {key(DONE, whole)} if len(whole) <= _MOST else set()
    if _DOUBTS.isdisjoint(whole):
        for head in {text.partition(cut)[0] for cut in _CUTS if cut in text}:
            if head.count(" ") + 1 >= _LEAST and len(part := words(head)) >= _LEAST:
                found.add(key(PART, part))
    found.discard(0)
    return found


def _without_brackets(text: str) -> str:
    before, bracket, after = text.partition(" (")
    return before + after.partition(")")[2] if bracket else text
