"""The crash fuzzer: random work by real processes that die anywhere, and a model that says what must be left."""
