"""The step that puts ocm's part into a file, or takes it out again; the manifest records what the file held before."""

import contextlib
import os
from collections.abc import Iterator

from ocm.base.errors import OcmError
from ocm.edit import plain_text
from ocm.edit.plain_text import Coding, EditError, ShapeError
from ocm.hosts.config.targets import Target
from ocm.setup import manifest
from ocm.setup.manifest import Entry, Manifest
from ocm.setup.plan import WriteFile
from ocm.store import files, paths


class UnfitFileError(OcmError):
    """A file of one host cannot take ocm's part, which is no reason to leave other hosts without it."""


def install_step(target: Target, known: Manifest, mode: int) -> WriteFile | None:
    """Return the step that puts ocm's part into a file, if it needs one, and record in `known` the file without ocm.

    Raises:
        OcmError: when the file is not valid; an `UnfitFileError` when it is, and leaves no place for ocm's part.
    """
    now = read(target.path)
    with _named_errors(target.path):
        text, coding = plain_text.decode(now) if now is not None else (target.blank, Coding())
        if target.utf8 and coding.name != "utf-8":
            raise EditError(f"it is {coding.name.upper()}, and what reads this file understands UTF-8 only", 1)
        name = os.path.realpath(target.path)
        before = _without(target, now, known.entries.get(name))
        wanted = target.put(text, _text(before))
        if wanted == text:
            return None
        if before is not None and len(target.changed(wanted)) < len(target.changed(_text(before))):
            before = coding.encode(target.take(wanted, _text(before)))  # a profile was chosen that has no such hook
        if before is None and _is_empty(wanted):
            known.entries.pop(name, None)
            after = None
        else:
            after = coding.encode(wanted)
            known.entries[name] = manifest.entry_for(before, after, coding.encode(target.take(wanted, "")))
    return WriteFile(target.path, target.what, now, after, mode)


def uninstall_step(target: Target, known: Manifest) -> WriteFile | None:
    """Return the step that takes ocm out of a file, if anything of it is there.

    Raises:
        OcmError: when the file holds ocm's part and is not of the form it should have.
    """
    now = read(target.path)
    with _named_errors(target.path):
        after = _without(target, now, known.entries.get(os.path.realpath(target.path)))
    return None if after == now else WriteFile(target.path, target.what, now, after)


def read(path: str) -> bytes | None:
    """Return what a file holds, or None when there is none.

    Raises:
        UnfitFileError: when it is no file, or may not be read.
    """
    try:
        return files.read_bytes(path)
    except paths.UnfitFileError as error:
        raise UnfitFileError(
            f"{path} cannot be edited: {error.strerror}.",
            "Move it away and run the same command again; nothing was changed.",
        ) from None
    except NotADirectoryError:  # what is in the way is named when the file is to be written
        return None
    except OSError as error:
        raise UnfitFileError(
            f"{path} cannot be read: {error.strerror}.",
            "Fix that and run the same command again; nothing was changed.",
        ) from error


def check_writable(path: str) -> None:
    """Check that `path` can be written, made or removed.

    Raises:
        UnfitFileError: naming the folder that is in the way.
    """
    folder = os.path.dirname(os.path.realpath(path))
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise UnfitFileError(
            f"{folder} is not a folder, so {path} cannot be created.", "Move it away; nothing was changed."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnfitFileError(
            f"{path} cannot be written: you have no right to change {folder}.",
            "Get that right and run the same command again; nothing was changed.",
        )


def missing_folders(path: str) -> list[str]:
    """Return the folders that must be made before `path` can be, the outermost first."""
    missing: list[str] = []
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def _without(target: Target, now: bytes | None, entry: Entry | None) -> bytes | None:
    """Return what a file would hold if ocm had never been there; None stands for no file."""
    if now is None or (entry is None and not target.marked):
        return now
    before = entry.before() if entry else None
    if entry and entry.wrote(now) and (before is not None or not entry.existed):
        return before
    text, coding = plain_text.decode(now)
    taken = target.take(text, _text(before))
    if taken == text:
        return now
    return None if _is_empty(taken) and not (entry and entry.existed) else coding.encode(taken)


def _text(data: bytes | None) -> str:
    return "" if data is None else plain_text.decode(data)[0]


def _is_empty(text: str) -> bool:
    return text.strip() in ("", "{}")


@contextlib.contextmanager
def _named_errors(path: str) -> Iterator[None]:
    """Turn the errors of edits into ones that name the file."""
    try:
        yield
    except EditError as error:
        kind = UnfitFileError if isinstance(error, ShapeError) else OcmError
        raise kind(
            f"{path}, line {error.line}: {error.why}.",
            "Correct that in an editor and run the same command again; nothing was changed.",
        ) from None
