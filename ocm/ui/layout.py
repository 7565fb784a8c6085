"""Each answer the way it is wanted: laid out where somebody looks at a terminal, in stable plain lines elsewhere."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from ocm.ui import output
from ocm.ui.output import Row


def is_watched() -> bool:
    """Return whether stdout is a terminal."""
    try:
        return sys.stdout.isatty()
    except (ValueError, AttributeError):  # closed, or none
        return False


def laid_out(view: str, *given: Any) -> bool:  # noqa: ANN401 - what the view takes
    """Show what `view` (`module.function`) makes of what is given; False where there is no terminal."""
    if not is_watched():
        return False
    from ocm.ui import pager, terminal

    at = terminal.current_screen()
    if at is None:
        return False
    module, _, name = view.partition(".")
    pager.show(at, list(getattr(importlib.import_module(f"ocm.ui.{module}"), name)(at, *given)))
    return True


def sessions(rows: Sequence[Row]) -> None:
    """Print sessions as a list."""
    if not laid_out("list_view.sessions", rows):
        output.sessions(rows)


def hits(rows: Sequence[Row]) -> None:
    """Print search hits."""
    if not laid_out("list_view.hits", rows):
        output.hits(rows)


def said(rows: Sequence[Row]) -> None:
    """Print what was said."""
    if not laid_out("list_view.said", rows):
        output.said(rows)


def timeline(entries: Sequence[Row]) -> None:
    """Print what was done when."""
    if not laid_out("list_view.timeline", entries):
        output.timeline(entries)


def status(found: Row) -> None:
    """Print where things stand."""
    if not laid_out("list_view.status", found):
        output.status(found)


def stats(found: Row) -> None:
    """Print figures."""
    if not laid_out("stats_view.stats", found):
        _plain_stats(found)


def _plain_stats(found: Row) -> None:
    from ocm.ui import stats_view

    for name in ("sessions", "checkpoints", "decisions", "problems", "files"):
        output.say(f"{name:<12}{found[name]}")
    for group in ("by_tool", "by_branch"):
        for name, counts in found[group].items():
            output.say(
                f"{group:<12}{name or 'none'}: " + ", ".join(f"{count} {what}" for what, count in counts.items())
            )
    for name, words in stats_view.sentences(found) if found["sessions"] else ():
        output.say(f"{name:<12}{words}")


def overview(found: Row) -> None:
    """Print where one stands."""
    if not laid_out("list_view.overview", found):
        from ocm.ui import list_view, terminal

        for line in list_view.overview(terminal.Screen(terminal.ENDLESS), found):
            output.say("".join(text for text, _ in line).replace(terminal.HELD, " ").rstrip())


def session(found: Row, lines: list[str], outcome: list[str]) -> None:
    """Print one session: its file, and what came of it."""
    if not laid_out("session_view.session", found, [*lines, *_section(outcome)]):
        said = "\n".join(output.without_facts(lines)).rstrip()
        for line in [*said.split("\n"), *_apart(outcome)]:
            output.say(line)


def conversation(found: Row) -> None:
    """Print what was said in one conversation."""
    if not laid_out("session_view.conversation", found):
        output.conversation(found)


def _apart(outcome: list[str]) -> list[str]:
    return ["", *outcome] if outcome else []


def _section(outcome: list[str]) -> list[str]:
    return ["", f"## {outcome[0].rstrip(':')}", "", *(f"- {line.strip()}" for line in outcome[1:])] if outcome else []
