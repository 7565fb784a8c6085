"""`ocm demo`."""

import click


@click.command("demo")
def command() -> None:
    """Play a recorded conversation in a throw-away folder.

    It goes through the real hooks, gate, checkpoint and search.
    """
    from ocm.cli import demo as player

    player.play()
