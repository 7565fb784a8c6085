"""From a line to its commit, session and decision: read-only, imports what lies below, up to `sessions`."""
