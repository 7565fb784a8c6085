"""The words that sessions have, and for a word that none has the nearest one that some have."""

import sqlite3
from collections.abc import Iterable
from itertools import filterfalse, islice

from ocm.index.file_format import quoted
from ocm.index.query_terms import one_edit_away
from ocm.index.schema import TOKENIZER

_REPAIRED = range(5, 33)  # letters of a word that may be mistyped: the edits of a longer one are too many to try
_MOST_REPAIRED = 3  # words of a question: each takes as long as a search for one


class Vocabulary:
    """The words of one cache, as its tokenizer makes them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Look at `db` when asked."""
        self._db = db
        self._made: set[str] = set()

    def repairs(self, words: Iterable[str]) -> dict[str, str]:
        """Return the first few of these words that no session has, each with what is most likely meant."""
        can_be = (word for word in words if len(word) in _REPAIRED and word.isascii() and word.isalpha())
        return {word: self.nearest(word) for word in islice(filterfalse(self.known, can_be), _MOST_REPAIRED)}

    def nearest(self, word: str) -> str:
        """Return the most frequent known word a single edit away from an unknown one, or the word itself."""
        self._begin("vocabulary", "VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'sessions_fts', 'row')")
        self._begin("edits", f"VIRTUAL TABLE temp.edits USING fts5(word, tokenize='{TOKENIZER}')")
        self._begin("edited", "VIRTUAL TABLE temp.edited USING fts5vocab('temp', 'edits', 'row')")
        self._db.execute("DELETE FROM temp.edits")
        self._db.execute("INSERT INTO temp.edits VALUES(?)", (" ".join(one_edit_away(word)),))
        unknown = word[: self.known_letters(word) + 1]
        sql = (  # the tokenizer makes stems of the candidates; CROSS JOIN keeps the small table on the outside
            "SELECT v.term FROM temp.edited e CROSS JOIN temp.vocabulary v ON v.term = e.term"
            " WHERE substr(e.term, 1, ?) <> ? AND e.term <> ? ORDER BY v.doc DESC, v.term DESC LIMIT 1"
        )
        found = self._db.execute(sql, (len(unknown), unknown, word)).fetchone()
        return str(found[0]) if found else word

    def known_letters(self, word: str) -> int:
        """Return with how many letters of a word some known one begins: what begins with one more is known nowhere."""
        self._begin("places", "VIRTUAL TABLE temp.places USING fts5vocab('main', 'sessions_fts', 'instance')")
        sql = "SELECT term FROM temp.places WHERE term >= ? LIMIT 1"
        least, most = 0, len(word)
        while least < most:
            middle = (least + most + 1) // 2
            found = self._db.execute(sql, (word[:middle],)).fetchone()
            if found and str(found[0]).startswith(word[:middle]):
                least = middle
            else:
                most = middle - 1
        return least

    def known(self, word: str) -> bool:
        """Return whether any session has a word that begins so."""
        sql = "SELECT 1 FROM sessions_fts WHERE sessions_fts MATCH ? LIMIT 1"
        # The whole word first: every word that begins so would be put together before the first is told.
        return any(self._db.execute(sql, (quoted(word) + end,)).fetchone() for end in ("", "*"))

    def _begin(self, name: str, what: str) -> None:
        """Make a table of this connection alone, once."""
        if name not in self._made:
            self._db.execute(f"CREATE {what}")
            self._made.add(name)
