"""Text to redacted text, and the user's rules for it: touches nothing, imports `base` and `store`."""
