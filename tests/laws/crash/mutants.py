"""Faults planted in the program, each of which the fuzzer must find; in the memory of its processes only."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any


def fsync_after_the_drop() -> None:
    """Write session files without waiting for the disk; wait for it when the journal is gone already."""
    from ocm.sessions import checkpoints
    from ocm.store import files

    written: list[str] = []
    finish = checkpoints._drop_journals

    def atomic_write(path: str, data: bytes, *, owner: str = "", **_: Any) -> None:
        temporary = os.path.join(os.path.dirname(path), f".ocm-tmp-{owner}")
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
        written.append(path)

    def late(*args: Any) -> None:
        finish(*args)
        while written:
            path = written.pop()
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            files.sync_folder(os.path.dirname(path))

    _plant(files, atomic_write=atomic_write)
    _plant(checkpoints, _drop_journals=late)


def no_lock() -> None:
    """Let transactions of one session run through each other."""
    from ocm.store import files

    @contextlib.contextmanager
    def locked(*_: Any, **__: Any) -> Iterator[None]:
        yield

    _plant(files, locked=locked)


def no_dedupe_of_journals() -> None:
    """Forget which journals a session file holds already."""
    from ocm.sessions import merge

    _plant(merge, taken_journals=lambda _: {})


def no_dedupe_of_items() -> None:
    """Add an item again that is there."""
    from ocm.sessions import merge

    _plant(merge, _appended=lambda old, new: [*old, *new])


def drop_before_the_write() -> None:
    """Drop the journal first, and write what was in it then."""
    from ocm.sessions import session_files
    from ocm.store import journal

    write, drop = session_files.write, journal.drop

    def late(store: Any, known: Any, session: Any, slug: str, **more: Any) -> Any:
        for path in journal.taken_paths(store.path, session.session_id):
            os.unlink(path)
        return write(store, known, session, slug, **more)

    def gone_or_drop(*args: Any) -> None:
        with contextlib.suppress(FileNotFoundError):
            drop(*args)

    _plant(session_files, write=late)
    _plant(journal, drop=gone_or_drop)


def no_lock_of_writers() -> None:
    """Let a hook write into a journal that was taken over while it had it open."""
    from ocm.store import journal

    _plant(journal, _open_locked=lambda path: os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600))


def no_carry() -> None:
    """Let a machine checkpoint open the gate."""
    from ocm.store import gate

    _plant(gate, count=lambda *_, **__: gate.Tally())


def no_temporary_file() -> None:
    """Write session files in place."""
    from ocm.store import files

    def atomic_write(path: str, data: bytes, **_: Any) -> None:
        with open(path, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    _plant(files, atomic_write=atomic_write)


def _plant(module: Any, **functions: Callable[..., Any]) -> None:
    for name, function in functions.items():
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name} any more: the mutant must follow")
        setattr(module, name, function)


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        fsync_after_the_drop,
        no_lock,
        no_dedupe_of_journals,
        no_dedupe_of_items,
        drop_before_the_write,
        no_lock_of_writers,
        no_carry,
        no_temporary_file,
    )
}
