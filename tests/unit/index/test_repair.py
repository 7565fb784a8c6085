"""A word of a question that no session has is taken for the most frequent known one a single edit away."""

import random
import sqlite3
import string

import pytest

from ocm.index import access, sync
from ocm.index.queries import Index
from ocm.index.query_terms import one_edit_away
from ocm.index.schema import TOKENIZER
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

WORDS = [
    "relational",
    "relate",
    "related",
    "workspace",
    "working",
    "worker",
    "formula",
    "formulate",
    "retry",
    "retries",
    "retrying",
    "embedding",
    "embedder",
    "latency",
    "latent",
    "warehouse",
    "house",
    "client",
    "clients",
    "clientele",
    "stocks",
    "stocking",
    "policy",
    "policies",
    "political",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = make_store(tmp_path_factory.mktemp("repair"))
    for n, word in enumerate(WORDS):
        for copy in range(1 + n % 3):
            put(made, f"{n}-{copy}.md", session(f"{n}-{copy}", goal=f"the {word} and {WORDS[n - 5]}"))
    return made


def _slips() -> list[str]:
    """Return every word with an edit anywhere, and with one at its end, where stems are cut."""
    chosen = random.Random("slips")  # noqa: S311 - nothing is secret here
    made = [chosen.choice(sorted(one_edit_away(word))) for word in WORDS for _ in range(8)]
    made += [word[:-1] + letter for word in WORDS for letter in chosen.sample(string.ascii_lowercase, 3)]
    return sorted({word for word in made if len(word) >= 5})


def _compared(cache: Index, word: str) -> str:
    """Return the same with every candidate looked up."""
    db = cache._db
    frequent = dict(db.execute("SELECT term, doc FROM temp.vocabulary").fetchall())
    with sqlite3.connect(":memory:") as stems:
        stems.execute(f"CREATE VIRTUAL TABLE edits USING fts5(word, tokenize='{TOKENIZER}')")
        stems.execute("CREATE VIRTUAL TABLE edited USING fts5vocab('edits', 'row')")
        stems.execute("INSERT INTO edits VALUES(?)", (" ".join(one_edit_away(word)),))
        found = {stem for (stem,) in stems.execute("SELECT term FROM edited") if stem in frequent and stem != word}
    stems.close()
    return max(found, key=lambda stem: (frequent[stem], stem), default=word)


def test_leaving_candidates_out_changes_no_repair(store: Store) -> None:
    def check(cache: Index) -> int:
        unknown = [word for word in _slips() if not cache.vocabulary.known(word)]
        for word in unknown:
            assert cache.vocabulary.nearest(word) == _compared(cache, word), word
        return len(unknown)

    assert access.read(store, check) > 100


@pytest.mark.parametrize(
    ("word", "letters"), [("relationship", 5), ("zebra", 0), ("stock", 5), ("warehose", 6), ("w", 1), ("", 0)]
)
def test_with_how_many_letters_a_known_word_begins(store: Store, word: str, letters: int) -> None:
    assert access.read(store, lambda cache: cache.vocabulary.known_letters(word)) == letters


def test_a_slip_finds_what_is_meant(store: Store) -> None:
    for slip in ("warehuose", "warehose", "warehoause", "qarehouse"):
        assert "warehouse" in search.search(store, slip, limit=1)[0]["goal"]


def test_of_many_unknown_words_the_first_few_are_repaired(store: Store) -> None:
    slips = ["warehuose", "fromula", "latnecy", "policiy", "stokcs"]
    repaired = access.read(store, lambda cache: cache.vocabulary.repairs(["known", "the", *slips, "ähnlich", "a1b2c3"]))
    assert list(repaired) == ["known", *slips[:2]]


def test_what_is_near_nothing_stays(store: Store) -> None:
    assert access.read(store, lambda cache: cache.vocabulary.repairs(["quetzalcoatl"])) == {
        "quetzalcoatl": "quetzalcoatl"
    }
    assert search.search(store, "quetzalcoatl", limit=3) == []


def test_a_store_that_is_filled_at_once_has_its_words_in_one_place(store: Store) -> None:
    sync.rebuild(store)
    with sqlite3.connect(store.database) as db:
        parts = db.execute("SELECT count(DISTINCT segid) FROM sessions_fts_idx").fetchone()
        (collected,) = db.execute("SELECT v FROM sessions_fts_config WHERE k = 'hashsize'").fetchone()
    db.close()
    assert parts == (1,)
    assert collected == 1 << 20, "what is written later must not wait in memory"
