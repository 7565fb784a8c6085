"""Session text to `Session` and back; the only importer of markdown_it and yaml: touches nothing, imports `base`."""
