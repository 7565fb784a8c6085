"""What a hook may load of the cache: what is needed to open it, to know its rows, and to put a word into a question."""

import os
import zlib

APPLICATION_ID = 0x6F636D6A  # "ocmj"
VERSION = 5  # to be raised whenever a column or `ident` is made in another way: the cache is then rebuilt
ITEM, PART = "\x1e\n", "\x1d\n"  # between the items in a column, and between the lists of one
_MARK = (1 << 44) - 1  # half a million of these add up to less than 2 ** 63, the largest integer of SQLite
_FUNCTION_WORDS = (
    "a an the and or but if in on at to for of with by from up about into through during over under between out "
    "off again then than so too very just only is was are were be been being am have has had having do does did "
    "doing will would could should shall may might can must i me my mine we us our ours you your yours he him his "
    "she her hers it its they them their theirs this that these those there here where when what which who whom "
    "whose why how not no nor as also any some such all both each more most other same own s t re ve ll d m don "
    "didn doesn isn wasn aren weren won"
)
STOP = frozenset(_FUNCTION_WORDS.split())
_URI_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:")


def address(path: str, mode: str) -> str:
    """Return the URI under which SQLite opens a file."""
    data = os.fsencode(path.replace("\\", "/") if os.name == "nt" else path)
    quoted_path = "".join(chr(byte) if byte in _URI_SAFE else f"%{byte:02X}" for byte in data)
    return f"file://{'/' * (os.name == 'nt')}{quoted_path}?mode={mode}"


def joined(items: list[str]) -> str:
    """Return the items of a list as the text of a column, which `split` takes apart again."""
    return ITEM.join(item.replace("\x1e", " ").replace("\x1d", " ") for item in items)


def split(text: str) -> list[str]:
    """Return the items that were joined."""
    return text.split(ITEM) if text else []


def stat_hash(name: str, found: os.stat_result) -> int:
    """Return a number that differs when the file may have changed.

    The change time is in it, which nobody can choose: so the rows of a cache that came with a repository vouch for
    nothing. Hashes of integers are the same in every process.

    Raises:
        UnicodeEncodeError: when the name is not text.
    """
    return stat_hash_of(name, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def stat_hash_of(name: str, size: int, written: int, changed: int) -> int:
    """Return the same from what was found: bytes, and nanoseconds."""
    return hash((zlib.crc32(name.encode()), size, written, changed)) & _MARK


def encodable(text: str) -> str:
    """Return `text` with lone surrogates, which no encoding has, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def quoted(text: str) -> str:
    """Return `text` as a string of the query language of FTS5, in which nothing has a meaning."""
    return '"' + text.replace('"', '""') + '"'
