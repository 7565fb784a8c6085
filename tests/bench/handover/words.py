"""Texts of software work, made of templates and components, so that no history is tuned to its words."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import TypeVar

_T = TypeVar("_T")
_KEY_WORDS, _WHY_WORDS = 9, 4

# What is worked at: its name, its file, and a name that new code in it could have.
COMPONENTS = [
    ("proxy client", "src/proxy/client.py", "retry_budget"),
    ("CSV importer", "src/imports/csv_reader.py", "guess_delimiter"),
    ("session cache", "src/cache/sessions.py", "evict_stale"),
    ("login form", "web/login/form.ts", "remember_device"),
    ("search index", "src/search/index.py", "merge_segments"),
    ("mail queue", "src/mail/queue.py", "requeue_bounced"),
    ("invoice exporter", "src/billing/export.py", "round_totals"),
    ("rate limiter", "src/gateway/limits.py", "leaky_bucket"),
    ("image resizer", "src/media/resize.py", "keep_ratio"),
    ("settings page", "web/settings/page.ts", "save_draft"),
    ("backup job", "ops/backup/job.sh", "rotate_archives"),
    ("metrics endpoint", "src/metrics/endpoint.py", "expose_histogram"),
    ("webhook receiver", "src/hooks/receiver.py", "verify_signature"),
    ("date parser", "src/dates/parser.py", "parse_relative"),
    ("permission check", "src/auth/permissions.py", "inherit_roles"),
    ("feature flags", "src/flags/store.py", "reload_flags"),
    ("audit log", "src/audit/log.py", "seal_entry"),
    ("PDF renderer", "src/pdf/render.py", "embed_fonts"),
    ("progress bar", "cli/progress.py", "draw_narrow"),
    ("config loader", "src/config/loader.py", "expand_home"),
    ("job scheduler", "src/jobs/scheduler.py", "skip_overlap"),
    ("translation table", "src/i18n/table.py", "fallback_locale"),
    ("upload endpoint", "src/uploads/endpoint.py", "resume_chunk"),
    ("graph layout", "web/graph/layout.ts", "avoid_crossings"),
    ("payment adapter", "src/payments/adapter.py", "refund_partial"),
    ("tag editor", "web/tags/editor.ts", "merge_tags"),
    ("thumbnail store", "src/media/thumbs.py", "purge_orphans"),
    ("release script", "ops/release/script.sh", "sign_artifacts"),
    ("query planner", "src/query/planner.py", "push_filters"),
    ("socket pool", "src/net/pool.py", "drain_idle"),
]
# What is to be done to it, and how that reads afterwards.
_DEEDS = [
    ("Add a timeout to", "Added a timeout to"),
    ("Write an integration test for", "Wrote an integration test for"),
    ("Move the constants out of", "Moved the constants out of"),
    ("Document the options of", "Documented the options of"),
    ("Cover the empty input of", "Covered the empty input of"),
    ("Log the slow path of", "Logged the slow path of"),
    ("Split the long function in", "Split up the long function in"),
    ("Handle cancelled requests in", "Handled cancelled requests in"),
    ("Remove the deprecated flag from", "Removed the deprecated flag from"),
    ("Make the batch size configurable in", "Made the batch size configurable in"),
    ("Replace the busy loop in", "Replaced the busy loop in"),
    ("Check the memory use of", "Checked the memory use of"),
    ("Show the error's cause in", "Showed the error's cause in"),
    ("Port the fixtures of", "Ported the fixtures of"),
]
_DETAILS = [
    "before the next release",
    "with the limits that staging has",
    "as the review asked",
    "for names outside ASCII",
    "on Windows too",
    "without a new dependency",
    "so that a retry is safe",
    "in both code paths",
    "once the schema is settled",
    "and measure it again",
]
_CHOICES = [
    ("Exponential backoff", "fixed delays hammer the upstream at the same moment", "a fixed delay"),
    ("SQLite", "one file survives a restart and needs no server", "Redis"),
    ("Optimistic locking", "conflicts are rare and readers must never wait", "a table lock"),
    ("Cursor pagination", "offsets skip rows while others insert", "offset pagination"),
    ("A bounded queue", "an unbounded one hides overload until memory is gone", "an unbounded queue"),
    ("Plain threads", "the driver blocks and asyncio would need a wrapper", "asyncio"),
    ("Feature detection", "version checks broke with the vendor's fork", "version checks"),
    ("UTC everywhere", "local times doubled an hour each autumn", "local times"),
    ("Streaming", "whole files did not fit into the small instances", "reading it whole"),
    ("An allow list", "a deny list missed three encodings", "a deny list"),
    ("Content hashes", "modification times differ between checkouts", "modification times"),
    ("A single writer", "two writers reordered the log", "a writer for each worker"),
    ("Lazy loading", "start-up took two seconds of which users saw nothing", "loading at start"),
    ("Server-side sorting", "browsers froze at ten thousand rows", "sorting in the browser"),
]
_SYMPTOMS = [
    ("times out under load", "p99 doubles beyond 100 requests a second, cause not known"),
    ("loses the last record", "only where the input has no final newline"),
    ("leaks file handles", "about forty an hour on staging, none locally"),
    ("fails on the second run", "a stale lock is left behind after a cancel"),
    ("is flaky in CI", "one run in twenty, always on the slow runner"),
    ("shows the wrong month", "west of Greenwich after six in the evening"),
    ("ignores the setting", "the environment wins over the file"),
    ("doubles some entries", "after a reconnect within the same second"),
]
_AIMS = [
    "survive a slow upstream",
    "start in under a second",
    "take files of any size",
    "work without an account",
    "be safe to run twice",
    "answer in 50 ms",
    "explain its errors",
    "keep its order under load",
]
_PEOPLE = ["Ines", "Tomasz", "Mara", "Jun", "Ola", "Farid"]
_TELLS = [
    "owns the format, ask before it changes",
    "wants a demo of it on Thursday",
    "promised the customer no new columns",
    "is rewriting its tests this week, keep out of them",
]
_ASKS = [
    "Can you look at why the {} is slow with big inputs",
    "Please clean up the {} a little, the names are confusing",
    "The {} needs the new fields, see the ticket",
    "Go on with the {} and keep the old behaviour behind a flag",
]
_QUESTIONS = [
    "What does the {} do when its input is empty?",
    "Where is the {} configured?",
    "Is the {} covered by tests at all?",
]


@dataclass(frozen=True)
class Component:
    """A part of the made-up project."""

    name: str
    path: str
    symbol: str


@dataclass(frozen=True)
class Item:
    """Something that may be told: `kind` is open, decision, problem, goal, note or words."""

    kind: str
    text: str
    past: str = ""
    label: str = ""
    part: Component | None = None

    @property
    def key(self) -> str:
        """Return the short phrase by which it is found."""
        if self.label:
            why = self.text.partition(":** ")[2]
            return plain(f"{self.label}: {' '.join(why.split()[:_WHY_WORDS])}")
        return plain(" ".join(self.text.split()[:_KEY_WORDS]))


def plain(text: str) -> str:
    """Return a text as it is compared: no marks, one space, no case."""
    return " ".join(re.sub(r"[*`\"“”]", "", text).split()).casefold()


class Pool:
    """Draws texts by seed, each once, and each component once as long as there are any."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - texts, not secrets
        self._parts = self._shuffled(COMPONENTS)
        self._deeds, self._details = self._shuffled(_DEEDS), self._shuffled(_DETAILS)
        self._choices, self._symptoms = self._shuffled(_CHOICES), self._shuffled(_SYMPTOMS)
        self._aims, self._drawn = self._shuffled(_AIMS), 0

    def _shuffled(self, values: list[_T]) -> list[_T]:
        return self.random.sample(values, len(values))

    def _next(self, values: list[_T]) -> _T:
        values.append(first := values.pop(0))
        return first

    def part(self) -> Component:
        """Return a component that was not drawn lately."""
        return Component(*self._next(self._parts))

    def open(self, part: Component) -> Item:
        """Return something to be done; the deed differs from that of every other one about the same component."""
        now, past = self._next(self._deeds)
        detail = f" {self._next(self._details)}" if self.random.random() < 0.6 else ""
        return Item("open", f"{now} the {part.name}{detail}", f"{past} the {part.name}{detail}", part=part)

    def shown_by_code(self, part: Component) -> Item:
        """Return something to be done that names a file and what has to be in it."""
        text = f"Add the function `{part.symbol}` to `{part.path}`"
        return Item("open", text, text.replace("Add", "Added", 1), part=part)

    def twin(self, item: Item) -> Item:
        """Return the same deed for another component."""
        part = self.part()
        was = item.part.name if item.part else ""
        return replace(item, text=item.text.replace(was, part.name), past=item.past.replace(was, part.name), part=part)

    def decision(self, part: Component, supersedes: Item | None = None) -> Item:
        """Return a decision, which may end an earlier one."""
        choice, why, rejected = self._next(self._choices)
        label = f"{choice} in the {part.name}"
        ending = f" Supersedes: {supersedes.label}" if supersedes else ""
        return Item("decision", f"**{label}:** {why}; {rejected} was rejected.{ending}", label=label, part=part)

    def problem(self, part: Component) -> Item:
        """Return a problem that nobody has solved."""
        symptom, what = self._next(self._symptoms)
        label = f"The {part.name} {symptom}"
        return Item("problem", f"**{label}:** {what}", label=label, part=part)

    def solution(self, problem: Item) -> Item:
        """Return what says that a problem is solved."""
        label = f"Repair {self._count()} of the {problem.part.name if problem.part else 'code'}"
        return Item("solution", f"**{label}:** the state is kept between calls. Solves: {problem.label}", label=label)

    def goal(self, part: Component) -> Item:
        """Return what a user wants."""
        return Item("goal", f"Let the {part.name} {self._next(self._aims)}", part=part)

    def note(self, part: Component) -> Item:
        """Return what a person writes down."""
        who, what = self.random.choice(_PEOPLE), self.random.choice(_TELLS)
        return Item("note", f"About the {part.name}: {who} {what}", part=part)

    def ask(self, part: Component) -> str:
        """Return what a user types."""
        return self.random.choice(_ASKS).format(part.name)

    def question(self, part: Component) -> str:
        """Return what a user asks who wants nothing changed."""
        return self.random.choice(_QUESTIONS).format(part.name)

    def words(self, part: Component) -> tuple[str, tuple[Item, ...]]:
        """Return the closing message of an assistant, and what in it the next one needs."""
        number = self.random.randrange(3, 90)
        chosen = f"I chose {number} as the limit of the {part.name}"
        deed = self._next(self._deeds)[0]
        left = f"{deed[0].lower()}{deed[1:]} the {part.name}"
        text = f"{chosen} because {number - 1} is taken. Still open: {left}."
        return text, (Item("words", chosen, part=part), Item("words", left, part=part))

    def _count(self) -> int:
        self._drawn += 1
        return self._drawn
