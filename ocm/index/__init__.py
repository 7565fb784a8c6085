"""`memory.db` and all SQL: may delete and rebuild that one file, imports `base`, `store` and `markdown`."""
