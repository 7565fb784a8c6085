"""The only room that edits files of others, and only through a `Plan`: imports `base`, `edit`, `store` and `hosts`."""
