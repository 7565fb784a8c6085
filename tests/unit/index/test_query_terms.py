"""Words in every writing system: whatever form they were written in, and whatever form they are asked for in."""

from __future__ import annotations

import unicodedata
from itertools import product
from typing import Literal

import pytest

from ocm.base.model import WorkEntry
from ocm.index.file_format import normal, words_in
from ocm.index.query_terms import MAX_WORDS, query, signs
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.cached_store import found
from tests.support.session_store import put, session

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
# A word of each script, another one, and whether words stand side by side without a space.
SCRIPTS = {
    "Latin": ("größe", "façade", False), "Vietnamese": ("đường", "phố", False), "Cyrillic": ("йогурт", "ёлка", False),
    "Ukrainian": ("їжак", "ґанок", False), "Greek": ("άνθρωπος", "θάλασσα", False), "Armenian": ("բարեւ", "աշխարհ", False),
    "Georgian": ("გამარჯობა", "სამყარო", False), "Hebrew": ("שָׁלוֹם", "עוֹלָם", False), "Arabic": ("مُحَمَّد", "كِتَاب", False),
    "Syriac": ("ܫܠܡܐ", "ܥܠܡܐ", False), "Thaana": ("ދިވެހި", "ރާއްޖެ", False), "Devanagari": ("हिन्दी", "नमस्ते", False),
    "Bengali": ("বাংলা", "পৃথিবী", False), "Gurmukhi": ("ਪੰਜਾਬੀ", "ਦੁਨੀਆ", False), "Gujarati": ("ગુજરાતી", "દુનિયા", False),
    "Oriya": ("ଓଡ଼ିଆ", "ପୃଥିବୀ", False), "Tamil": ("தமிழ்", "உலகம்", False), "Telugu": ("తెలుగు", "ప్రపంచం", False),
    "Kannada": ("ಕನ್ನಡ", "ಪ್ರಪಂಚ", False), "Malayalam": ("മലയാളം", "ലോകം", False), "Sinhala": ("සිංහල", "ලෝකය", False),
    "Tibetan": ("བོད་ཡིག", "འཛམ་གླིང", False), "Ethiopic": ("ሰላም", "ዓለም", False), "Cherokee": ("ᏣᎳᎩ", "ᎡᎶᎯ", False),
    "Mongolian": ("ᠮᠣᠩᠭᠣᠯ", "ᠳᠡᠯᠡᠬᠡᠢ", False), "Thai": ("ภาษาไทย", "ทำงาน", True), "Lao": ("ພາສາລາວ", "ເຮັດວຽກ", True),
    "Khmer": ("ភាសាខ្មែរ", "ធ្វើការ", True), "Myanmar": ("မြန်မာ", "အလုပ်", True), "Javanese": ("ꦧꦱꦗꦮ", "ꦏꦂꦪ", True),
    "Balinese": ("ᬩᬲᬩᬮᬶ", "ᬓᬃᬬ", True), "Han": ("数据库", "登录错误", True), "Extension B": ("𠀀𠀁𠀂", "𠮷野家", True),
    "Hiragana": ("がんばる", "ぱそこん", True), "Katakana": ("データベース", "ガギグ", True), "Halfwidth": ("ﾃﾞｰﾀ", "ｶﾞｷﾞ", True),
    "Bopomofo": ("ㄅㄆㄇ", "ㄉㄊㄋ", True), "Hangul": ("한국어", "데이터", True), "Yi": ("ꆈꌠꁱꂷ", "ꋀꉂ", True), "Tai Le": ("ᥖᥭᥰ", "ᥘᥫᥴ", True),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_word_is_found_in_whatever_form_it_was_written_and_is_asked_for(store: Store, script: str) -> None:
    word, other, unspaced = SCRIPTS[script]
    between = "" if unspaced else " "
    for n, form in enumerate(FORMS):
        text = unicodedata.normalize(form, between.join((other, word, other)))
        put(store, f"{form}.md", session(form, goal=text, updated_at=f"2026-03-0{n + 1}T00:00:00+00:00"))
    put(store, "none.md", session("none", goal="nothing of the kind"))
    for form in FORMS:
        assert sorted(found(store, unicodedata.normalize(form, word))) == sorted(FORMS), form


@pytest.mark.parametrize("script", [name for name, (_, _, unspaced) in SCRIPTS.items() if not unspaced])
def test_a_word_is_cut_at_no_mark(store: Store, script: str) -> None:
    word, other, _ = SCRIPTS[script]
    put(store, "a.md", session("a", goal=word))
    put(store, "b.md", session("b", goal=other))
    assert found(store, word) == ["a"]
    if script != "Tibetan":  # whose syllables are divided by a sign
        assert len(words_in(normal(word))) == 1


@pytest.mark.parametrize("script", [name for name, (_, _, unspaced) in SCRIPTS.items() if unspaced])
def test_a_word_of_another_script_is_not_found_in_text_without_spaces(store: Store, script: str) -> None:
    word, other, _ = SCRIPTS[script]
    put(store, "a.md", session("a", goal=other * 2))
    assert found(store, word) == []


def test_what_people_leave_out_when_they_ask_is_left_out_of_the_index_too(store: Store) -> None:
    pairs = {"ανθρωπος": "άνθρωπος", "елка": "ёлка", "שלום": "שָׁלוֹם", "محمد": "مُحَمَّد", "grosse facade": "große façade"}
    for n, text in enumerate(pairs.values()):
        put(store, f"{n}.md", session(str(n), goal=text))
    for n, asked in enumerate(pairs):
        assert found(store, asked) == ([str(n)] if asked != "grosse facade" else ["4"])


@pytest.mark.parametrize("asked", ["C++", "C#", "F#", ".NET", "c++", "🚀", "⚠️", "✅", "1️⃣ 🎉"])
def test_names_with_signs_and_emoji_are_told_apart(store: Store, asked: str) -> None:
    texts = [
        "a C++ parser",
        "a C# parser",
        "an F# parser",
        "a .NET parser",
        "net and c and f",
        "🚀 off",
        "⚠️ risk",
        "done✅",
        "🎉!",
    ]
    for n, text in enumerate(texts):
        put(store, f"{n}.md", session(str(n), title=text))
    best, *_ = search.search(store, asked)
    assert asked.rsplit(maxsplit=1)[-1][0].lower() in best["title"].lower()
    assert "**" in best["snippet"]
    assert best["title"] != "net and c and f"


def test_signs_are_words_only_where_they_belong_to_a_name() -> None:
    assert signs("#include a# b 1++ x+++ ... e.g. a.b ─ 🚀") == [("a#", "asharp"), ("🚀", "sign1f680")]
    assert signs(".gitignore in /.env") == [(".gitignore", "dotgitignore"), (".env", "dotenv")]


def spelled(number: int) -> str:
    return "word" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def test_of_a_long_question_the_rarest_words_count_wherever_they_stand() -> None:
    text = " ".join(map(spelled, range(400)))
    counts = {spelled(399): 1, spelled(200): 2, spelled(7): 0}
    asked = query(text, lambda _: {}, lambda word: counts.get(word, 100))
    assert spelled(399) == asked.words[-1]
    assert spelled(200) in asked.words
    assert spelled(7) not in asked.words
    assert len(asked.words) == MAX_WORDS
    assert f"{spelled(45)} {spelled(200)}" not in asked.pairs
    assert query(text, lambda _: {}).words == tuple(map(spelled, range(MAX_WORDS)))


def test_the_last_line_of_a_long_traceback_finds_its_session(store: Store) -> None:
    lines = [spelled(n) for n in range(90)]
    for n in range(20):
        put(store, f"{n}.md", session(str(n), goal=" ".join(lines)))
    put(store, "it.md", session("it", decisions=["**Lock:** WombatLockError was raised by the frobnicator"]))
    assert found(store, f"{' '.join(lines)}\nWombatLockError: the frobnicator")[0] == "it"


def test_of_a_long_text_without_spaces_the_rarest_pairs_count() -> None:
    run = "".join(chr(0x4E00 + n) for n in range(300))
    end = run[-3:]
    asked = query(run, lambda _: {}, lambda pair: 1 if pair in {end[:2], end[1:]} else 50)
    assert end in asked.runs
    assert len(asked.terms) <= MAX_WORDS + 1
    assert query(run[:20], lambda _: {}).runs == (run[:20],)


@pytest.mark.parametrize(("form", "word"), list(product(FORMS, ["がぎぐ", "άνθρωπος", "한국어"])))
def test_what_was_found_is_marked_in_the_snippet(store: Store, form: Form, word: str) -> None:
    put(store, "a.md", session("a", title="t", goal=unicodedata.normalize(form, f"x {word} y")))
    (hit,) = search.search(store, word)
    assert "**" in hit["snippet"]


def test_dates_and_hours_of_checkpoints_are_no_hits_and_their_commits_are(store: Store) -> None:
    work = [
        WorkEntry("2026-03-03 12:00 · a3f1c99 · git_commit", ["an item"]),
        WorkEntry("Evening of day 12", ["another"]),
    ]
    put(store, "a.md", session("a", work=work))
    put(store, "b.md", session("b", work=work[:1]))
    assert found(store, "2026") == found(store, "00") == found(store, "git_commit") == []
    assert (sorted(found(store, "a3f1c99")), found(store, "evening 12")) == (["a", "b"], ["a"])
