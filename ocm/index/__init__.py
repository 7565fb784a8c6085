"""`memory.db`, `transcripts.db` and all SQL: may delete and rebuild both, imports `base`, `store` and `markdown`."""
