"""`ocm problems`."""

from ocm.cli import answers

command = answers.ledger("problem", "List the problems that are still open, newest first.", "No problem is open.")
