"""The conversation that `ocm demo` replays: a small repository, and what the model does in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bench import CHECKPOINT
from .scripted_api import Call, Play, Reply, Request, call, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from .bench import Bench

PROMPT = (
    "Shop pages show items as out of stock whenever the warehouse API hiccups. "
    "Find out why, fix it, and cover it with a test."
)

CLIENT = '''"""Talks to the warehouse API."""

import json
from urllib.request import urlopen

BASE_URL = "https://warehouse.example.org"
ATTEMPTS = 3


def fetch(path, opener=urlopen):
    """Return the JSON document at a path of the API."""
    for _ in range(ATTEMPTS):
        try:
            with opener(f"{BASE_URL}{path}", timeout=5) as response:
                return json.load(response)
        except OSError:
            continue
    return {}
'''

STOCK = '''"""What is on the shelves."""

from inventory.client import fetch


def quantity(sku, fetch=fetch):
    """Return how many pieces of an article are in stock."""
    return fetch(f"/stock/{sku}").get("quantity", 0)


def is_available(sku, wanted=1, fetch=fetch):
    """Say whether that many pieces can be sold."""
    return quantity(sku, fetch) >= wanted
'''

TESTS = """from inventory.stock import is_available, quantity


def test_quantity():
    assert quantity("A-1", fetch=lambda path: {"quantity": 7}) == 7


def test_is_available():
    assert is_available("A-1", wanted=7, fetch=lambda path: {"quantity": 7})
    assert not is_available("A-1", wanted=8, fetch=lambda path: {"quantity": 7})
"""

FILES = {
    "README.md": "# inventory\n\nStock levels for the shop, read from the warehouse API.\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
    "pyproject.toml": (
        '[project]\nname = "inventory"\nversion = "0.4.0"\n\n[tool.pytest.ini_options]\npythonpath = ["src"]\n'
    ),
    "src/inventory/__init__.py": '"""Stock levels for the shop."""\n',
    "src/inventory/client.py": CLIENT,
    "src/inventory/stock.py": STOCK,
    "tests/test_stock.py": TESTS,
}

POLICY = '''import json
import time
from dataclasses import dataclass
from urllib.request import urlopen

BASE_URL = "https://warehouse.example.org"


class WarehouseUnavailable(Exception):
    """The warehouse did not answer, however often it was asked."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often to ask again, and how long to wait before."""

    attempts: int = 3
    first_delay: float = 0.2
    longest_delay: float = 2.0

    def delays(self):
        """Yield the pause before each further attempt, doubling up to the longest."""
        for number in range(self.attempts):
            yield min(self.first_delay * 2**number, self.longest_delay)
'''

OLD_HEAD = """import json
from urllib.request import urlopen

BASE_URL = "https://warehouse.example.org"
ATTEMPTS = 3
"""

OLD_FETCH = CLIENT[CLIENT.index("def fetch") :]

NEW_FETCH = '''def fetch(path, opener=urlopen, policy=RetryPolicy(), sleep=time.sleep):
    """Return the JSON document at a path of the API."""
    for delay in [*policy.delays(), None]:
        try:
            with opener(f"{BASE_URL}{path}", timeout=5) as response:
                return json.load(response)
        except OSError as error:
            if delay is None:
                raise WarehouseUnavailable(path) from error
            sleep(delay)
'''

RETRY_TESTS = """import io

import pytest

from inventory.client import RetryPolicy, WarehouseUnavailable, fetch


def flaky(failures):
    answers = [OSError("timed out")] * failures + [io.BytesIO(b'{"quantity": 7}')]
    asked = []

    def opener(url, timeout):
        asked.append(url)
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    return opener, asked


def test_a_hiccup_is_retried_after_a_growing_pause():
    opener, _ = flaky(failures=2)
    pauses = []
    assert fetch("/stock/A-1", opener, sleep=pauses.append) == {"quantity": 7}
    assert pauses == [0.2, 0.4]


def test_an_outage_is_an_error_and_not_an_empty_shelf():
    opener, asked = flaky(failures=9)
    with pytest.raises(WarehouseUnavailable):
        fetch("/stock/A-1", opener, sleep=lambda pause: None)
    assert len(asked) == 3


def test_pauses_have_a_limit():
    assert max(RetryPolicy(attempts=9).delays()) == 2.0
"""

FIRST_CHECKPOINT = {
    "title": "Warehouse hiccups no longer look like empty shelves",
    "slug": "warehouse-retry-policy",
    "goal": "A warehouse outage must be an error the shop can show, never a quantity of 0.",
    "work_completed": [
        "Found the cause: `fetch()` swallows the third OSError and returns `{}`, which `quantity()` reads as 0",
        "Added `RetryPolicy` and `WarehouseUnavailable` to `src/inventory/client.py`; `fetch()` backs off and raises",
    ],
    "decisions": [
        (
            "**Raise `WarehouseUnavailable` instead of returning `{}`:** a caller cannot tell an empty answer from an "
            "empty shelf, and the shop must not refuse orders it could fill."
        ),
        "**Own `RetryPolicy`, not the tenacity package:** twelve lines, no new dependency in the shop's image.",
    ],
    "problems": ["The old retry loop had no pause: all three attempts were over within a millisecond of an outage"],
    "work_pending": [
        "Test the retries and the outage",
        "Show 'stock unknown' on the shop page when `WarehouseUnavailable` is raised",
    ],
}

LAST_CHECKPOINT = {
    "work_completed": ["Test the retries and the outage"],
    "problems": [
        (
            "`delays()` was off by one: 3 attempts asked the warehouse 4 times; the outage test caught it. "
            "There is one pause fewer than there are attempts."
        )
    ],
    "work_pending": ["Show 'stock unknown' on the shop page when `WarehouseUnavailable` is raised"],
    "references": [
        {
            "url": "https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/",
            "title": "Exponential backoff and jitter",
        }
    ],
    "tags": ["warehouse", "retry"],
    "trigger": "git_commit",
}

MESSAGE = "Retry the warehouse with backoff; an outage is an error"
COMMIT = f'git add -A src tests && git commit -qm "{MESSAGE}" && git log -1 --oneline'


def conversation(bench: Bench) -> Callable[[Request], Play]:
    """Return the script of the model."""
    client, retry_tests = "src/inventory/client.py", str(bench.project / "tests/test_retry.py")
    write_tests = call("Write", file_path=retry_tests, content=RETRY_TESTS)
    run_tests = call("Bash", command="python -m pytest -q", description="Run the tests")

    def play(_first: Request) -> Play:
        both = [bench.read(client).calls[0], bench.read("src/inventory/stock.py").calls[0]]
        yield Reply("I will look at the client and at who calls it.", tuple(both))
        yield talk("The tests pass, so none of them covers a failing warehouse.", run_tests.calls[0])
        yield bench.edit(client, OLD_HEAD, POLICY)
        yield bench.edit(client, OLD_FETCH, NEW_FETCH)
        request = yield talk("Now the test for it.", write_tests.calls[0])
        assert CHECKPOINT in request.error
        yield call("ToolSearch", query=f"select:{CHECKPOINT}")
        assert not (yield call(CHECKPOINT, **FIRST_CHECKPOINT)).error
        assert not (yield write_tests).error
        assert "1 failed" in (yield run_tests).error
        yield bench.edit(client, "range(self.attempts)", "range(self.attempts - 1)")
        assert "5 passed" in (yield run_tests).new_text
        yield call("Bash", command=COMMIT, description="Commit")
        assert not (yield call(CHECKPOINT, **LAST_CHECKPOINT)).error
        yield say(
            "An outage now raises `WarehouseUnavailable` after three attempts with growing pauses; tests cover it."
        )

    return play


def talk(text: str, made: Call) -> Reply:
    """Make a reply that says something and calls a tool."""
    return Reply(text, (made,))
