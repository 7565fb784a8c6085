"""The files that a patch in the `*** Begin Patch` format edits, as several hosts' `apply_patch` takes it."""

_HEADS = {"*** Add File: ": "created", "*** Update File: ": "modified", "*** Delete File: ": "deleted"}
_MOVE = "*** Move to: "


def edited(patch: str) -> list[tuple[str, str]]:
    """Return every path that the patch names with the kind of its change; a moved file is deleted and created."""
    found: list[tuple[str, str]] = []
    for line in patch.splitlines():
        for head, kind in _HEADS.items():
            if line.startswith(head):
                found.append((line[len(head) :].strip(), kind))
        if line.startswith(_MOVE) and found:
            found[-1] = (found[-1][0], "deleted")
            found.append((line[len(_MOVE) :].strip(), "created"))
    return found
