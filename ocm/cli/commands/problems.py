"""`ocm problems`."""

from ocm.cli.commands import decisions

command = decisions.ledger(
    "problem", "List the problems that are still open.\n\nThe newest come first.", "No problem is open."
)
