"""The only room that prints, rows in and lines out: imports `base` and what names the rows."""
