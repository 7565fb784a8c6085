"""What every measurement works with: both systems, how often to run, and how large is large."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tests.bench.sides import Ours, Reference, install_ours, install_reference
from tests.bench.table import LEAST_RUNS

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Setting:
    """One run of the benchmark; a short one is for a quick look, with a tenth of the sessions and files."""

    folder: Path
    short: bool = False
    records: list[Path] = field(default_factory=list)
    runs: int = LEAST_RUNS

    @property
    def most(self) -> int:
        """How many sessions are many."""
        return 1_000 if self.short else 10_000

    @property
    def sizes(self) -> list[int]:
        """How many sessions there are in the stores that are compared."""
        return [10, 100, 1_000] if self.short else [10, 1_000, 10_000]

    @property
    def files(self) -> tuple[int, int]:
        """How many files a large repository has, and how many of them are dirty."""
        return (3_000, 50) if self.short else (30_000, 500)

    @cached_property
    def ours(self) -> Ours:
        """This project, from its wheel."""
        return Ours(install_ours(self.folder), self.folder / "ours")

    @cached_property
    def reference(self) -> Reference:
        """The system that it replaces."""
        return Reference(install_reference(), self.folder / "reference")

    def shortened(self) -> Setting:
        """Return the setting of the short form, with the same installations and stores of its own."""
        folder = self.folder / "short"
        folder.mkdir()
        short = Setting(folder, short=True, records=self.records, runs=self.runs)
        vars(short)["ours"] = Ours(self.ours.commands, folder / "ours")
        vars(short)["reference"] = Reference(self.reference.commands, folder / "reference")
        return short


def settle() -> None:
    """Let the disk take what was written while stores were made, which would slow down what is measured next."""
    if hasattr(os, "sync"):
        os.sync()
