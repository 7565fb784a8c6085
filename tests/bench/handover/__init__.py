"""The benchmark of handing over: scripted histories in real repositories, and what the next conversation is told."""
