"""Loads the faults into a real executable, when this folder is on PYTHONPATH."""

from tests.laws.crash import faults

faults.from_environment()
