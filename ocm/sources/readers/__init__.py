"""One module a history: finds, recognises and tells its conversations; imports `sources`, `base`."""
