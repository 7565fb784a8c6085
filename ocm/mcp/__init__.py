"""The door for assistants, `ocm serve`: answers tool calls, imports what lies below."""
