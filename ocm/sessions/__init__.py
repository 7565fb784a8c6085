"""The only room that writes session files, under the session's lock: imports what lies below, `base` to `index`."""
