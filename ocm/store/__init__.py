"""The files of `.openCodeMemory` that hooks append to or read, with the standard library alone: imports `base`."""
