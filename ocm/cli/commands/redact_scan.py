"""`ocm redact-scan`."""

from typing import TYPE_CHECKING

import click

from ocm.base.errors import OcmError
from ocm.cli import options
from ocm.ui import output

_NAMED = 10

if TYPE_CHECKING:
    from ocm.sessions.redact_scan import Found


@click.command("redact-scan")
@options.project_option
@click.option("--apply", is_flag=True, help="Remove what is found; without it nothing is changed.")
@options.json_option
def command(*, project: str | None, apply: bool, as_json: bool) -> None:
    """Find secrets in what is already stored.

    With --apply they are removed.
    """
    from ocm.sessions import redact_scan

    found = redact_scan.scan(options.find_store(project), apply=apply, progress=output.progress(as_json=as_json))
    if as_json:
        rows = [{"file": one.file, "rules": one.rules, "trouble": one.trouble} for one in found.files]
        output.as_json({"scanned": found.scanned, "found": found.total, "applied": apply, "files": rows})
    else:
        for one in found.files:
            output.say(_line(one))
        output.say(_summary(found.total, found.scanned, apply=apply))
    troubles = [f"{one.file}: {one.trouble}" for one in found.files if one.trouble]
    if troubles:
        raise OcmError(
            f"{len(troubles)} files keep theirs, or cannot be read: {'; '.join(troubles[:_NAMED])}.",
            "Take these out in an editor, rename or remove the files, then scan again.",
        )


def _line(found: "Found") -> str:
    rules = ", ".join(f"{count} {rule}" for rule, count in sorted(found.rules.items()))
    return f"{found.file}: {rules}{f' ({found.trouble})' if found.trouble else ''}"


def _summary(total: int, scanned: int, *, apply: bool) -> str:
    if not total:
        return f"No secret in {scanned} files."
    done = "removed. Whoever could read this store may know them: change these secrets."
    return f"{total} secrets {done if apply else 'found; to remove them: ocm redact-scan --apply'}"
