"""Writing files so that a crash leaves the old or the new one, and the locks. The only importer of filelock."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator

from filelock import FileLock, Timeout

from ocm.base.errors import OcmError
from ocm.store import paths

LOCK_SECONDS = 30.0
MAX_SETTINGS_FILE = 64 * 1024 * 1024  # of a host or of a person
_UPKEEP = "upkeep"
# What file systems say that know no links.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


def make_private_dir(path: str) -> None:
    """Create `path` and its parents where missing; the last one is for its user alone, whatever the umask."""
    os.makedirs(path, exist_ok=True)
    with contextlib.suppress(OSError):  # a store on a read-only or foreign file system can still be read
        if stat.S_IMODE(os.stat(path).st_mode) != stat.S_IRWXU:
            os.chmod(path, stat.S_IRWXU)


def make_inner_dir(path: str) -> None:
    """Create the folder `path` of a store where it is missing, for its user alone.

    Raises:
        OcmError: it is a link out of the store, as a cloned project may have brought it along.
    """
    if paths.escapes_project(path):
        raise OcmError(f"{path} is a link that leads out of the store.", "Look where it leads, and take it away.")
    make_private_dir(path)


def read_bytes(path: str) -> bytes | None:
    """Return what the file of a person or a host holds, wherever a link leads; None when there is no such file.

    Raises:
        UnfitFileError: it is not a regular file, or larger than any settings are.
        OSError: it cannot be read.
    """
    try:
        return paths.read_regular(path, MAX_SETTINGS_FILE, follow=True)
    except FileNotFoundError:
        return None


def atomic_write(path: str, data: bytes, *, mode: int = 0o600, owner: str = "", new: bool = False) -> None:
    """Replace `path` by `data`, durably: temporary file, fsync, rename, fsync of the folder.

    An existing file keeps its mode, and a symlink stays one (what it points to is replaced). An `owner`, who holds a
    lock, has one temporary file, so that what a killed process of his left is gone with his next write. One that is to
    be `new` replaces none, not even one that a machine made in this moment to which no lock of this one reaches.

    Raises:
        FileExistsError: it was to be new, and there is one.
        OSError: nothing was changed then; it names `path`.
    """
    with _named(path), contextlib.ExitStack() as undo:
        target = os.path.realpath(path)
        folder = os.path.dirname(target)
        with contextlib.suppress(FileNotFoundError):
            mode = stat.S_IMODE(os.stat(target).st_mode)
        descriptor, temporary = _temporary(folder, owner)
        undo.callback(_discard, temporary)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        _put(temporary, target, new=new)
        undo.pop_all()
        sync_folder(folder)


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Have an error name the file that was meant, not the temporary one."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = path, None
        raise


def _put(temporary: str, target: str, *, new: bool) -> None:
    """Give a temporary file its name; a link to it is what fails on every file system where the name is taken."""
    if new:
        try:
            os.link(temporary, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            new = False  # so there the lock is all that keeps two apart
    if new:
        os.unlink(temporary)
    else:
        os.replace(temporary, target)


def _discard(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)


def _temporary(folder: str, owner: str) -> tuple[int, str]:
    if not owner:
        return tempfile.mkstemp(prefix=paths.TEMPORARY, dir=folder)
    clear_temporary(folder, owner)
    path = os.path.join(folder, paths.TEMPORARY + owner)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), path


def clear_temporary(folder: str, owner: str) -> None:
    """Remove the temporary file that a killed process of `owner` left, whose lock the caller holds."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, paths.TEMPORARY + owner))


def sync_folder(path: str) -> None:
    """Make renames and removals in `path` durable, where the platform can."""
    if os.name == "nt":  # pragma: no cover - Windows has no fsync for folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def upkeep(store: str) -> Iterator[str]:
    """Hold the lock of whoever rewrites a store as a whole; what a killed one of them left in it is removed first.

    Yields the owner to write under, in this folder and those below.

    Raises:
        OcmError: another process is at it.
    """
    with locked(os.path.join(store, "upkeep.lock")):
        for folder, _, _ in os.walk(store):
            clear_temporary(folder, _UPKEEP)
        yield _UPKEEP


def clear_temporaries(folder: str, older_than: float) -> None:
    """Remove temporary files that a killed writer left in `folder` before the instant `older_than` (epoch seconds)."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(paths.TEMPORARY) and entry.stat(follow_symlinks=False).st_mtime < older_than:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def old_locks(folder: str, older_than: float) -> list[str]:
    """Return the names of the locks in `folder` that nobody took since the instant `older_than` (epoch seconds)."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name.endswith(".lock") and entry.stat(follow_symlinks=False).st_mtime < older_than
        ]
    return []


@contextlib.contextmanager
def locked(path: str, *, timeout: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the lock file `path` exclusively; it is gone again afterwards.

    Removing it while it is held is safe: filelock checks that the file it locked still has a name.

    Raises:
        OcmError: when another process holds it for longer than `timeout` seconds.
    """
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        raise OcmError(
            f"Another process has held {os.path.basename(path)} for {timeout:.0f} s.",
            "Try again in a moment; if it lasts, look for a stopped ocm process.",
        ) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows refuses while it is open; the empty file does no harm
            os.unlink(path)
        lock.release()
