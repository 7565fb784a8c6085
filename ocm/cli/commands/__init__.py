"""One file a command, with the command's name: imports what the command needs when it runs."""
