"""Answers to "what happened": read-only but for the cache, imports what lies below, up to `provenance`."""
