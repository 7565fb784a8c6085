"""Unique words: every piece of content carries one, so that what is found says where it came from."""

import re
from collections import Counter

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
_WORD = re.compile(r"q(?:[bdfgklmnprstvz][aeiou]){3}k", re.IGNORECASE)
_STEP = 104_729  # a prime: words of numbers that follow each other look nothing alike

# What a text may look like around its word; each one is a single item, whatever is in it.
_FORMS = (
    "{} works now",
    "{}: `code`, a | pipe and 日本語 🎉",
    "Two lines about {}\nand the second one",
    "{} with a list\n\n- first\n- second",
    "{} in code:\n\n```python\nif a:\n    b()\n```",
    "{}\n\n## Goal\n\nno heading",
    "---\n{}: not: front matter",
    "[x] {} is not ticked",
    "{} at the end of a longer text, " + "which goes on and on, " * 40 + "until here",
    "- - {}",
)


def word(n: int) -> str:
    """Return the word of a number: nine letters that occur nowhere else."""
    rest = (n + 1) * _STEP % len(_SYLLABLES) ** 3
    parts = []
    for _ in range(3):
        rest, digit = divmod(rest, len(_SYLLABLES))
        parts.append(_SYLLABLES[digit])
    return "q" + "".join(parts) + "k"


def text(n: int) -> str:
    """Return a text with the word of `n` in it once."""
    return _FORMS[n * 7 % len(_FORMS)].format(word(n))


def words_in(text: str) -> Counter[str]:
    """Count the words in `text`, whatever their case."""
    return Counter(found.lower() for found in _WORD.findall(text))
