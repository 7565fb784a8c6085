"""`ocm completion`."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """Print the shell completion script.

    It completes commands, options, sessions, hosts and settings.

    bash: eval "$(ocm completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc. fish: ocm completion fish >
    ~/.config/fish/completions/ocm.fish
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    found = get_completion_class(shell)
    if found:  # pragma: no branch - click has all three
        script = found(root.command, {}, "ocm", "_OCM_COMPLETE")
        click.echo(script.source_template % script.source_vars())
