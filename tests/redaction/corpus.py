"""The strings that the redaction is measured with: secrets to find, and innocents to leave alone."""

import glob
import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass

from ocm.redaction.token_patterns import may_need_redaction
from tests.redaction.frozen import FROZEN
from tests.redaction.patterns import made
from tests.redaction.published import FIXED, FORMS, GITLEAKS

INNOCENTS = os.path.join(os.path.dirname(__file__), "innocents.txt")
_RUN = 6
_FILES = ("http", "urllib", "email", "json", "asyncio", "logging", "importlib", "xml", "sqlite3", "ctypes", "unittest")


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret to find, and the text that it stands in."""

    half: str
    kind: str
    text: str
    secret: str

    def is_left(self, redacted: str) -> bool:
        """Tell whether six characters in a row of what makes the secret one are still there."""
        heart = self.secret[len(self.secret) // 3 :]
        runs = (heart[at : at + _RUN] for at in range(max(1, len(heart) - _RUN + 1)))
        return any(run in redacted for run in runs)


def secrets() -> Iterator[Secret]:
    """Return all secrets of both halves."""
    for number, (kind, _, text, pattern) in enumerate(FROZEN):
        secret = made(pattern, f"frozen {number}")
        yield Secret("frozen", kind, text.format(secret), secret)
    for number, (rule, word, pattern) in enumerate(GITLEAKS):
        secret = made(pattern, f"published {number}")
        text = FORMS[number % len(FORMS)].format(i=word, I=word.upper(), s=secret)
        yield Secret("published", rule, text, secret)
    for number, (rule, text, pattern) in enumerate(FIXED):
        secret = made(pattern, f"fixed {number}")
        yield Secret("published", rule, text.format(secret), secret)


def innocents() -> list[str]:
    """Return the lines of lock files, logs, code and prose that hold no secret."""
    with open(INNOCENTS, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if line and not line.startswith("# ")]


def library_lines() -> list[str]:
    """Return the lines of Python's own library that a rule looks at: those that hold a word such as `password`."""
    root = sysconfig.get_paths()["stdlib"]
    paths = sorted(
        os.path.join(folder, name)
        for part in ("", *_FILES)
        for folder, _, names in os.walk(os.path.join(root, part))
        for name in names
        if name.endswith(".py") and (part or folder == root)
    )
    lines: dict[str, None] = {}
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines.update(dict.fromkeys(line.strip() for line in file if may_need_redaction(line)))
    return list(lines)


def recorded_lines() -> list[str]:
    """Return what installers noted of every installed file: its path, its hash and its size, as lock files have them."""
    pattern = os.path.join(sysconfig.get_paths()["purelib"], "*.dist-info", "RECORD")
    lines: dict[str, None] = {}
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8") as file:
            lines.update(dict.fromkeys(file.read().splitlines()))
    return list(lines)
