import pytest

from ocm.markdown import task_words


def finishes(done: str, todo: str) -> bool:
    return not task_words.ends(done, task_words.words(done)).isdisjoint(task_words.ended_by(todo))


@pytest.mark.parametrize(
    ("todo", "done"),
    [
        ("Write the tests", "Wrote the tests."),
        ("Add a timeout to the proxy", "added timeout to the proxy"),
        ("Make the size configurable", "[done] **Made** the size configurable"),
        ("Split the long function", "Split up the long function"),
        ("Embed the fonts", "Embedded the fonts"),
        ("Copy the fixtures", "Copying the fixtures - done"),
        ("Tune the batch size (32 now, 64 wanted)", "Tuned the batch size"),
        ("Tune the batch size", "Tuned the batch size: 64 is best"),
        ("Add a limit to the queue", "Added a limit to the queue, with tests"),
        ("キューを直す", "キューを直す"),
        ("Release", "Release"),
    ],
)
def test_a_deed_is_known_however_it_is_worded(todo: str, done: str) -> None:
    assert finishes(done, todo)


@pytest.mark.parametrize(
    ("todo", "done"),
    [
        ("Write the tests of the proxy", "Wrote the tests of the queue"),
        ("Remove the flag from the proxy", "Renamed the flag from the proxy"),
        ("Write tests (unit)", "Wrote tests (integration)"),
        ("Add a limit to the queue", "Added a limit to the queue, but not on Windows"),
        ("Add tests", "Add tests: unit"),
        ("Add a limit to the queue and measure it", "Added a limit to the queue"),
        ("", ""),
    ],
)
def test_another_deed_is_another(todo: str, done: str) -> None:
    assert not finishes(done, todo)


def test_every_irregular_past_is_that_of_its_verb() -> None:
    for verb, pasts in task_words._IRREGULAR.items():
        assert {task_words.stem(past) for past in pasts.split()} == {task_words.stem(verb)}


def test_a_number_stands_for_the_way_and_the_words() -> None:
    one = task_words.key(task_words.DONE, ("write", "tests"))
    assert 0 < one < 1 << 47
    assert one != task_words.key(task_words.PART, ("write", "tests"))
    assert one != task_words.key(task_words.DONE, ("writ", "etests"))
    assert task_words.key(task_words.DONE, ()) == 0
