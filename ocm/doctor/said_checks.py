"""The doctor's look at the cache of what was said: how large it is, whether it can be used, and whether others can."""

import os
import stat
from typing import TypedDict

from ocm.doctor.findings import Finding
from ocm.index import transcripts
from ocm.store import paths


class CacheRow(TypedDict):
    """The cache of transcripts: where it lies, and how many bytes it has."""

    path: str
    bytes: int


def cache() -> CacheRow | None:
    """Return where the cache lies and how large it is; None where there is none."""
    path = paths.in_user_store(transcripts.NAME)
    try:
        return {"path": path, "bytes": os.lstat(path).st_size}
    except OSError:
        return None


def check() -> list[Finding]:
    """Return what is wrong with the cache."""
    found = cache()
    if found is None:
        return []
    path, findings = found["path"], []
    why = transcripts.health(os.path.dirname(path))
    if why:
        step = f"Delete it, or let the next `ocm search --transcripts` build it anew: {path}"
        findings.append(Finding("transcripts", f"The cache of what was said cannot be used: {why}.", step, path=path))
    if os.name != "nt" and stat.S_IMODE(os.lstat(path).st_mode) & 0o077:
        findings.append(
            Finding(
                "transcripts-private",
                f"Others on this machine can read {path}.",
                "Allow access to yourself only: mode 600.",
                path=path,
                fix=lambda: os.chmod(path, 0o600),
            )
        )
    return findings
