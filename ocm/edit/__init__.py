"""Lossless edits of other people's text, str to str: touches nothing, imports `base`."""
