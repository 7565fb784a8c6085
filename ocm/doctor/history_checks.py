"""The doctor's check of the histories of other tools: is one about to be deleted that was not imported yet."""

import contextlib

from ocm.base.errors import OcmError
from ocm.doctor.findings import Finding
from ocm.sources import survey
from ocm.store.paths import Store


def check(store: Store) -> list[Finding]:
    """Return a finding for each host that deletes a conversation of this project within a week."""
    with contextlib.suppress(OcmError, OSError):
        rows, _ = survey.survey(store, survey.DELETING)
        return [_finding(row) for row in rows if survey.is_soon(row)]
    return []


def _finding(row: survey.Row) -> Finding:
    return Finding(
        "history",
        f"{row.new} conversations of this project are not imported, and {row.source} deletes the first on "
        f"{row.deleted_on}.",
        f"Import them: ocm import --from {row.source}",
        row.source,
        row.place,
    )
