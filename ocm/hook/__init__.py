"""The door for hosts, `ocm-hook`: appends to the journal, answers; imports `store`, `hosts`, else for rare events."""
