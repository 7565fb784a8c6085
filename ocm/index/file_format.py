"""What a hook may load of the cache: what is needed to open it, to know its rows, and to ask for a word."""

import functools
import os
import re
import zlib

APPLICATION_ID = 0x6F636D6A  # "ocmj"
VERSION = 8  # to be raised whenever a column or `ident` is made in another way: the cache is then rebuilt
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
_WORD = re.compile(r"[^\W_]+")
# Marks and signs that nobody types into a question: accents that stand alone, points of Hebrew, of Arabic and its
# tatweel, joiners, soft hyphens, what chooses between two looks of a character, and the box of a keycap.
_UNWRITTEN = (
    (0xAD, 0xAD), (0x300, 0x36F), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7),
    (0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E8), (0x6EA, 0x6ED),
    (0x200B, 0x200F), (0x20D0, 0x20F0), (0x2060, 0x2060), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip
_GREEK = ((0x370, 0x3FF), (0x1F00, 0x1FFF))
_URI_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:")


def address(path: str, mode: str) -> str:
    """Return the URI under which SQLite opens a file."""
    data = os.fsencode(path.replace("\\", "/") if os.name == "nt" else path)
    quoted_path = "".join(chr(byte) if byte in _URI_SAFE else f"%{byte:02X}" for byte in data)
    return f"file://{'/' * (os.name == 'nt')}{quoted_path}?mode={mode}"


def joined(items: list[str]) -> str:
    """Return the items of a list as the text of a column, which `split` takes apart again."""
    return ITEM.join(map(held, items))


def held(item: str) -> str:
    """Return an item as a column holds it: without what stands between two of them."""
    return item.replace("\x1e", " ").replace("\x1d", " ")


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
    return '"' + lowered(normal(text)).replace('"', '""') + '"'


def normal(text: str) -> str:
    """Return the one form in which text is indexed and asked for, however its writer's keyboard composes characters.

    Accents of Greek, points of Hebrew and of Arabic go, because most people leave them out.
    """
    if text.isascii():
        return text
    from unicodedata import normalize

    return normalize("NFKC", text).translate(_folds())


def lowered(text: str) -> str:
    """Return a text in small letters, where the tokenizer does not do that itself: it knows only older scripts."""
    return text if text.isascii() else text.lower()


@functools.cache
def _folds() -> dict[int, str | None]:
    """Return what becomes of characters that are the same letter to who searches: another one, or nothing."""
    from unicodedata import normalize

    folds: dict[int, str | None] = {code: None for first, last in _UNWRITTEN for code in range(first, last + 1)}
    greek = (code for first, last in _GREEK for code in range(first, last + 1))
    folds |= {code: base for code in greek if (base := normalize("NFD", chr(code))[0]) != chr(code)}
    return folds | {0x3C2: chr(0x3C3), 0x451: chr(0x435), 0x401: chr(0x415)}  # the last sigma of a word, and yo


def words_in(text: str) -> list[str]:
    """Return the words of a text in its normal form as the index sees them: letters, digits, and the marks on them."""
    marks = "" if text.isascii() else "".join(sorted(char for char in set(text) if _is_mark(char)))
    return (re.compile(rf"(?:[^\W_]|[{marks}])+") if marks else _WORD).findall(text)


def _is_mark(char: str) -> bool:
    from unicodedata import category

    return category(char)[0] == "M"
