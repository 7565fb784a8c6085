"""`ocm decisions`."""

from ocm.cli import answers

command = answers.ledger("decision", "List the decisions in force, newest first.", "No decision is recorded.")
