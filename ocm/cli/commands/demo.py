"""`ocm demo`."""

import click


@click.command("demo")
def command() -> None:
    """Play a recorded conversation through hooks, gate, checkpoint and search, in a folder thrown away afterwards."""
    from ocm.cli import demo as player

    player.play()
