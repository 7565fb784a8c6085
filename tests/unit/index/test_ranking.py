"""What is left out of a ranking changes no answer."""

import random
from typing import Any

import pytest

from ocm.index import access, ranking
from ocm.index.queries import Filters, Index
from ocm.index.query_terms import Query, query
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

COMMON, USUAL, RARE = ("lib", "py", "module"), ("parser", "reader", "socket", "缓存"), ("wombat", "zanzibar", "x1")
SESSIONS = 120


def _text(chosen: random.Random) -> str:
    words = [word for word in COMMON if chosen.random() < 0.9]
    words += [word for word in USUAL for _ in range(chosen.choice((0,) * 9 + (1, 3)))]
    words += [word for word in RARE if chosen.random() < 0.06]
    words += chosen.choices(("filler", "words", "parserlike", "socketlike"), k=chosen.randrange(1, 30))
    chosen.shuffle(words)
    return " ".join(words)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = make_store(tmp_path_factory.mktemp("ranking"))
    chosen = random.Random("ranking")  # noqa: S311 - nothing is secret here
    for n in range(SESSIONS):
        values: dict[str, Any] = {"title": _text(chosen)} if n % 7 == 0 else {}
        updated = f"2026-03-{n % 28 + 1:02}T12:00:00+00:00"
        texts: dict[str, Any] = {
            "goal": _text(chosen),
            "decisions": [_text(chosen)],
            "tool": ("cursor", "codex")[n % 2],
        }
        put(made, f"{n}.md", session(f"id-{n}", updated_at=updated, **texts, **values))
    put(made, "unreadable.md", "no front matter")
    return made


def _asked(text: str) -> Query:
    return query(text, lambda _: {})


def _questions() -> list[str]:
    chosen = random.Random("questions")  # noqa: S311 - nothing is secret here
    every = [*COMMON, *USUAL, *RARE, "nowhere", "the", "readers"]
    return [" ".join(chosen.choices(every, k=chosen.randrange(1, 7))) for _ in range(60)]


def _plain(cache: Index, text: str, limit: int, filters: Filters, patch: pytest.MonkeyPatch) -> dict[int, float]:
    with patch.context() as still:
        still.setattr(ranking, "SMALL", SESSIONS)
        return ranking.scores(cache, _asked(text), filters, limit)


def _best(scores: dict[int, float], limit: int) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


FILTERS = [Filters(), Filters(tool="cursor"), Filters(since=1_772_800_000.0, tool="codex"), Filters(tool="nothing")]


@pytest.mark.parametrize("pool", [3, 10, 100])
@pytest.mark.parametrize("filters", FILTERS)
def test_leaving_out_changes_no_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, pool: int, filters: Filters
) -> None:
    monkeypatch.setattr(ranking, "SMALL", 0)
    monkeypatch.setattr(ranking, "POOL", pool)

    def compare(cache: Index) -> None:
        for text in _questions():
            limit = min(pool, 5)
            mine = _best(ranking.scores(cache, _asked(text), filters, limit), limit)
            plain = _best(_plain(cache, text, limit, filters, monkeypatch), limit)
            assert [score for _, score in mine] == pytest.approx([score for _, score in plain], abs=1e-4), text
            clear = [row for row, score in plain if plain and score > plain[-1][1] + 1e-4]
            assert set(clear) <= {row for row, _ in mine}, text

    access.read(store, compare)


def _expressions(store: Store, monkeypatch: pytest.MonkeyPatch, text: str, pool: int) -> list[tuple[str, str]]:
    """Return what is ranked for a question, and among what."""
    monkeypatch.setattr(ranking, "SMALL", 0)
    monkeypatch.setattr(ranking, "POOL", pool)
    asked: list[tuple[str, str]] = []
    real = Index.rank

    def rank(self: Index, expression: str, filters: Filters, limit: int, among: str = "") -> list[tuple[int, float]]:
        asked.append((expression, among))
        return real(self, expression, filters, limit, among)

    with monkeypatch.context() as patch:
        patch.setattr(Index, "rank", rank)
        access.read(store, lambda cache: ranking.scores(cache, _asked(text), Filters(), 1))
    return asked


def test_common_words_are_not_scored_beside_rare_ones(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _expressions(store, monkeypatch, "lib py zanzibar", 3)
    assert asked == [
        ('"zanzibar"*', ""),
        ('NEAR("py" "zanzibar", 8) OR NEAR("lib" "zanzibar", 8)', ""),
        ('"lib py" OR "py zanzibar"', ""),
    ]


def test_sessions_that_have_only_the_least_telling_words_are_not_scored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    expression, among = _expressions(store, monkeypatch, "parser socket zanzibar", 2)[0]
    assert sorted(expression.split(" OR ")) == ['"parser"*', '"socket"*', '"zanzibar"*']
    assert among.startswith('"zanzibar"*')
    assert among != expression


def test_common_words_alone_are_scored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _expressions(store, monkeypatch, "lib py", 3)[0] == ('"lib" OR "py"', "")
    assert search.search(store, "lib py")


def test_when_too_few_share_a_rare_word_common_ones_fill_the_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "SMALL", 0)
    put(store, "alone.md", session("alone", goal="quokka"))
    hits = search.search(store, "lib quokka", limit=9)
    assert hits[0]["session_id"] == "alone"
    assert len(hits) == 9


def test_nothing_is_asked_for_or_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "SMALL", 0)
    assert search.search(store, "lib zanzibar", limit=0) == []
    assert search.search(store, "nowhere") == []
    assert search.search(store, "?!") == []


def _words(*idfs: float) -> list[ranking._Word]:
    return [ranking._Word(f"w{n}", f"w{n}", 10, idf) for n, idf in enumerate(idfs)]


@pytest.mark.parametrize(
    ("idfs", "least", "expected"),
    [
        ([], 1.0, ""),
        ([3.0], 1.0, ""),
        ([3.0], 7.0, ""),
        ([3.0, 2.0], 4.0, ""),
        ([3.0, 1.0], 4.0, "w0"),
        ([3.0, 1.0], 7.0, "(w0 AND (w1))"),
        ([1.0, 1.0, 1.0], 3.0, "(w0 AND (w1 OR w2)) OR (w1 AND (w2))"),
        ([3.0, 1.0, 1.0], 4.0, "w0 OR (w1 AND (w2))"),
        ([1.0, 1.0], 0.0, ""),
    ],
)
def test_who_can_reach_a_score(idfs: list[float], least: float, expected: str) -> None:
    assert ranking._among(_words(*idfs), least) == expected


def test_a_guess_passes_over_words_too_rare_to_fill_the_pool() -> None:
    words = [ranking._Word("a", "a", 1, 6.0), ranking._Word("b", "b", 200, 2.0), ranking._Word("c", "c", 300, 1.0)]
    assert ranking._guessed(words, 100) == pytest.approx(2.4)
    assert ranking._guessed(words, 1000) == 0
    assert ranking._guessed([], 1) == 0


def test_a_wrong_guess_costs_time_and_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    guess = {"value": 0.0}
    monkeypatch.setattr(ranking, "_guessed", lambda *_: guess["value"])
    for value in (0.001, 1.0, 5.0, 1000.0):
        guess["value"] = value
        test_leaving_out_changes_no_answer(store, monkeypatch, 3, Filters())
