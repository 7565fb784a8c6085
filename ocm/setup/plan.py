"""A plan: the changes to files, computed first, shown as a diff, then made one step after the other."""

import contextlib
import difflib
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from ocm.base.errors import OcmError
from ocm.edit import plain_text
from ocm.store import files

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One step of a plan: which path it changes, and how in a few words."""

    path: str
    what: str

    def __str__(self) -> str:
        """Return the step as a line for people."""
        return f"{self.path} ({self.what})"

    def diff(self) -> str:
        """Return what the step changes, for people."""
        return f"# {self.what}: {self.path}\n"

    @abstractmethod
    def run(self) -> None:
        """Do it.

        Raises:
            OSError: when the file system refuses.
            OcmError: when things are no longer as they were planned.
        """


@dataclass(frozen=True, slots=True)
class WriteFile(Step):
    """Write or remove a file; None stands for no file, before or after."""

    before: bytes | None
    after: bytes | None
    mode: int = 0o644

    def diff(self) -> str:
        """Return a unified diff."""
        former = os.devnull if self.before is None else self.path
        later = os.devnull if self.after is None else self.path
        return "".join(difflib.unified_diff(_shown(self.before), _shown(self.after), former, later))

    def run(self) -> None:
        """Write it, unless another program did so meanwhile."""
        if files.read_bytes(self.path) != self.before:
            raise OcmError("Another program has changed it meanwhile.")
        target = os.path.realpath(self.path)
        if self.after is None:
            os.unlink(target)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        files.atomic_write(target, self.after, mode=self.mode)


@dataclass(frozen=True, slots=True)
class MakeFolder(Step):
    """Create a folder that only its user may enter, and its parent likewise."""

    def run(self) -> None:
        """Create both."""
        files.make_private_dir(os.path.dirname(self.path))
        files.make_private_dir(self.path)


@dataclass(frozen=True, slots=True)
class RemoveEntries(Step):
    """Remove what a store held when the plan was made, and the folder itself if nothing else is in it."""

    names: tuple[str, ...]

    def diff(self) -> str:
        """Name every entry."""
        return Step.diff(self) + "".join(f"#   {_visible(name)}\n" for name in self.names)

    def run(self) -> None:
        """Remove them; what a symbolic link points to stays."""
        for name in self.names:
            path = os.path.join(self.path, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(self.path)


@dataclass(frozen=True, slots=True)
class Call(Step):
    """Call `action`, which keeps ocm's own records."""

    action: Callable[[], None]

    def run(self) -> None:
        """Do it."""
        self.action()


@dataclass(slots=True)
class Plan:
    """The steps in their order, and what to tell the user: `notices` to know, `warnings` to act on.

    `left_out` names the hosts that cannot be set up, with the reason; the steps are those of the others. `stays` names
    what a person changed, so that it is not taken out.
    """

    steps: list[Step] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    def diff(self) -> str:
        """Return what `apply` would change."""
        return "".join(step.diff() for step in self.steps)

    def apply(self) -> None:
        """Do every step; each leaves its file whole, so what was done before a failure can stay.

        Raises:
            OcmError: naming the step that failed, what was done and what was not.
        """
        for number, step in enumerate(self.steps):
            try:
                step.run()
            except (OSError, OcmError) as error:
                why = error.message if isinstance(error, OcmError) else f"{error.strerror or error}."
                done = ", ".join(map(str, self.steps[:number])) or "nothing"
                left = ", ".join(map(str, self.steps[number + 1 :])) or "nothing"
                raise OcmError(
                    f"{step} could not be written: {why} Done before it: {done}. Not done: {left}.",
                    "Fix that and run the same command again; it continues from there.",
                ) from error


def _shown(data: bytes | None) -> list[str]:
    """Return the lines of a file as a diff can print them: no control character reaches the terminal."""
    text = plain_text.decode(data)[0] if data else ""
    lines = [_visible(line.rstrip("\r\n")) + "\n" for line in plain_text.lines_of(text)]
    if lines and not text.endswith(("\r", "\n")):
        lines[-1] += "\\ No newline at end of file\n"
    return lines


def _visible(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
