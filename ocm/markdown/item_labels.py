"""What an item says by its wording: its label, which earlier ones it ends, what in the code shows it done. Pure.

An item has a label when it begins with one (`**Label:** why`), and says in words which earlier one it replaces:
`Supersedes: Label`, `solves "Label"`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ocm.markdown import task_words

_LABEL = re.compile(r"\s*(?:\*\*|__)(?P<bold>[^*\n]{1,200}?)(?:\*\*|__)|\s*(?P<plain>[^:\n*`]{1,80}?):\s")
_NAMED = (
    r"[:\s]\s*(?:\*\*(?P<bold>[^*\n]+)\*\*|[\"“](?P<quoted>[^\"”\n]+)[\"”]|`(?P<code>[^`\n]+)`|(?P<plain>[^.;)\n]+))"
)
SUPERSEDES = re.compile(r"\bsupersedes" + _NAMED, re.IGNORECASE)
SOLVES = re.compile(r"\b(?:solves|solved|fixes|fixed)" + _NAMED, re.IGNORECASE)
_SOLVED = re.compile(
    r"^\W*(?:solved|fixed)\b|\b(?:fix|solution|solved|fixed)\s*:\s*\S|[(\[](?:solved|fixed)[)\]]", re.IGNORECASE
)
_NOT_SOLVED = re.compile(r"\bnot (?:yet )?(?:solved|fixed)\b|\b(?:unsolved|unfixed)\b", re.IGNORECASE)
_EDGES = " \t*_`\"'“”:.,;()[]"
_CODE = re.compile(r"`([^`\n]{1,200})`")
_PATH = re.compile(r"[\w.@+-]*(?:/[\w.@+-]+)+|[\w@+-][\w.@+-]*\.[A-Za-z]\w{0,5}")
_SYMBOL = re.compile(r"([A-Za-z_$][\w$]{2,}(?:(?:\.|::|->|#)[A-Za-z_$][\w$]*)*)(?:\(\))?")
_ADDING = frozenset(map(task_words.stem, ["add", "write", "create", "implement", "introduce", "define"]))
_REMOVING = frozenset(map(task_words.stem, ["remove", "delete", "drop"]))
_REPAIRING = frozenset(map(task_words.stem, ["fix", "solve", "resolve", "repair"]))
_LEAST_REPAIRED = 2  # a verb and two words: "Fixed tests" names no problem


class Shown(NamedTuple):
    """What in the code shows that an item is done: a name that a file has then, or lacks; without one, the file."""

    adds: bool
    path: str
    symbol: str


def label(text: str) -> str:
    """Return the label that an item begins with, empty when it has none."""
    found = _LABEL.match(text)
    return trimmed(found["bold"] or found["plain"]) if found else ""


def says_solved(text: str) -> bool:
    """Return whether a problem says itself that it is solved."""
    return bool(_SOLVED.search(text)) and not _NOT_SOLVED.search(text)


def is_struck(text: str) -> bool:
    """Return whether a person struck an item through."""
    return text.lstrip().startswith("~~") and text.rstrip().endswith("~~")


def superseded(text: str) -> list[str]:
    """Return the labels, as they are compared, of the decisions that an item says it supersedes."""
    return list(labels(SUPERSEDES, text))


def solved(text: str) -> list[str]:
    """Return the labels, as they are compared, of the problems that an item says it solves."""
    return list(labels(SOLVES, text))


def ended_by_deed(text: str) -> set[int]:
    """Return the numbers of the tasks that a finished deed ends, and of the problem that "Fixed the leak" solves."""
    said = task_words.words(text)
    found = task_words.ends(text, said)
    if said and said[0] in _REPAIRING and len(said) > _LEAST_REPAIRED:
        found.add(task_words.key(task_words.SOLVES, said[1:]))
    return found


def labels(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Return the labels that an item names behind a word, as they are compared."""
    for found in pattern.finditer(text):
        name = next(value for value in found.groupdict().values() if value is not None)
        if name := folded(name):
            yield name


def trimmed(text: str) -> str:
    """Return a label on one line, without the marks around it."""
    return " ".join(text.split()).strip(_EDGES)


def folded(text: str) -> str:
    """Return a label as it is compared."""
    return trimmed(text).casefold()


def shown_by(text: str) -> Shown | None:
    """Return what would show that an item is done; None for one that names no single file which comes or goes."""
    verb = (task_words.words(text) or ("",))[0]
    if verb not in _ADDING | _REMOVING:
        return None
    spans = _CODE.findall(text)
    paths = [span for span in spans if _PATH.fullmatch(span)] or _PATH.findall(_CODE.sub(" ", text))
    symbols = [found[1] for span in spans if span not in paths and (found := _SYMBOL.fullmatch(span))]
    if len(paths) != 1 or len(symbols) > 1:
        return None
    return Shown(verb in _ADDING, paths[0], symbols[0] if symbols else "")
