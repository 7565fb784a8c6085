"""Make the table of published forms: `python -m tests.redaction.rule_sets FOLDER`, with a checkout of each set below it.

A rule set says with regular expressions what a token looks like. Taken from each is what ocm needs to find a token fast
and without backtracking: what is fixed in it, and which characters come before and after. What a set names only by a word
nearby has nothing fixed and is left out, as is what no one could tell from a word, an address or a public identifier.
"""

import ast
import itertools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ocm.redaction import published_forms
from ocm.redaction.token_patterns import INNER_TOKENS as OWN_INNER
from ocm.redaction.token_patterns import TOKENS as OWN
from tests.redaction.patterns import made

TABLE = Path(published_forms.__file__)

_parser = re._parser  # type: ignore[attr-defined]
_MOST_BRANCHES = 60
_SHORTEST, _LEAST_RANDOM, _LONGEST_FIXED = 18, 12, 40
SETS = {
    "gitleaks": "gitleaks/gitleaks",
    "trufflehog": "trufflesecurity/trufflehog",
    "secrets-patterns-db": "mazen160/secrets-patterns-db",
    "detect-secrets": "Yelp/detect-secrets",
    "noseyparker": "praetorian-inc/noseyparker",
}
_CLASSES = {
    "[:alnum:]": "A-Za-z0-9",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:xdigit:]": "0-9a-fA-F",
    "[:word:]": r"\w",
}
# Addresses, names and what its owner shows to everybody: fixed, but no secret.
_NO_SECRET = re.compile(
    r"[=/]|^pk[._-]|pub|PUB|^sub-|ramp_id|^cus_|^A(?:GPA|IDA|IPA|NPA|NVA|ROA)$|^API_KEY|https?|www\.|\.com|\.net|\.io|\.org|\.dev|amazonaws|arn:|BEGIN|pk_live|pk_test|pk_prod|pk\.eyJ|^eyJ|client_id|appId|u-s4t2|age1|mailto|"
    r"^oa2-client|^\$|^fb$|^EZ|^G-|^UA-|id=|_?token$|_?key$|secret$|password|username|://|^AIza$|^ssh-|^-----|^Bearer|^Basic|^pub|^si:",
)
_TEXT = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~+/=%:@")


class Row(NamedTuple):
    """One form: its rule, what is fixed, what has to stand before that, and what follows."""

    rule: str
    fixed: str
    before: str
    times: int
    after: str


class Part(NamedTuple):
    """One place of a form: the characters that may stand there, and how many of them."""

    letters: frozenset[str]
    least: int
    most: int

    @property
    def is_fixed(self) -> bool:
        """Return whether only one text can stand here."""
        return len(self.letters) == 1 and self.least == self.most


# --- reading the sets


def _gitleaks(folder: Path) -> Iterator[tuple[str, str]]:
    for rule in tomllib.loads((folder / "config/gitleaks.toml").read_text(encoding="utf-8"))["rules"]:
        if "regex" in rule:
            yield rule["id"], rule["regex"]


def _trufflehog(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("pkg/detectors/**/*.go")):
        if path.name.endswith("_test.go"):
            continue
        for call in re.findall(r"MustCompile\(([^\n]*)\)\n", path.read_text(encoding="utf-8")):
            written = re.findall(r"`([^`]*)`", call)
            name = path.parent.name if len(path.parent.name) > 2 else path.parent.parent.name
            if written and "PrefixRegex" not in call:
                yield name, "".join(written)
            elif written:
                yield from ((name, one) for one in written)


def _patterns_db(folder: Path) -> Iterator[tuple[str, str]]:
    for row in yaml.safe_load((folder / "db/rules-stable.yml").read_text(encoding="utf-8"))["patterns"]:
        yield row["pattern"]["name"], row["pattern"]["regex"]


def _detect_secrets(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("detect_secrets/plugins/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "compile" and node.args:
                written = node.args[0]
                if isinstance(written, ast.Constant) and isinstance(written.value, str):
                    yield path.stem, written.value


def _noseyparker(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("crates/noseyparker/data/default/builtin/rules/*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            yield rule["name"], rule["pattern"]


READERS = {
    "gitleaks": _gitleaks,
    "trufflehog": _trufflehog,
    "secrets-patterns-db": _patterns_db,
    "detect-secrets": _detect_secrets,
    "noseyparker": _noseyparker,
}

# --- from regular expressions to places


def _tree(pattern: str) -> Any:
    """Return a regular expression of Go or Rust as Python reads it; None where it cannot."""
    flags = re.VERBOSE if re.search(r"\(\?[a-z]*x", pattern[:20]) else 0
    for named, letters in _CLASSES.items():
        pattern = pattern.replace(named, letters)
    pattern = (
        re.sub(r"\(\?[imsxU]+\)", "", pattern.strip())
        .replace("(?<", "(?P<")
        .replace("(?P<=", "(?<=")
        .replace("(?P<!", "(?<!")
    )
    try:
        return _parser.parse(pattern.replace(r"\z", r"\Z").replace(r"\x60", "`"), flags)
    except (re.error, OverflowError):
        return None


def _letters(items: Iterable[Any]) -> frozenset[str]:
    found: set[str] = set()
    for kind, value in items:
        name = str(kind)
        if name == "LITERAL":
            found.add(chr(value))
        elif name == "RANGE":
            found |= set(map(chr, range(value[0], min(value[1], 0x7F) + 1)))
        elif name == "CATEGORY" and str(value) == "CATEGORY_WORD":
            found |= {sign for sign in _TEXT if sign.isalnum() or sign == "_"}
        elif name == "CATEGORY" and str(value) == "CATEGORY_DIGIT":
            found |= set("0123456789")
        else:
            found.add(" ")  # whatever it is, no token has it
    return frozenset(found)


def _forms(tree: Any) -> Iterator[list[Part]]:
    """Return every way through a pattern, each a list of places; something that is no place is an empty one."""
    yield from map(list, itertools.islice(_ways(list(tree)), _MOST_BRANCHES))


def _ways(items: list[Any]) -> Iterator[tuple[Part, ...]]:
    if not items:
        yield ()
        return
    first, rest = _of_one(items[0]), items[1:]
    for head in first:
        for tail in _ways(rest):
            yield head + tail


_NOTHING = (Part(frozenset(" "), 1, 1),)


def _of_one(item: Any) -> list[tuple[Part, ...]]:
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return [(Part(frozenset(chr(value)), 1, 1),)]
    if kind == "IN":
        return [(Part(_letters(value), 1, 1),)]
    if kind == "SUBPATTERN":
        return list(itertools.islice(_ways(list(value[3])), _MOST_BRANCHES))
    if kind == "BRANCH":
        return [way for one in value[1] for way in itertools.islice(_ways(list(one)), _MOST_BRANCHES)]
    if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _repeated(value)
    return [()] if kind in {"AT", "ASSERT_NOT"} else [_NOTHING]


def _repeated(value: Any) -> list[tuple[Part, ...]]:
    least, most, inner = int(value[0]), min(int(value[1]), 4000), list(value[2])
    ways = list(itertools.islice(_ways(inner), _MOST_BRANCHES))
    if len(ways) == 1 and len(ways[0]) == 1 and ways[0][0].least == ways[0][0].most == 1:
        return [(Part(ways[0][0].letters, least, most),)]
    if least == most and least <= 4:
        return [tuple(itertools.chain.from_iterable([way] * least)) for way in ways]
    return [*ways, ()] if (least, most) == (0, 1) else [_NOTHING]


# --- from places to rows


def rows_of(name: str, pattern: str) -> Iterator[Row]:
    """Return the rows that a published rule makes."""
    tree = _tree(pattern)
    is_either_case = re.search(r"\(\?[a-z]*i[a-z]*\)", pattern[:20]) is not None
    for form in _forms(tree) if tree is not None else ():
        for run in _runs(_in_either_case(form) if is_either_case else form):
            row = _row(name, run)
            if row:
                yield row


def _in_either_case(form: list[Part]) -> list[Part]:
    """Return the places with both cases of their letters; what is fixed stays as it is written."""
    wide = [frozenset(sign for one in part.letters for sign in (one.lower(), one.upper())) for part in form]
    return [part if part.is_fixed else Part(letters, *part[1:]) for part, letters in zip(form, wide, strict=True)]


def _runs(form: list[Part]) -> Iterator[list[Part]]:
    """Return the parts of a form that can be one token: between places where a blank or a quote may stand."""
    for is_token, parts in itertools.groupby(form, lambda part: part.letters <= _TEXT and bool(part.letters)):
        if is_token:
            yield _joined(parts)


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Return the places with neighbours of the same letters as one."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and last.letters == part.letters and len(part.letters) > 1:
            joined[-1] = Part(part.letters, last.least + part.least, min(last.most + part.most, 4000))
        else:
            joined.append(part)
    return joined


def _row(name: str, run: list[Part]) -> Row | None:
    """Return the row of a token: its first fixed text that tells enough, and what stands around that."""
    at = 0
    while at < len(run):
        end = at
        while end < len(run) and run[end].is_fixed:
            end += 1
        if end == at:
            at += 1
            continue
        fixed = "".join(next(iter(part.letters)) * part.least for part in run[at:end])
        before, after = run[:at], run[end:]
        if _tells(fixed, before, after):
            return Row(_rule(name), fixed, *_before(before), _after(after))
        at = end
    return None


def _tells(fixed: str, before: list[Part], after: list[Part]) -> bool:
    """Return whether a token with this in it is one beyond doubt."""
    random = sum(part.least for part in after if len(part.letters) >= 10)
    around = sum(part.least for part in before if len(part.letters) >= 10)
    if _NO_SECRET.search(fixed) or len(fixed) > _LONGEST_FIXED or random + around < _LEAST_RANDOM:
        return False
    if random + around + len(fixed) < _SHORTEST:
        return False
    if before:
        is_counted = len(before) == 1 and before[0].least == before[0].most >= 8
        return is_counted and len(fixed) >= 4 and not fixed.isdigit()
    has_end = fixed[-1] in "_-.:"
    is_word = fixed.isalpha() and fixed.islower()
    return len(fixed) >= (3 if has_end else 4) and not is_word and any(map(str.isalnum, fixed))


def _before(parts: list[Part]) -> tuple[str, int]:
    return (_class(parts[0].letters), parts[0].least) if parts else ("", 0)


def _after(parts: list[Part]) -> str:
    """Return what follows as a pattern that cannot backtrack: what comes behind an open end joins it."""
    written = ""
    for number, part in enumerate(parts):
        if part.least != part.most:
            rest = parts[number:]
            letters = frozenset().union(*(one.letters for one in rest))
            return written + f"{_class(letters)}{{{sum(one.least for one in rest)},}}"
        text = _one(part.letters)
        written += text if part.least == 1 else f"{text}{{{part.least}}}"
    return written


def _one(letters: frozenset[str]) -> str:
    only = next(iter(letters)) if len(letters) == 1 else ""
    return only if only and (only.isalnum() or only in "-_:/@=~%") else _class(letters)


def _class(letters: frozenset[str]) -> str:
    """Return a class, with a hyphen last, so that nothing in it has to be escaped."""
    named = (
        ("A-Z", _of("A", "Z")),
        ("a-z", _of("a", "z")),
        ("0-9", _of("0", "9")),
        ("a-f", _of("a", "f")),
        ("A-F", _of("A", "F")),
    )
    left, written = set(letters), ""
    for name, known in named:
        if known <= left:
            written += name
            left -= known
    return "[" + written + "".join(sorted(left - {"-"})) + "-" * ("-" in left) + "]"


def _of(first: str, last: str) -> set[str]:
    return set(map(chr, range(ord(first), ord(last) + 1)))


def _rule(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    words = re.sub(
        r"^np-|-(?:v?\d|api|personal|access|secret|token|key|credentials?|id|oauth|user|service|account)(?=-|$)",
        "",
        words,
    )
    return f"{words[:28].strip('-') or 'published'}-token"


# --- the table


def collect(folder: Path) -> tuple[list[Row], list[str]]:
    """Return every row of every set, each form once, and where the sets come from."""
    rows: dict[tuple[str, str, str], Row] = {}
    sources = []
    for name, repository in SETS.items():
        place = folder / repository.replace("/", "+")
        done = subprocess.run(
            ["git", "-C", place, "log", "-1", "--format=%H %cs"], capture_output=True, text=True, check=True
        )
        commit, date = done.stdout.split()
        sources.append(f"{repository} {commit[:12]}, {date}")
        for rule, pattern in READERS[name](place):
            for row in rows_of(rule, pattern):
                rows.setdefault((row.fixed, row.before, row.after), row)
    return sorted(rows.values(), key=lambda row: (row.fixed, row.rule)), sources


def needed(rows: list[Row]) -> list[Row]:
    """Return the rows that say more than those before them and ocm's own, the widest first."""
    chosen: list[Row] = []
    known = [Row(rule, fixed, "", 0, after) for rule, fixed, after in OWN] + [Row(*row) for row in OWN_INNER]
    for row in sorted(rows, key=lambda row: (not row.after.endswith(",}"), len(_sample(row, 0)), row)):
        if not all(_is_found(_sample(row, number), [*known, *chosen]) for number in range(8)):
            chosen.append(row)
    return sorted(chosen, key=lambda row: (bool(row.before), row.fixed, row.after))


def _sample(row: Row, number: int) -> str:
    pattern = f"{row.before}{{{row.times}}}" if row.before else ""
    return made(f"{pattern}{row.fixed}{row.after.replace(',}', '}')}", f"{row.fixed} {number}")


def _is_found(text: str, rows: list[Row]) -> bool:
    """Return whether one of the rows finds a token as a whole."""
    return any(
        row.fixed in text
        and re.fullmatch(
            f"{row.before}{f'{{{row.times}}}' if row.before else ''}{re.escape(row.fixed)}{row.after}", text
        )
        for row in rows
    )


_HEAD = '''"""Forms of tokens, made by `tests/redaction/rule_sets.py` from published rule sets; not to be edited by hand.

Read on {today}: {sources}.
What is found by a row has to look random as well (`tokens.py`).
"""

# (rule, fixed beginning, what follows)
PUBLISHED = (
{plain})
# (rule, fixed middle, the characters before it, how many, what follows)
PUBLISHED_INNER = (
{inner})
'''


def table(rows: list[Row], sources: list[str]) -> str:
    """Return the module with the rows."""
    plain = "".join(f"    {(row.rule, row.fixed, row.after)!r},\n" for row in rows if not row.before)
    inner = "".join(f"    {tuple(row)!r},\n" for row in rows if row.before)
    told = ";\n".join(sources)
    return _HEAD.format(today=date.today().isoformat(), sources=told, plain=plain, inner=inner).replace("'", '"')  # noqa: DTZ011 - a day is enough


def main() -> None:
    """Write the table."""
    rows, sources = collect(Path(sys.argv[1]))
    TABLE.write_text(table(needed(rows), sources), encoding="utf-8")


if __name__ == "__main__":
    main()
