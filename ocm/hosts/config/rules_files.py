"""Where a file of instructions leads: a link, one that git wrote out as text, or a line that imports another file."""

import os
import re

from ocm.edit import plain_text
from ocm.hosts.config.targets import Target

_LONGEST = 255  # bytes of a link
_CODE = re.compile(r"`[^`]*`")
_FENCE = re.compile(r"\s*(```|~~~)")


def followed(path: str) -> str:
    """Return the file that a link stands for which git checked out as text (`core.symlinks=false`), else `path`."""
    held = _head(path)
    name = held.decode("utf-8", "surrogateescape")
    if os.path.islink(path) or not held or len(held) > _LONGEST or re.search(r"[\s\0]", name):
        return path
    target = os.path.normpath(os.path.join(os.path.dirname(path), name))
    return target if not os.path.isabs(name) and target != path and os.path.isfile(target) else path


def is_text_for_link(path: str) -> bool:
    """Return whether a file is a link that git checked out as text, so that what reads it gets a name alone."""
    return followed(path) != path


def imports(path: str, name: str) -> bool:
    """Return whether a file of instructions imports the file `name` beside it, as `@NAME` outside of code."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    wanted = re.compile(rf"(?<![\w@/.`])@(?:\./)?{re.escape(name)}(?![\w/-])")
    in_code = False
    for line in lines:
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code and wanted.search(_CODE.sub("", line)):
            return True
    return False


def without_rules(path: str) -> Target:
    """Return the target that is a file in which ocm's rules are not to be, because it imports one that has them."""

    def take(text: str, _before: str) -> str:
        return plain_text.take_block(text)

    return Target(path, "rules", take, take, utf8=False)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST + 1)
    except OSError:
        return b""
