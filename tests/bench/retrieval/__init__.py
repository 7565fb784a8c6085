"""How well the past is found, and in how few tokens: `python -m tests.bench.retrieval SET…`."""
