"""One module a host: what its hooks say, what it wants to hear, and where its configuration lives."""
