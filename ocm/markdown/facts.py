r"""The fact lines of a session file that say which content its files had: `blob <id> <path>`, one a line.

Pure. A path is escaped so that it stays on its line: backslashes, and line ends as `\n` and `\r`.
"""

import re
from collections.abc import Iterable

_BLOB = re.compile(r"blob ([0-9a-f]{40}|[0-9a-f]{64}) (.+)")
_ESCAPED = re.compile(r"\\([\\nr])")
_MEANT = {"n": "\n", "r": "\r", "\\": "\\"}


def blob(path: str, oid: str) -> str:
    """Return the line which says that `path` had the content `oid`."""
    return f"blob {oid} " + path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def blobs(lines: Iterable[str]) -> dict[str, str]:
    """Return the content of each path that `lines` name; of several for one path the last counts."""
    found = (_BLOB.fullmatch(line) for line in lines)
    return {_ESCAPED.sub(lambda letter: _MEANT[letter[1]], match[2]): match[1] for match in found if match}
