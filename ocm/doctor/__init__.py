"""Looks at everything and fixes what is ocm's own: imports what lies below, up to `setup`."""
