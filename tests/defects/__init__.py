"""Behaviours that the reference system (openCodeMemory 0.2.0) gets wrong and this one must get right."""
