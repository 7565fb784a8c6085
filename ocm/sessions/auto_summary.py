"""What a journal reveals of the work by itself: commands that failed and then passed, tests that ran, commits made.

Pure. It is what a session is found by whose assistant never saved in words, so a machine checkpoint adds it.
"""

from ocm.store.events import Event, kind_of, text_of

_TESTS = frozenset({
    "ava", "bats", "behave", "busted", "cargo test", "cargo nextest", "ctest", "cypress", "deno test", "dotnet test",
    "go test", "jest", "karma", "make check", "make test", "mocha", "npm test", "nox", "phpunit", "playwright",
    "pnpm test", "poetry run", "pytest", "py.test", "rspec", "swift test", "tox", "vitest", "yarn test",
})  # fmt: skip
_MOST = 20


def items(events: list[Event], commits: list[str]) -> list[str]:
    """Return what `events` (of one journal, in order) and `commits` (id and subject) come to, a sentence each."""
    runs: dict[str, list[bool]] = {}
    for event in events:
        command = text_of(event, "cmd")
        if command and kind_of(event) in {"call", "sub"}:
            runs.setdefault(command, []).append(not event.get("failed"))
    sentences = [sentence for command, passed in runs.items() if (sentence := _sentence(command, passed))]
    return [*sentences[:_MOST], *(f"Committed {commit}" for commit in commits[:_MOST])]


def _sentence(command: str, passed: list[bool]) -> str:
    if passed[-1] and not all(passed):
        return f"`{command}` failed, then passed"
    if command not in _TESTS:
        return ""
    return f"Tests run: `{command}` {'passed' if passed[-1] else 'failed'}"
