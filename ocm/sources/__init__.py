"""Histories of other tools, read and never written, into sessions: imports what lies below, `base` to `sessions`."""
