"""The command line's entry: one group of commands, each loaded when it is asked for, and one exit door."""

import contextlib
import sys
from collections import UserDict
from collections.abc import Iterator
from importlib import import_module

import click

from ocm import __version__
from ocm.base.errors import BadInputError, meant
from ocm.commands import common, complete
from ocm.ui import output

# Where each command is; loading all of them takes longer than most commands take to run.
_PLACES = {
    "setup": "init install uninstall",
    "save": "checkpoint",
    "find": "list:list_command search show timeline export resume",
    "why": "why explain commits decisions problems",
    "care": "rebuild-index status stats doctor serve config demo completion",
    "keep": "redact-scan forget prune import:import_command trust",
}


class _Commands(UserDict[str, click.Command]):
    """The commands by name; `data` holds where each one is until it is asked for."""

    def __init__(self) -> None:
        """Know all of them, load none."""
        super().__init__()
        self.places = {
            name.partition(":")[0]: (module, name.partition(":")[2] or name.replace("-", "_"))
            for module, names in _PLACES.items()
            for name in names.split()
        }

    def __getitem__(self, name: str) -> click.Command:
        """Load a command."""
        if name not in self.data:
            module, attribute = self.places[name]
            self.data[name] = getattr(import_module(f"ocm.commands.{module}"), attribute)
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a command."""
        return name in self.places or name in self.data

    def __iter__(self) -> Iterator[str]:
        """Name every command."""
        return iter({**self.places, **self.data})

    def __len__(self) -> int:
        """Count them."""
        return len({**self.places, **self.data})


def main() -> None:
    """Run the command line; errors leave through the one exit door."""
    output.prepare()
    with output.exit_door(), _translated():
        sys.exit(ocm.main(output.arguments(), prog_name="ocm", standalone_mode=False) or 0)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the ways in which click ends a command into those that the exit door knows."""
    stdout = sys.stdout
    try:
        yield
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        output.leave(f"{error.format_message()} {_nearest(error)}See: ocm help", error.exit_code)
    except click.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:
        if sys.stdout is not stdout:  # so click marks a pipe that nobody reads
            raise BrokenPipeError from None
        raise


def _nearest(error: click.ClickException) -> str:
    """Return a question after the nearest value that an option takes, where it takes but some."""
    kind = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    typed = error.message.split("'")
    return meant(typed[1], map(str, kind.choices)) if isinstance(kind, click.Choice) and len(typed) > 1 else ""


@click.group(
    cls=common.Group,
    invoke_without_command=True,
    commands=_Commands(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="ocm %(version)s")
@click.pass_context
def ocm(context: click.Context) -> None:
    """A journal of what you and your coding assistant did, kept in the project and found again.

    Without a command it says where you stand.
    """
    if context.invoked_subcommand is None:
        from ocm.commands import care

        care.overview()


@ocm.command("help")
@click.argument("command", required=False, shell_complete=complete.commands)
@click.pass_context
def help_command(context: click.Context, command: str | None) -> None:
    """Show what a command does."""
    parent = context.parent or context
    found = ocm.get_command(parent, command) if command else ocm
    if found is None:
        there_are = ocm.list_commands(parent)
        raise BadInputError(
            f"There is no command {command!r}.", f"{meant(command or '', there_are)}There are: {', '.join(there_are)}."
        )
    with click.Context(found, info_name=command or "ocm", parent=parent if command else None) as inner:
        click.echo(found.get_help(inner))
