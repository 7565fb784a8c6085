"""What commands share: finding the store, and the options that many of them take."""

import click

from ocm.base.errors import OcmError, suggestion
from ocm.cli import completion
from ocm.cli.quick_commands import find_store, notices

__all__ = ["Group", "dry_run_option", "find_store", "json_option", "notices", "project_option", "tool_option"]

_NAMED = 10  # troubles that an error names
project_option = click.option("--project", metavar="DIR", help="The project (default: the one around this folder).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else on stdout.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, as a diff, and change nothing.")
tool_option = click.option(
    "--tool", metavar="T", shell_complete=completion.tools, help="Only sessions of this assistant."
)


class Group(click.Group):
    """Commands by name; one that is mistyped is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant.

        Raises:
            click.UsageError: there is none of that name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}. {suggestion(name, self.list_commands(ctx))}".rstrip())
        return super().resolve_command(ctx, args)


def report_troubles(troubles: list[str]) -> None:
    """End with what could not be carried along, if there is anything.

    Raises:
        OcmError: naming it.
    """
    if troubles:
        some = "; ".join(troubles[:_NAMED])
        raise OcmError(f"{len(troubles)} sessions were left out: {some}.", "The rest is done; correct these files.")
