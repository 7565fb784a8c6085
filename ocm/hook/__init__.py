"""The door for hosts, `ocm-hook`: appends to the journal and answers, imports `store` and `hosts`, and the rest only for rare events."""
