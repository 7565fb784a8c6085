"""`ocm decisions`."""

from ocm.cli import answers

command = answers.ledger(
    "decision", "List the decisions in force.\n\nThe newest come first.", "No decision is recorded."
)
