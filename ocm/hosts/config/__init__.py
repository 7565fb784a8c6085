"""Where each host keeps its files, as edits of text: touches nothing, imports `base`, `edit` and `hosts`."""
