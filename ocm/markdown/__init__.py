"""Session text to `Session` and back, and the only importer of markdown_it and yaml: touches nothing, imports `base`."""
