"""The command line's entry: one group of commands, each loaded when it is asked for, and one exit door."""

import contextlib
import keyword
import os
import sys
from collections import UserDict
from collections.abc import Iterator
from importlib import import_module

import click

from ocm import __version__
from ocm.base.errors import BadInputError, suggestion
from ocm.cli import completion, options
from ocm.ui import layout, output

# Every command by section, with its summary: a list of them loads none, and most take longer to load than to run.
SECTIONS: dict[str, dict[str, str]] = {
    "Set up": {
        "init": "Set up this project for the assistants found here.",
        "install": "Set up ocm for all your projects.",
        "uninstall": "Remove ocm again; the sessions stay.",
        "doctor": "Check that hosts, hooks, server and store work.",
        "config": "Show and change settings.",
        "trust": "Accept a session store that was not made here.",
        "completion": "Print the shell completion script.",
    },
    "Work": {
        "checkpoint": "Save what a session did, decided and left open.",
        "resume": "Print a brief to pick the work up from.",
        "todo": "List what is to be done, or add to it.",
        "done": "Tick an item off the list of what is to be done.",
        "drop": "Take an item off the list without its being done.",
        "note": "Keep a note of your own.",
        "edit": "Correct a session.",
        "merge": "Make one session of two that are one.",
        "undo": "Undo the last change by hand.",
        "status": "Show the store, the active sessions and the gate.",
        "serve": "Run the MCP server; assistants start it.",
        "demo": "Play a recorded conversation in a throw-away folder.",
    },
    "Find": {
        "list": "List the newest sessions.",
        "search": "Search earlier sessions in plain words.",
        "show": "Show one session.",
        "timeline": "Show what was done when.",
        "why": "Show why a line is there.",
        "explain": "Show which sessions a commit comes from.",
        "related": "Show which sessions have to do with one, or with a file.",
        "commits": "List the commits that a session's work ended in.",
        "decisions": "List the decisions in force.",
        "problems": "List the problems that are still open.",
        "stats": "Show figures about sessions, gate and cost.",
    },
    "Maintain": {
        "rebuild-index": "Rebuild the cache from the session files.",
        "redact-scan": "Find secrets in what is already stored.",
        "forget": "Remove a session for good.",
        "prune": "Move old sessions into the archive.",
        "export": "Print a session's path, or write all to one file.",
        "import": "Add conversations that other tools recorded, or an export.",
        "help": "Show what a command does.",
    },
}


class _Commands(UserDict[str, click.Command]):
    """The commands by name; each is loaded when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        """Load a command."""
        if name not in self:
            raise KeyError(name)
        if name not in self.data:
            module = name.replace("-", "_")
            module += "_" if keyword.iskeyword(module) else ""
            self.data[name] = import_module(f"ocm.cli.commands.{module}").command
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a command."""
        return any(name in commands for commands in SECTIONS.values())

    def __iter__(self) -> Iterator[str]:
        """Name every command."""
        return (name for commands in SECTIONS.values() for name in commands)

    def __len__(self) -> int:
        """Count them."""
        return sum(map(len, SECTIONS.values()))


class _Ocm(options.Group):
    """The whole command line, listed by section."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write every command with its summary, without loading one."""
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


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
    except click.Abort as error:
        if isinstance(error.__context__, EOFError):
            output.leave("Nobody answered the question, so nothing was changed. Where nobody can, give --yes.", 1)
        raise KeyboardInterrupt from None
    except SystemExit:
        if sys.stdout is not stdout:  # so click marks a pipe that nobody reads
            raise BrokenPipeError from None
        raise


def _nearest(error: click.ClickException) -> str:
    """Return a question after the nearest value that an option takes, where it takes but some."""
    kind = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    typed = error.message.split("'")
    return suggestion(typed[1], map(str, kind.choices)) if isinstance(kind, click.Choice) and len(typed) > 1 else ""


@click.group(
    cls=_Ocm,
    invoke_without_command=True,
    commands=_Commands(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="ocm %(version)s")
@click.pass_context
def ocm(context: click.Context) -> None:
    """A journal of what you and your coding assistant did, kept in the project and found again.

    Without a command it shows where you stand.
    """
    if context.invoked_subcommand is None:
        from ocm.cli import overview

        layout.overview(overview.look(os.environ.get("OCM_PROJECT_DIR") or os.getcwd(), output.notice))


@ocm.command("help")
@click.argument("command", required=False, shell_complete=completion.commands)
@click.pass_context
def help_command(context: click.Context, command: str | None) -> None:
    """Show what a command does."""
    parent = context.parent or context
    found = ocm.get_command(parent, command) if command else ocm
    if found is None:
        there_are = ocm.list_commands(parent)
        raise BadInputError(
            f"There is no command {command!r}.",
            f"{suggestion(command or '', there_are)}There are: {', '.join(there_are)}.",
        )
    with click.Context(found, info_name=command or "ocm", parent=parent if command else None) as inner:
        click.echo(found.get_help(inner))
