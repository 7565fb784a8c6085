"""`ocm problems`."""

from ocm.cli import answers

command = answers.ledger(
    "problem", "List the problems that are still open.\n\nThe newest come first.", "No problem is open."
)
