"""Looking after it: rebuild-index, status, doctor, serve, config, demo."""

import os

import click

from ocm.base.errors import OcmError
from ocm.commands import common, complete
from ocm.store import paths
from ocm.ui import layout, output

_NAMED = 10


@click.command("rebuild-index")
@common.project_option
@common.json_option
def rebuild_index(*, project: str | None, as_json: bool) -> None:
    """Make the cache anew from the session files, and link them with the commits that git has now."""
    from ocm.index import sync
    from ocm.provenance import commit_links

    store = common.find_store(project)
    found = sync.rebuild(store, output.progress(as_json=as_json))
    commit_links.look(store, lambda _: None, progress=output.progress(as_json=as_json))
    if as_json:
        output.as_json({"read": found.read, "unreadable": [{"file": f, "error": e} for f, e in found.unreadable]})
    else:
        output.say(f"Read {found.read} sessions.")
    if found.unreadable:
        some = "; ".join(f"{file} ({error})" for file, error in found.unreadable[:_NAMED])
        more = " and others, which --json lists" if len(found.unreadable) > _NAMED else ""
        raise OcmError(
            f"{len(found.unreadable)} of the session files could not be read: {some}{more}.",
            "The rest works; correct them in an editor.",
        )


@click.command()
@common.project_option
@common.json_option
def status(*, project: str | None, as_json: bool) -> None:
    """Show the store, the active sessions and the gate."""
    from ocm.recall import show

    with common.notices() as notice:
        found = show.status(common.find_store(project), notice)
    if as_json:
        output.as_json(found)
    else:
        layout.status(found)


def overview() -> None:
    """Say where one stands, and what can be done next."""
    from ocm import standpoint

    layout.overview(standpoint.look(os.environ.get("OCM_PROJECT_DIR") or os.getcwd(), output.notice))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(*, shell: str) -> None:
    """Print what makes a shell complete commands, options, sessions, hosts and settings.

    bash: eval "$(ocm completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc. fish: ocm completion fish >
    ~/.config/fish/completions/ocm.fish
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    found = get_completion_class(shell)
    if found:  # pragma: no branch - click has all three
        script = found(root.command, {}, "ocm", "_OCM_COMPLETE")
        click.echo(script.source_template % script.source_vars())


@click.command()
@common.project_option
@common.json_option
def stats(*, project: str | None, as_json: bool) -> None:
    """Show figures: what was recorded when and by whom, what the gate did, what it cost and saves.

    A token is four characters. What is saved is the difference between the brief that a new conversation begins with
    and all sessions read whole.
    """
    from ocm.recall import stats as figures

    store = common.find_store(project)
    found = figures.collect(store, output.notice, output.progress(as_json=as_json))
    if as_json:
        output.as_json(found)
    else:
        layout.stats(found)


@click.command()
@common.project_option
@click.option("--fix", is_flag=True, help="Mend what is safe: only what is ocm's own.")
@common.json_option
def doctor(*, project: str | None, fix: bool, as_json: bool) -> None:
    """Prove that hosts, hooks, server and store work, and say what does not."""
    from ocm.doctor import doctor as checks

    where = project or os.environ.get("OCM_PROJECT_DIR") or os.getcwd()
    report = checks.fix(where) if fix else checks.examine(where)
    if as_json:
        output.as_json(report.as_json())
    else:
        output.report(report.as_json())
    if report.findings:
        raise click.exceptions.Exit(1)


@click.command()
@common.project_option
@click.option("--transport", type=click.Choice(["stdio", "http"]), default="stdio", show_default=True)
@click.option("--port", default=8765, show_default=True, help="For http, which listens on 127.0.0.1 only.")
@click.option("-f", "--foreground", is_flag=True, hidden=True, help="Accepted for old scripts; it always is.")
def serve(*, project: str | None, transport: str, port: int, foreground: bool) -> None:  # noqa: ARG001
    """Run the MCP server; assistants start it themselves."""
    from ocm.mcp import server

    server.serve(project, transport, port)


@click.group(cls=common.Group)
def config() -> None:
    """Show and change settings: defaults < yours < the project's < the environment."""


@config.command("list")
@common.project_option
@common.json_option
def config_list(*, project: str | None, as_json: bool) -> None:
    """Show every setting."""
    from ocm.redaction import user_rules
    from ocm.store import config as values

    store = common.find_store(project)
    found = {**values.load(paths.user_store(), store.path), **user_rules.shown(paths.user_store(), store.path)}
    if as_json:
        output.as_json(found)
    else:
        for name, value in found.items():
            output.say(f"{name} = {value}")


@config.command("get")
@common.project_option
@click.argument("name", shell_complete=complete.settings)
def config_get(*, project: str | None, name: str) -> None:
    """Print one setting."""
    from ocm.redaction import user_rules
    from ocm.setup import settings
    from ocm.store import config as values

    settings.check_name(name)
    stores = paths.user_store(), common.find_store(project).path
    found = {**values.load(*stores), **user_rules.shown(*stores)}
    output.say(str(found.get(name, "")))


@config.command("set")
@common.project_option
@click.option("--global", "everywhere", is_flag=True, help="For all projects.")
@click.argument("name", shell_complete=complete.settings)
@click.argument("value")
def config_set(*, project: str | None, everywhere: bool, name: str, value: str) -> None:
    """Change one setting of this project."""
    from ocm.setup import settings

    settings.change(
        paths.own_store() if everywhere else common.find_store(project).path, name, value, everywhere=everywhere
    )
    if name == "gate.deny":
        output.say("Run `ocm init` once more, so that the hooks cover the calls this setting means.")


@config.command("unset")
@common.project_option
@click.option("--global", "everywhere", is_flag=True, help="For all projects.")
@click.argument("name", shell_complete=complete.settings)
def config_unset(*, project: str | None, everywhere: bool, name: str) -> None:
    """Give one setting its default back."""
    from ocm.setup import settings

    settings.change(paths.own_store() if everywhere else common.find_store(project).path, name, None)


@click.command()
def demo() -> None:
    """Play a recorded conversation through hooks, gate, checkpoint and search, in a folder thrown away afterwards."""
    from ocm import demo as player

    player.play()
