"""What git knows of a work tree, asked through one runner: reads the repository and writes nothing, imports what lies below."""
