"""What git knows of a work tree, through one runner; writes nothing, imports `base`, `store` and `markdown`."""
