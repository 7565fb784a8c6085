"""Putting ocm's hooks among those of others and taking them out again, entry by entry: what a person changed stays."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocm.edit import json_text
from ocm.edit.plain_text import ShapeError
from ocm.hosts.config.hook_commands import as_quiet_as, called, is_guarded
from ocm.hosts.config.targets import EMPTY_JSON, Changed, Owns, Target, document, drop, kind, plain_ends

Groups = Mapping[str, Any]

# What earlier handlers had beside their command, and their matchers.
_FORMER: Groups = {"type": "command", "timeout": 5}
_ANY = (None, "", "*")


@dataclass(frozen=True, slots=True)
class Form:
    """Where a host's file has its hooks, and which of them are ocm's.

    They are in the object `within`, by event, or (`listed`) in a list of that name. `owns` knows ocm's handlers,
    `is_former` those of the reference system and of 0.1.0; `shipped` is every file that ocm may have written.
    """

    within: str
    owns: Owns
    is_former: Owns
    shipped: Sequence[Groups]
    listed: bool = False
    comments: bool = False

    def matchers(self, event: str) -> list[object]:
        """Return the matchers that ocm writes for an event."""
        return [slot.matcher for one in self.shipped for slot in slots(one, self) if slot.event == event]

    def is_written(self, slot: "Slot") -> bool:
        """Return whether a handler of ocm's is as ocm wrote it, with nothing of a person's in it or in its group."""
        if self.is_former(slot.handler):
            bare = {name: value for name, value in slot.handler.items() if name not in {"command", "matcher"}}
            known = slot.matcher in (*_ANY, *self.matchers(slot.event))
            return known and bare.items() <= _FORMER.items() and slot.group.keys() <= {"matcher"}
        return any(slot.is_like(one) for shipped in self.shipped for one in slots(shipped, self))


@dataclass(frozen=True, slots=True)
class Slot:
    """A handler: where it is, where the group that holds it is, its event, the matcher it goes by, what is beside it.

    `group` is what the group says of all its handlers, `alone` whether it holds no other one.
    """

    path: json_text.Path
    holder: json_text.Path
    event: str
    matcher: object
    handler: dict[str, Any]
    group: Groups
    alone: bool = True

    @property
    def about(self) -> tuple[str, tuple[str, ...], bool]:
        """Return what makes two handlers the same one: the host's event, ocm's, and whether the server answers it."""
        return self.event, called(self.handler), "ocm-hook" not in json.dumps(self.handler)

    def is_like(self, other: "Slot") -> bool:
        """Return whether two handlers are the same to the last value."""
        return (self.event, self.group, self.handler) == (other.event, other.group, other.handler)


def hooks_target(path: str, form: Form, wanted: Callable[[str], Mapping[str, Any]]) -> Target:
    """Return the target that is hooks in the JSON file at `path`.

    `wanted` returns the whole file as it would be without others, given the text as it is.
    """

    def put(text: str, before: str) -> str:
        return _put(text, before, form, wanted(text))

    def take(text: str, before: str) -> str:
        if not _may_hold(text):
            return text  # whatever else may be wrong with it, there is nothing of ocm to take out
        gone = [slot for slot in _owned(text, form) if not _is_changed(text, slot, form)]
        return _without(text, gone, before, form)

    def changed(text: str) -> list[Changed]:
        found = [slot for slot in _owned(text, form) if _is_changed(text, slot, form)] if _may_hold(text) else []
        return [Changed(json_text.line_of(text, slot.path), slot.event, is_guarded(slot.handler)) for slot in found]

    return Target(path, "hooks", put, take, EMPTY_JSON, changed=changed)


def own_file(target: Target, shipped: Callable[[str], str], ours: Sequence[str]) -> Target:
    """Return the same for a file that is for ocm alone: where nobody else wrote in it, it is exactly as shipped.

    `shipped` returns that text, given the one that is there.
    """

    def put(text: str, before: str) -> str:
        untouched = not text.strip() or plain_ends(text) in ours
        return shipped(plain_ends(text)) if untouched else target.put(text, before)

    def take(text: str, before: str) -> str:
        if plain_ends(text) in ours:
            return ""
        left = target.take(text, before)
        return "" if left != text and not _held(left) else left

    return Target(target.path, target.what, put, take, changed=target.changed)


def slots(found: Mapping[str, Any], form: Form) -> Iterator[Slot]:
    """Return every handler of a file, whether its host groups them or not."""
    hooks = found.get(form.within)
    if form.listed:
        for at, item in enumerate(hooks if isinstance(hooks, list) else ()):
            if isinstance(item, dict):
                where = (form.within, at)
                yield Slot(where, where, str(item.get("trigger")), item.get("matcher"), item, {})
        return
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for at, group in enumerate(groups if isinstance(groups, list) else ()):
            if isinstance(group, dict):
                yield from _in_group((form.within, event, at), event, group)


def _in_group(at: json_text.Path, event: str, group: dict[str, Any]) -> Iterator[Slot]:
    matcher = group.get("matcher")
    if "hooks" not in group:
        yield Slot(at, at, event, matcher, group, {})
        return
    held = group["hooks"] if isinstance(group["hooks"], list) else []
    about = {name: value for name, value in group.items() if name != "hooks"}
    for n, handler in enumerate(held):
        if isinstance(handler, dict):
            yield Slot((*at, "hooks", n), at, event, matcher, handler, about, len(held) == 1)


def _owned(text: str, form: Form) -> list[Slot]:
    return [slot for slot in slots(document(text, comments=form.comments), form) if form.owns(slot.handler)]


def _is_changed(text: str, slot: Slot, form: Form) -> bool:
    """Return whether a handler of ocm's holds something of a person's, be it a comment."""
    if not form.is_written(slot):
        return True
    left = json_text.remove(text, slot.holder if slot.alone else slot.path)
    return json_text.comments_in(left) < json_text.comments_in(text)


def _may_hold(text: str) -> bool:
    return "ocm-hook" in text or "openCodeMemory" in text or "ocm__hook" in text


def _held(text: str) -> bool:
    """Return whether a file of ocm's own still holds something that ocm did not write: more than its frame."""
    left = document(text or EMPTY_JSON, comments=True)
    return any(value not in ([], {}) for name, value in left.items() if name != "version")


def _put(text: str, before: str, form: Form, profile: Mapping[str, Any]) -> str:
    _check(text, form, profile)
    present = _owned(text, form)
    wanted = list(slots(profile, form))
    pairs = _paired(wanted, present, form)
    for slot, old in pairs:
        if slot.matcher != old.matcher and old.matcher in form.matchers(slot.event):
            text = json_text.put(text, (*old.holder, "matcher"), slot.matcher)
        for name, value in as_quiet_as(slot.handler, old.handler).items():
            text = json_text.put(text, (*old.path, name), value)
    kept = {old.path for _, old in pairs}
    gone = [slot for slot in present if slot.path not in kept]
    before = _without(before, _owned(before, form), "", form) if _may_hold(before) else before
    text = _without(text, gone, before, form, whole=not wanted)
    for name, value in profile.items():
        if name != form.within and name not in document(text, comments=form.comments):
            text = json_text.put(text, (name,), value)
    met = {slot.path for slot, _ in pairs}
    for slot in (one for one in wanted if one.path not in met):
        where = slot.holder[:-1]  # at the end: some hosts trust a hook by its position
        text = json_text.append(text, where, _added(profile, slot, gone))
    return text


def _added(profile: Mapping[str, Any], slot: Slot, gone: Sequence[Slot]) -> dict[str, Any]:
    """Return the group to add for a handler, with what a person had added to the one whose place it takes."""
    former = next((old for old in gone if old.about == slot.about), None)
    own = {name for name, value in slot.handler.items() if "ocm-hook" in str(value)}
    added = {name: value for name, value in former.handler.items() if name not in own} if former else {}
    if slot.path == slot.holder:
        return {**slot.handler, **added}
    group: Any = profile
    for step in slot.holder:
        group = group[step]
    return {**group, "hooks": [{**slot.handler, **added}]}


def _paired(wanted: Sequence[Slot], present: Sequence[Slot], form: Form) -> list[tuple[Slot, Slot]]:
    """Return which handler that is there stands for which that is wanted: one with the same matcher before another.

    One that a person changed stands before one that is as ocm wrote it: where both are there, ocm's goes.
    """
    current = [slot for slot in present if not form.is_former(slot.handler)]
    free = sorted(current, key=lambda slot: any(slot.handler == one.handler for one in wanted))
    several = {slot.about for n, slot in enumerate(wanted) if slot.about in [one.about for one in wanted[:n]]}
    pairs, left = [], list(wanted)
    for same in (True, False):
        for slot in list(left):
            exact = same and slot.about in several
            old = next((o for o in free if o.about == slot.about and (not exact or o.matcher == slot.matcher)), None)
            if old is not None:
                pairs.append((slot, old))
                free.remove(old)
                left.remove(slot)
    return pairs


def _check(text: str, form: Form, profile: Mapping[str, Any]) -> None:
    """Raise where what is there leaves no place for the hooks; what is no event of ocm's may be anything."""
    found = document(text, comments=form.comments)
    wanted = profile.get(form.within, {})
    hooks = found.get(form.within, wanted)
    if not isinstance(hooks, list if form.listed else dict):
        expected = "a list" if form.listed else "an object"
        line = json_text.line_of(text, (form.within,))
        raise ShapeError(f'"{form.within}" must be {expected}, not {kind(hooks)}', line)
    if not isinstance(hooks, dict):
        return
    for event, held in hooks.items():
        if event in wanted and not isinstance(held, list):
            line = json_text.line_of(text, (form.within, event))
            raise ShapeError(f'the hooks of "{event}" must be a list, not {kind(held)}', line)


def _without(text: str, gone: Sequence[Slot], before: str, form: Form, *, whole: bool = True) -> str:
    """Return `text` without some handlers, nor the groups, events and (if `whole`) object that this leaves empty."""
    former = document(before or EMPTY_JSON, comments=form.comments).get(form.within)
    emptied = set()
    for slot in sorted(gone, key=lambda slot: slot.path, reverse=True):
        text = json_text.remove(text, slot.path)
        if slot.path != slot.holder and not _value(text, (*slot.holder, "hooks"), form):
            text = json_text.remove(text, slot.holder)
        emptied.add(slot.holder[:-1])
    for events in emptied:
        is_theirs = len(events) == 1 or (isinstance(former, dict) and events[-1] in former)
        if not is_theirs and not _value(text, events, form):
            text = json_text.remove(text, events)
    if whole and gone and not _value(text, (form.within,), form):
        text = _drop_rest(text, before, form)
    return text


def _value(text: str, path: json_text.Path, form: Form) -> Any:  # noqa: ANN401 - whatever JSON holds there
    found: Any = document(text, comments=form.comments)
    for step in path:
        found = found[step]
    return found


def _drop_rest(text: str, before: str, form: Form) -> str:
    """Return `text` without what only a file of hooks needs, once there are no hooks any more."""
    former = document(before or EMPTY_JSON, comments=form.comments)
    if form.within not in former:
        text = json_text.remove(text, (form.within,))
    left = document(text, comments=form.comments)
    if "version" in left and "version" not in former and (before or len(left) == 1):
        text = drop(text, ("version",), before, comments=form.comments)
    return text
