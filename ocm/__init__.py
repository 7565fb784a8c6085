"""A checkpoint-driven, project-local session journal for AI coding assistants."""

__version__ = "0.1.0"
