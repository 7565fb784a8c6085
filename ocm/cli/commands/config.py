"""`ocm config`, and what it does with one setting or all."""

import click

from ocm.cli import completion, options
from ocm.store import paths
from ocm.ui import output


@click.group("config", cls=options.Group)
def command() -> None:
    """Show and change settings.

    A value in the environment wins over one of the project, that over one of yours, and that over the default.
    """


@command.command("list")
@options.project_option
@options.json_option
def config_list(*, project: str | None, as_json: bool) -> None:
    """Show every setting."""
    from ocm.setup import settings

    found = settings.shown(options.find_store(project).path)
    if as_json:
        output.as_json(found)
    else:
        for name, value in found.items():
            output.say(f"{name} = {value}")


@command.command("get")
@options.project_option
@click.argument("name", shell_complete=completion.settings)
def config_get(*, project: str | None, name: str) -> None:
    """Print one setting."""
    from ocm.setup import settings

    settings.check_name(name)
    found = settings.shown(options.find_store(project).path)
    output.say(str(found.get(name, "")))


@command.command("set")
@options.project_option
@click.option("--global", "everywhere", is_flag=True, help="For all projects.")
@click.argument("name", shell_complete=completion.settings)
@click.argument("value")
def config_set(*, project: str | None, everywhere: bool, name: str, value: str) -> None:
    """Change one setting of this project."""
    from ocm.setup import settings

    settings.change(
        paths.own_store() if everywhere else options.find_store(project).path, name, value, everywhere=everywhere
    )
    if name == "gate.deny":
        output.say("Run `ocm init` once more, so that the hooks cover the calls that this setting names.")


@command.command("unset")
@options.project_option
@click.option("--global", "everywhere", is_flag=True, help="For all projects.")
@click.argument("name", shell_complete=completion.settings)
def config_unset(*, project: str | None, everywhere: bool, name: str) -> None:
    """Reset one setting to its default."""
    from ocm.setup import settings

    settings.change(paths.own_store() if everywhere else options.find_store(project).path, name, None)
