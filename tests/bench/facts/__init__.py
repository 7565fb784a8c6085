"""How much of what a transcript says mechanically comes out of the readers: prompts, files, commits, times."""
