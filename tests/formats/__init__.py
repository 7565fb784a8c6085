"""Stores as earlier formats wrote them, one folder each, with the cache compressed; `reference` is the reference system's."""
