"""What must be there, said from the contract alone: a conversation is a set of states that it may be in.

A process that answered leaves one state; one that died leaves what may have been done and what may not. A look at the
session file then strikes out the states that it disproves; a file that disproves all of them is a failure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.laws.crash.page import Page
from tests.laws.crash.words import words_in

APPENDED = ("work_completed", "work_summary", "decisions", "problems", "plan_files", "references")
THRESHOLD = 5
MANY = 1_000_000
Items = tuple[str, ...]


@dataclass(frozen=True)
class State:
    """One thing that may be true of a conversation: what its file holds, what its journal does, what the gate counts."""

    exists: bool = False
    goal: str = ""
    title: str = ""  # that was given
    asked: str = ""  # the first prompt that was stored
    named: bool = False
    status: str = "open"
    tags: frozenset[str] = frozenset()
    pending: Items = ()
    items: tuple[tuple[str, Items], ...] = tuple((name, ()) for name in APPENDED)
    files: frozenset[str] = frozenset()
    files_maybe: frozenset[str] = frozenset()
    calls_told: int | None = 0
    hand: Items = ()
    # the journal
    edits: frozenset[str] = frozenset()
    edits_maybe: frozenset[str] = frozenset()
    prompts: Items = ()
    calls: int = 0
    worth: bool = False
    ending: bool = False
    reopening: bool = False
    # the gate: at least and at most so many calls since the last words
    counted: tuple[int, int] = (0, 0)

    def section(self, name: str) -> Items:
        return dict(self.items)[name]

    def with_items(self, name: str, added: Iterable[str]) -> "State":
        """Return the state with more items in a section, each of them once."""
        items = {**dict(self.items), name: tuple(dict.fromkeys([*self.section(name), *added]))}
        return replace(self, items=tuple(items.items()))

    # --- what happens

    def call(self, path: str = "", *, counts: bool = True) -> "State":
        """Return the state after a tool call that a hook journaled."""
        low, high = self.counted
        edits = self.edits | {path} if path else self.edits
        if not counts:
            return replace(self, edits=edits, worth=True, ending=False)
        return replace(self, edits=edits, calls=self.calls + 1, worth=True, ending=False, counted=(low + 1, high + 1))

    def prompt(self, title: str) -> "State":
        return replace(self, prompts=(*self.prompts, title), worth=True, ending=False)

    def started(self, *, resumed: bool) -> "set[State]":
        """Return the states after a start: one that is resumed reopens what was closed, any other one may."""
        state = replace(self, ending=False)
        reopened = replace(state, reopening=state.status == "closed")
        return {reopened} if resumed else {reopened, state}

    def recovered(self) -> "State":
        """Return the state after another process stored what this conversation's journal holds."""
        return self.flushed("closed" if self.ending else "")

    def flushed(self, status: str = "") -> "State":
        """Return the state after a checkpoint without words."""
        if not self.worth and not self.exists:
            return replace(self, ending=False, reopening=False)
        reopened = "open" if self.status == "closed" and (self.calls or self.reopening) else self.status
        return replace(
            self,
            exists=True,
            asked=self.asked or (self.prompts[0] if self.prompts else ""),
            status=status or reopened,
            files=self.files | self.edits,
            files_maybe=(self.files_maybe | self.edits_maybe) - self.edits,
            calls_told=None if self.calls_told is None else self.calls_told + self.calls,
            edits=frozenset(),
            edits_maybe=frozenset(),
            prompts=(),
            calls=0,
            worth=False,
            ending=False,
            reopening=False,
        )

    def checkpoint(self, given: dict[str, Any]) -> "State":
        """Return the state after a checkpoint that was acknowledged."""
        titled = replace(self, worth=True, title=given.get("title") or self.title)
        state = titled.flushed(given.get("status", ""))
        completed = given.get("work_completed", [])
        pending = given.get("work_pending", self.pending)
        state = replace(
            state,
            goal=given.get("goal") or self.goal,
            tags=self.tags | set(given.get("tags", ())),
            pending=tuple(dict.fromkeys(item for item in pending if item not in completed)),
            named=self.named or bool(given.get("slug")),
        )
        for name in APPENDED:
            state = state.with_items(name, (as_text(item) for item in given.get(name, ())))
        return state.opened() if is_semantic(given) else state

    def opened(self) -> "State":
        """Return the state with the gate's count at nothing."""
        return replace(self, counted=(0, 0))

    # --- what a file says against it

    def objections(self, page: Page | None) -> Iterator[str]:
        """Yield what is wrong if this state is the true one."""
        if page is None or not self.exists:
            if self.exists:
                yield "it has no session file"
            elif page:
                yield f"{page.name} is there, and nothing was to be stored"
            return
        yield from self._content_objections(page)
        yield from self._file_objections(page)
        if page.front.get("status") != self.status:
            yield f"status {page.front.get('status')!r}, not {self.status!r}"
        title = self.title or ("" if self.goal else self.asked)
        if page.front.get("title", "") != title:
            yield f"title {page.front.get('title', '')!r}, not {title!r}"
        if self.calls_told is not None and page.calls != self.calls_told:
            yield f"it counts {page.calls} calls, not {self.calls_told}"
        yield from (f"gone: the hand edit {chunk!r}" for chunk in self.hand if chunk not in page.text)

    def _content_objections(self, page: Page) -> Iterator[str]:
        once = Counter(self._words_once())
        for word, count in sorted(once.items()):
            if page.words[word] != count:
                yield f"{word} stands {page.words[word]} times in {page.name}, not {count}"
        known = set(once) | self._words_somewhere()
        yield from (f"{word} stands in {page.name} and should not" for word in sorted(set(page.words) - known))
        for word in words_in(self.goal) + words_in(" ".join(self.tags)):
            if not page.words[word]:
                yield f"{word} (goal or tag) is not in {page.name}"

    def _words_once(self) -> Iterator[str]:
        for text in (*(item for _, items in self.items for item in items), *self.pending):
            yield from words_in(text)

    def _words_somewhere(self) -> set[str]:
        texts = (self.goal, self.title, self.asked, *self.tags, *self.hand, *self.files, *self.files_maybe)
        # the slug's word has no state of its own: a name is checked by itself
        return set(words_in("\n".join(texts)))

    def _file_objections(self, page: Page) -> Iterator[str]:
        listed = Counter(path for path in page.files if words_in(path))
        yield from (f"{path} is listed {count} times" for path, count in listed.items() if count > 1)
        yield from (f"the edited file {path} is not listed" for path in sorted(self.files - set(listed)))
        foreign = set(listed) - self.files - self.files_maybe
        yield from (f"the file {path} is listed and should not be" for path in sorted(foreign))


def as_text(item: Any) -> str:
    """Return an item as one text: a plan's path and header, a reference's address and title."""
    return "\n".join(item.values()) if isinstance(item, dict) else str(item)


def is_semantic(given: dict[str, Any]) -> bool:
    """Tell whether the arguments say something about the work."""
    return any(given.get(name) for name in ("goal", "work_pending", *APPENDED))


@dataclass
class Conversation:
    """One conversation: its id and the states that it may be in."""

    session_id: str
    possible: set[State] = field(default_factory=lambda: {State()})
    slugs: set[str] = field(default_factory=set)
    last: dict[str, Any] = field(default_factory=dict)
    aged: bool = False
    name: str = ""
    fixed: bool = False
    # since it was last known to be safe from a power cut
    safe: set[State] = field(default_factory=lambda: {State()})
    since: set[State] = field(default_factory=lambda: {State()})

    def turn(self, states: Iterable[State], *, durable: bool = False) -> None:
        """Go on to `states`; `durable` when what their files hold outlives a power cut."""
        self.possible = set(states)
        if durable:
            self.settle()
        self.since |= self.possible

    def settle(self) -> None:
        """Note that all there is now is on the disk."""
        self.safe = set(self.possible)
        self.since = set(self.possible)

    def strike(self, page: Page | None, seen: frozenset[str] = frozenset()) -> list[str]:
        """Strike out what `page` disproves; returns what is wrong when nothing is left. Paths that were `seen` by git may be listed."""
        wrong = {state: list(self._objections(state, page, seen)) for state in self.possible}
        left = {state for state, objections in wrong.items() if not objections}
        if not left:
            return min(wrong.values(), key=len)
        self.possible = left
        return []

    def _objections(self, state: State, page: Page | None, seen: frozenset[str]) -> Iterator[str]:
        if page:
            foreign = seen - state.files - state.files_maybe
            ignored = set(words_in("\n".join([*self.slugs, *foreign])))
            words = Counter({word: count for word, count in page.words.items() if word not in ignored})
            page = replace(page, words=words, files=[path for path in page.files if path not in foreign])
        return state.objections(page)

    def cut(self) -> None:
        """Go on to what a power cut may have left: a file no older than the last safe one, and some of the journal."""
        edits = frozenset().union(*(state.edits | state.edits_maybe | state.files for state in self.since))
        sure = frozenset.intersection(*(state.edits for state in self.safe))
        prompts: set[Items] = {()} | {(prompt,) for state in self.since for prompt in state.prompts}
        prompts |= {state.prompts for state in self.since}
        called = {0, int(any(state.calls or state.calls_told != 0 for state in self.since))}
        ended = {False, any(state.ending or state.status == "closed" for state in self.since)}
        reopens = {False, any(state.reopening for state in self.since)}
        self.possible = {
            replace(
                state,
                edits=sure - state.files,
                edits_maybe=edits - sure - state.files,
                prompts=title,
                calls=calls,
                calls_told=None,
                worth=worth or bool(calls or sure - state.files),
                ending=ending,
                reopening=reopening,
                counted=(0, MANY),  # journals that were dropped may be back
            )
            for state in self.since | self.safe
            for title in prompts
            for worth in (True, False)
            for calls in called
            for ending in ended
            for reopening in reopens
        }
        self.settle()
