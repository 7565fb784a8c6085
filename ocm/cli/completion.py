"""What a shell offers while a command line is typed; whatever goes wrong, it offers nothing."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from ocm.base.errors import OcmError
from ocm.cli import quick_commands
from ocm.store.paths import Store

_MOST = 200
Offers = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _offered(names: Callable[[click.Context], Iterable[tuple[str, str]]]) -> Offers:
    """Return what offers those of `names`, each with a few words about it, that begin as what was typed."""

    def offer(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
        try:
            found = [CompletionItem(name, help=about) for name, about in names(context) if name.startswith(typed)]
        except (OcmError, OSError):
            return []
        return found[:_MOST]

    return offer


def _store(context: click.Context) -> Store:
    return quick_commands.find_store(context.params.get("project"))


def _sessions(context: click.Context) -> Iterable[tuple[str, str]]:
    from ocm.recall import listing

    called = listing.called(_store(context))
    yield "latest", "the session worked on last"
    yield from called


def _hosts(_: click.Context) -> Iterable[tuple[str, str]]:
    from ocm.setup import install

    return install.host_titles().items()


def _settings(_: click.Context) -> Iterable[tuple[str, str]]:
    from ocm.setup import settings

    return ((name, "") for name in settings.names())


def _sections(_: click.Context) -> Iterable[tuple[str, str]]:
    from ocm.base.model import SECTIONS

    return ((name, "") for name in SECTIONS)


def _statuses(_: click.Context) -> Iterable[tuple[str, str]]:
    from ocm.base.values import STATUSES

    return ((name, "") for name in STATUSES)


def _commands(context: click.Context) -> Iterable[tuple[str, str]]:
    root = context.find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    return ((name, "") for name in names)


def _recorded(column: str) -> Callable[[click.Context], Iterable[tuple[str, str]]]:
    def names(context: click.Context) -> Iterable[tuple[str, str]]:
        from ocm.index import access

        rows = access.read(_store(context), lambda cache: cache.sessions())
        return ((name, "") for name in dict.fromkeys(getattr(row, column) for row in rows) if name)

    return names


sessions = _offered(_sessions)
hosts = _offered(_hosts)
settings = _offered(_settings)
sections = _offered(_sections)
statuses = _offered(_statuses)
commands = _offered(_commands)
tools = _offered(_recorded("tool"))
branches = _offered(_recorded("branch"))
