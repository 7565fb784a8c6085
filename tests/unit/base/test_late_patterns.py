"""Patterns that are compiled when they are first asked."""

import re
import subprocess
import sys

import pytest

from ocm.base.late_patterns import _Late, late
from ocm.redaction import (
    disguises,
    names,
    nearby,
    password_hashes,
    private_keys,
    private_text,
    randomness,
    redact,
    tokens,
    values,
)

ROOMS = (
    disguises, names, nearby, password_hashes, private_keys, private_text, randomness, redact, tokens, values,
)  # fmt: skip


def test_it_is_a_pattern_in_all_that_is_asked() -> None:
    one, same = late("(a+)B", re.IGNORECASE), re.compile("(a+)B", re.IGNORECASE)
    assert (one.pattern, one.flags, one.groups) == (same.pattern, same.flags, same.groups)
    assert one.sub("x", "aab AB") == same.sub("x", "aab AB") == "x x"
    assert [found[1] for found in one.finditer("aab AB")] == ["aa", "A"]
    assert one.search("c") is None


def test_a_broken_one_says_so_when_it_is_asked() -> None:
    broken = late("(")
    for _ in range(2):
        with pytest.raises(re.error):
            broken.search("x")


def test_every_pattern_of_the_rules_can_be_compiled() -> None:
    found = [value for room in ROOMS for value in vars(room).values() if isinstance(value, _Late)]
    assert len(found) > 40
    for one in found:
        assert one._made.flags


def test_of_an_ordinary_line_few_patterns_are_compiled() -> None:
    script = (
        "import re\n"
        "made = []\n"
        "compile, re._compile = re._compile, lambda *a: (made.append(a[0]), compile(*a))[1]\n"
        "from ocm.redaction import redact\n"
        "redact.redact('Please fix the flaky test of the proxy, and tell me what it was')\n"
        "print(len(set(made)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 25
