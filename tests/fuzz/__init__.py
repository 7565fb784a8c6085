"""Coverage-guided fuzzing: five places where the program reads what it did not write."""
