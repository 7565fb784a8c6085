"""The parts of a page: fenced blocks, and parts that are made between two marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "ocm/README.md",
    "ocm/COMMANDS.md",
    "hooks/README.md",
    "rules/README.md",
    "tests/README.md",
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    "CHANGELOG.md",
)
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<kind>[a-z-]*)\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
_MADE = re.compile(r"(?P<begin><!-- made: (?P<name>[a-z-]+) -->\n)(?P<text>.*?)(?P<end><!-- end -->)", re.DOTALL)
# What is another one each time a page is made.
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T _·]+\d\d[:-]\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?)?"), "DATE"),
    (re.compile(r"(?i)\bjust now\b|\b\d+ (?:second|minute)s? ago\b|\btoday(?: at)? \d\d:\d\d\b|\b\d\d:\d\d\b"), "DATE"),
    (re.compile(r"\b(?:[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{7,12}(?!-))\b"), "SHA"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|kB|MB)\b"), "AMOUNT"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r" +$", re.MULTILINE), ""),
    (re.compile(r"-{3,}|─{3,}"), "---"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, its kind and what stands in it."""

    page: str
    kind: str
    text: str


def text(page: str) -> str:
    """Return a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def fenced(page: str) -> Iterator[Block]:
    """Return the fenced blocks of a page that nothing makes, in order."""
    for match in _FENCE.finditer(_MADE.sub("", text(page))):
        yield Block(page, match["kind"], match["text"])


def commands(block: str) -> list[str]:
    """Return the commands of a console block, in order."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def made(page: str) -> dict[str, str]:
    """Return the parts of a page that are made, by name."""
    return {match["name"]: match["text"] for match in _MADE.finditer(text(page))}


def with_made(whole: str, make: Callable[[str], str]) -> str:
    """Return the text of a page with its made parts made anew; one that says the same as before stays as it is."""

    def one(match: re.Match[str]) -> str:
        new = make(match["name"])
        return match["begin"] + (match["text"] if same(new, match["text"]) else new) + match["end"]

    return _MADE.sub(one, whole)


def with_sessions(whole: str, run: Callable[[str], str]) -> str:
    """Return the text of a page with the outputs in its `sh-session` blocks made anew; one that says the same stays as it is."""

    def one(match: re.Match[str]) -> str:
        if match["kind"] != "sh-session":
            return match[0]
        new = "".join(f"$ {command}\n{run(command)}" for command in commands(match["text"]))
        kept = match["text"] if same(new, match["text"]) else new
        return f"{match['fence']}sh-session\n{kept}{match['fence']}"

    return _FENCE.sub(one, whole)


def same(one: str, other: str) -> bool:
    """Tell whether two outputs say the same, but for times, ids, places and how columns are aligned."""
    return steady(one) == steady(other)


def steady(output: str) -> str:
    """Return an output with names for what changes from run to run."""
    for pattern, name in _CHANGING:
        output = pattern.sub(name, output)
    return output.strip()
