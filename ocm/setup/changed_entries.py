"""What a person changed of what ocm wrote: it is theirs, stays through uninstalling, and is named with what it does."""

import os
from collections.abc import Sequence

from ocm.edit import plain_text
from ocm.hosts.config.targets import SERVER, Changed, Target
from ocm.setup import file_changes
from ocm.setup.manifest import Manifest
from ocm.setup.plan import Step, WriteFile


def named(targets: Sequence[Target], steps: Sequence[Step], known: Manifest) -> dict[str, list[str]]:
    """Return by file what stays of ocm's after some steps, a sentence each."""
    after = {step.path: step.after for step in steps if isinstance(step, WriteFile)}
    found = {}
    for target in targets:
        left = after[target.path] if target.path in after else file_changes.read(target.path)
        said = _of_file(target, left, known) if target.whole else _of_entries(target, left)
        if said:
            found[os.path.realpath(target.path)] = said
    return found


def _of_file(target: Target, left: bytes | None, known: Manifest) -> list[str]:
    entry = known.entries.get(os.path.realpath(target.path))
    if left is None or entry is None or entry.existed or entry.wrote(left):
        return []
    return [f"{target.path} stays: it was changed since ocm wrote it, so look whether to remove it."]


def _of_entries(target: Target, left: bytes | None) -> list[str]:
    found = target.changed(plain_text.decode(left)[0]) if left else []
    kinds = ([one for one in found if one.event], [one for one in found if not one.event])
    alike = [[one for one in kind if one.guarded is guarded] for kind in kinds for guarded in (True, False)]
    return [_sentence(target.path, group) for group in alike if group]


def _sentence(path: str, found: Sequence[Changed]) -> str:
    first, several = found[0], len(found) > 1
    s, they, them = ("", "they", "them") if several else ("s", "it", "it")
    where = f"lines {', '.join(str(one.line) for one in found)}" if several else f"line {first.line}"
    hooks = f"{len(found)} hooks" if several else f"the hook of {first.event}"
    what, program = (hooks, "ocm-hook") if first.event else (f'the MCP server "{SERVER}"', "ocm")
    then = "stay{s} quiet" if first.guarded else "fail{s}"
    return (
        f"{path}, {where}: {what} stay{s}, because somebody changed {them}; {they} still start{s} {program}, "
        f"and {then.format(s=s)} once that is gone: take {them} out yourself when no longer wanted."
    )
