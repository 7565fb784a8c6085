import json
from pathlib import Path

import pytest

from ocm.markdown import parse
from tests.bench.retrieval import planted, related, score, sets, tokens
from tests.bench.retrieval.__main__ import main

RECORDS = [
    {
        "id": f"r{n}",
        "date": f"2026-03-{n + 1:02}",
        "title": f"Part {n} of the wombat parser",
        "sections": {
            "goal": f"goal {n}\r\nsecond",
            "decisions": f"- take {n}\n- leave\n  it",
            "prompts": "# go\n---",
            "work": "",
        },
        "files": [f"src/{n % 5}.py", "src/core.py"],
    }
    for n in range(28)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    questions = [{"qid": f"q{n}", "text": f"part {n} wombat take", "relevant": [f"r{n}"]} for n in range(28)]
    for name, rows in (
        ("records.jsonl", RECORDS),
        ("queries.jsonl", questions),
        ("queries_short.jsonl", questions[:3]),
    ):
        (root / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return root


def test_a_record_becomes_a_session_file_that_holds_all_of_it(tmp_path: Path) -> None:
    store = sets.build(tmp_path, RECORDS[:1])
    (path,) = Path(store.sessions).iterdir()
    session = parse.parse(path.read_text(encoding="utf-8"))
    assert (session.session_id, session.goal, session.decisions) == ("r0", "goal 0\nsecond", ["take 0", "leave\n  it"])
    assert "# go" in session.notes
    assert [change.path for change in session.files] == ["src/0.py", "src/core.py"]


def test_a_set_is_read_with_each_file_of_questions(folder: Path) -> None:
    found = sets.load(folder)
    assert {name: len(asked) for name, asked in found.questions.items()} == {"small": 28, "small_short": 3}


@pytest.mark.parametrize(
    ("ranked", "expected"),
    [(["a"], (1.0, 1.0, 1.0)), (["x", "a"], (0.6309297535714575, 0.0, 1.0)), (["x"], (0, 0, 0)), ([], (0, 0, 0))],
)
def test_a_ranking_is_judged(ranked: list[str], expected: tuple[float, ...]) -> None:
    assert score.judged(ranked, ["a"]) == expected


def test_an_interval_lies_around_the_mean() -> None:
    (found,) = score.intervals([(float(n % 2),) for n in range(100)])
    assert found.mean == 0.5
    assert 0.3 < found.low < 0.5 < found.high < 0.7
    assert str(found).startswith("0.500 [0.")


def test_a_slip_changes_one_word() -> None:
    for number in range(50):
        words = planted.mistyped("fix the parser now", number).split(" ")
        assert words[2] != "parser" or number >= 0
        assert [words[0], words[1], words[3]] == ["fix", "the", "now"]
    assert planted.mistyped("a b", 1) == "a b"


def test_briefs_are_judged_as_sessions_arrive(folder: Path, tmp_path: Path) -> None:
    saved = tokens.measure(sets.load(folder), tmp_path)
    assert len(saved.named) == 7
    assert saved.needed == 1.0
    assert 0 < saved.against_history < 1


def test_the_command_prints_a_table(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "table.md"
    main([str(folder), "--many", "0", "--no-reference", "--out", str(out)])
    assert "small: 28 questions | nDCG@10" in capsys.readouterr().out
    assert "| freshness of 5 hits with 20 files |" in out.read_text(encoding="utf-8")


def test_what_is_related_is_set_against_the_lists_that_anybody_could_make(folder: Path, tmp_path: Path) -> None:
    hits = related.measure(sets.load(folder), tmp_path / "store")
    assert hits.judged == 28 - 20 - 1
    assert {name: hits.share(name) for name in ("related", "same files", "latest", "none")} == {
        "related": 1.0, "same files": 1.0, "latest": 1.0, "none": 0.0,
    }  # fmt: skip
