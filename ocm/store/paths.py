"""One way to find the project and its store, for hook, command line and server alike: no git process, no imports."""

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

STORE = ".openCodeMemory"
SESSIONS, ARCHIVE, COPIES = "sessions", "archive", "copies"  # folders of a store
_PAGE = "readme.md"  # what people put into any folder, to say what is in it
TEMPORARY = ".ocm-tmp-"  # how the name of a file begins that is being written
_LINK, _REF = "gitdir:", "ref:"
_MOST_REFS = 5  # that name another one, as git follows them
_ID_LENGTHS, _HEX = (40, 64), frozenset("0123456789abcdef")
# Nothing in a store is followed out of it, and no pipe in it is waited for: a cloned project may have brought it along.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
MAX_SESSION_FILE = MAX_JOURNAL_FILE = MAX_LOG_FILE = 64 * 1024 * 1024  # a day of work is a hundredth of it
MAX_USER_FILE = 16 * 1024 * 1024  # of the user store: what is registered and what is trusted
_MEGABYTE = 1024 * 1024
_KIND, _REGULAR, _LINK_KIND = 0o170000, 0o100000, 0o120000  # as in `stat`, which need not be loaded for it
_LINKED = {errno.ELOOP, errno.EMLINK}  # what opening says of a link that it was not to follow
NO_HOME = "There is no user store, because the home directory is empty, relative or the root of the disk."


class Store:
    """Where a store lies (`path`) and which work tree its caller is in (`root`, absolute)."""

    __slots__ = ("is_user", "path", "root")

    def __init__(self, path: str, root: str, *, is_user: bool = False) -> None:
        """Keep the absolute paths; `is_user` marks the store of the whole user, which serves many roots."""
        self.path = path
        self.root = root
        self.is_user = is_user

    @property
    def sessions(self) -> str:
        """The folder of the session files."""
        return os.path.join(self.path, SESSIONS)

    @property
    def database(self) -> str:
        """The cache."""
        return os.path.join(self.path, "memory.db")

    @property
    def archive(self) -> "Store":
        """The store of the archived sessions, which lies within this one."""
        return Store(os.path.join(self.path, ARCHIVE), self.root, is_user=self.is_user)


class UnfitFileError(OSError):
    """A file is a link, a folder, a pipe or a device, or larger than it may be; `strerror` says which."""

    strerror: str


def open_regular(path: str, limit: int, *, follow: bool = False) -> "BinaryIO":
    """Open a regular file of at most `limit` bytes for reading; with `follow` it may be a link, as settings often are.

    What is judged is the open file itself, so that nobody can put another in its place meanwhile.

    Raises:
        UnfitFileError: it is something else, or larger.
        OSError: there is none, or it cannot be opened.
    """
    try:
        descriptor = os.open(path, _reading(path, follow=follow))
    except OSError as error:
        if error.errno == errno.ENXIO or (error.errno in _LINKED and not follow):  # a socket, or a link
            raise _unfit(path) from None
        raise
    try:
        found = os.fstat(descriptor)
        if found.st_mode & _KIND != _REGULAR:
            raise _unfit(path)
        if found.st_size > limit:
            raise UnfitFileError(errno.EFBIG, f"it is larger than {_size(limit)}", path)
        return open(descriptor, "rb")
    except OSError:
        os.close(descriptor)
        raise


def _reading(path: str, *, follow: bool) -> int:
    """Return the flags to open a file with."""
    no_follow = getattr(os, "O_NOFOLLOW", 0)
    if not follow and not no_follow and os.lstat(path).st_mode & _KIND == _LINK_KIND:  # pragma: no cover - Windows
        raise _unfit(path)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | NO_FOLLOW
    return flags & ~no_follow if follow else flags


def _unfit(path: str) -> UnfitFileError:
    return UnfitFileError(errno.EINVAL, "it is not a regular file", path)


def _size(limit: int) -> str:
    return f"{limit // _MEGABYTE} MB" if limit >= _MEGABYTE else f"{limit // 1024} kB"


def read_regular(path: str, limit: int, *, follow: bool = False) -> bytes:
    """Return what a regular file of at most `limit` bytes holds.

    Raises:
        UnfitFileError: it is something else, or larger.
        OSError: there is none, or it cannot be read.
    """
    with open_regular(path, limit, follow=follow) as file:
        return content(file, limit)


def content(file: "BinaryIO", limit: int) -> bytes:
    """Return at most `limit` bytes of an open file; room is made for what it holds, not for what it may hold."""
    return file.read(min(limit, os.fstat(file.fileno()).st_size + 1))


def is_session_file(name: str) -> bool:
    """Return whether `name` can be that of a session file, lying directly in its folder; a page about it is none."""
    is_plain = "/" not in name if os.sep == "/" else os.path.basename(name) == name
    return name.endswith(".md") and name[0] != "." and is_plain and name.lower() != _PAGE


def user_store() -> str:
    """Return the folder of the user store and the registry, empty where there can be none; `OCM_HOME` moves it.

    A home that is empty, relative or the root of the disk is nobody's: what lay there would be the store of whatever
    folder a process is in, or of every project of every user.
    """
    moved = os.environ.get("OCM_HOME")
    home = moved or os.path.expanduser("~")
    if not os.path.isabs(home) or _is_root(os.path.abspath(home)):
        return ""
    return moved or os.path.join(home, STORE)


def own_store() -> str:
    """Return the same for whoever is about to write there.

    Raises:
        NoStoreError: there can be none.
    """
    from ocm.base.errors import NoStoreError

    found = user_store()
    if not found:
        raise NoStoreError(NO_HOME, "Set HOME, or OCM_HOME, to a folder of your own.")
    return found


def in_user_store(name: str) -> str:
    """Return the path of a file of the user store; where there can be none, the empty one, which names no file."""
    store = user_store()
    return os.path.join(store, name) if store else ""


def _is_root(folder: str) -> bool:
    return os.path.dirname(folder) == folder


def find_store(start: str) -> "Store | None":
    """Return the store that serves the directory `start`, or None.

    The nearest one upwards; in a linked git worktree the main worktree's; else the user store, if there is one. One in
    the root of the disk, where all projects of all users lie, serves only who works in that very folder.
    """
    start = os.path.abspath(start)
    user = user_store() and os.path.realpath(user_store())
    folder = start
    while folder != "/" or folder == start:
        for home in shared_homes(folder):
            if _is_store(os.path.join(home, STORE), folder):
                return Store(os.path.join(home, STORE), folder)
        path = os.path.join(folder, STORE)
        if _is_store(path, folder) and os.path.realpath(path) != user:
            return Store(path, folder)
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    if user and os.path.isdir(os.path.join(user, SESSIONS)):
        return Store(user, work_tree(start) or start, is_user=True)
    return None


def _is_store(path: str, folder: str) -> bool:
    """Return whether `path` is a store of who works in `folder`, and lies where it seems to.

    A link would lead what is written elsewhere, and one that a stranger put into a folder such as `/tmp`, which all
    may write to, would let him read it.
    """
    return os.path.isdir(path) and not escapes_project(path) and not _is_strangers(path, folder)


def _is_strangers(path: str, folder: str) -> bool:
    """Return whether `path` belongs to neither this user, nor the superuser, nor whoever owns `folder` itself."""
    if not hasattr(os, "geteuid"):
        return False  # pragma: no cover - Windows has no such owners
    owner = os.stat(path).st_uid
    return owner not in {0, os.geteuid()} and owner != os.stat(folder).st_uid


def escapes_project(path: str) -> bool:
    """Return whether the store `path`, or its folder of sessions, is a link to somewhere outside of the project.

    The same of a folder in a store, which must not lead out of that.
    """
    if not os.path.islink(path) and not os.path.islink(os.path.join(path, SESSIONS)):
        return False
    inside = os.path.join(os.path.realpath(os.path.dirname(path)), "")
    return not all(os.path.realpath(one).startswith(inside) for one in (path, os.path.join(path, SESSIONS)))


def relative(store: Store, path: str) -> str:
    """Return a path as sessions record it: relative to the project, with forward slashes."""
    if os.path.isabs(path):
        inside = os.path.relpath(os.path.realpath(path), os.path.realpath(store.root))
        path = path if inside.startswith("..") else inside
    return path.replace(os.sep, "/").removeprefix("./").rstrip("/")


def shown(path: str) -> str:
    """Return a path as a text names it: an absolute one from the user's home on, elsewhere by its name alone."""
    plain = path.replace(os.sep, "/")
    if not plain.startswith("/") and plain[1:3] != ":/":
        return path
    home = os.path.expanduser("~")
    for base in {home, os.path.realpath(home)}:
        top = base.replace(os.sep, "/").rstrip("/") + "/"
        if top != "/" and plain.startswith(top):
            return "~/" + plain[len(top) :]
    return plain.rstrip("/").rpartition("/")[2]


def named(store: Store, path: str) -> str:
    """Return a path as typed in this folder, from the project's top."""
    here = os.path.abspath(path)
    return relative(store, here if os.path.lexists(here) else os.path.normpath(path))


def work_tree(start: str) -> str | None:
    """Return the nearest folder upwards from `start` that holds `.git`, or None."""
    folder = os.path.abspath(start)
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def main_worktree(folder: str) -> str | None:
    """Return the main worktree when `folder` is the top of a linked one, else None.

    Linked worktrees of a bare repository have no main one: the folder around it stands for it where that says so in a
    `.git` of its own, else the repository folder itself.
    """
    common = shared_git_dir(folder)
    if not common:
        return None  # a submodule as well: its .git file links, but it shares nothing
    around = os.path.dirname(common)
    named = linked_git_dir(around)
    is_inside = os.path.basename(common) == ".git" or (named is not None and os.path.realpath(named) == common)
    return around if is_inside else common


def shared_homes(folder: str) -> list[str]:
    """Return where a store may lie that `folder` shares with other folders of its repository, the likeliest first."""
    git_dir = linked_git_dir(folder)
    if git_dir is None:
        return []
    main, common = main_worktree(folder), shared_git_dir(folder)
    if main:
        return [main] if main == common or os.path.basename(common) == ".git" else [main, common]
    bare = os.path.realpath(git_dir)  # it lies in the folder itself, else anyone's could be named
    return [folder, bare] if os.path.dirname(bare) == os.path.realpath(folder) else []


def shared_git_dir(folder: str) -> str:
    """Return the git folder that `folder`, the top of a linked worktree, shares with others; empty where it is none.

    What a `.git` file names may be anyone's: so the worktree's own folder must lie among those that the shared one
    keeps, and point back, as git writes both.
    """
    named = linked_git_dir(folder)
    common = _first_line(os.path.join(named, "commondir")) if named else ""
    if not named or not common:
        return ""
    git_dir = os.path.realpath(named)
    common = os.path.realpath(os.path.join(git_dir, common))
    back = os.path.join(git_dir, _first_line(os.path.join(git_dir, "gitdir")))
    is_kept = os.path.dirname(git_dir) == os.path.join(common, "worktrees")
    return common if is_kept and os.path.realpath(back) == os.path.realpath(os.path.join(folder, ".git")) else ""


def git_head(root: str) -> tuple[str, str]:
    """Return the commit and the branch that `root` is at, each empty where there is none, read without git."""
    tree = work_tree(root)
    if tree is None:
        return "", ""
    git_dir = linked_git_dir(tree) or os.path.join(tree, ".git")
    head = _first_line(os.path.join(git_dir, "HEAD"))
    if not head.startswith(_REF):
        return object_id(head), ""
    ref = head[len(_REF) :].strip()
    if ref == "refs/heads/.invalid":  # what stands there where refs are kept in a table
        return "", ""
    common = os.path.join(git_dir, _first_line(os.path.join(git_dir, "commondir")))
    return _followed(git_dir, common, ref), ref.removeprefix("refs/heads/")


def branch_tips(root: str, refs: "list[str]") -> dict[str, str]:
    """Return the commits of those of `refs` (`refs/heads/main`) that there are, read without git."""
    tree = work_tree(root)
    if tree is None:
        return {}
    git_dir = linked_git_dir(tree) or os.path.join(tree, ".git")
    common = os.path.join(git_dir, _first_line(os.path.join(git_dir, "commondir")))
    found = {ref: _followed(git_dir, common, ref) for ref in refs}
    return {ref: sha for ref, sha in found.items() if sha}


def _followed(git_dir: str, common: str, ref: str) -> str:
    """Return the commit that a ref comes to, which may name another ref instead; empty where it comes to none."""
    for _ in range(_MOST_REFS):
        name = os.path.normpath(ref)
        if os.path.isabs(name) or name.startswith(os.pardir):
            return ""
        found = _first_line(os.path.join(git_dir, ref)) or _first_line(os.path.join(common, ref))
        found = found or _packed_ref(common, ref)
        if not found.startswith(_REF):
            return object_id(found)
        ref = found[len(_REF) :].strip()
    return ""


def object_id(text: str) -> str:
    """Return a text that can be the id of a commit, else nothing: the files of a repository hold whatever they hold."""
    return text if len(text) in _ID_LENGTHS and _HEX.issuperset(text) else ""


def linked_git_dir(folder: str) -> str | None:
    """Return the folder that the file `.git` of `folder` points to, or None where `.git` is no file."""
    link = os.path.join(folder, ".git")
    if not os.path.isfile(link):
        return None
    line = _first_line(link)
    is_path = line.startswith(_LINK) and "\0" not in line
    return os.path.join(folder, line[len(_LINK) :].strip()) if is_path else None


def _packed_ref(git_dir: str, ref: str) -> str:
    try:
        with open(os.path.join(git_dir, "packed-refs"), encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                if line.rstrip("\n").endswith(" " + ref):
                    return line.split(" ", 1)[0]
    except OSError:
        pass
    return ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline(4096).strip()
    except (OSError, ValueError):  # a name with a NUL, in a broken link
        return ""
