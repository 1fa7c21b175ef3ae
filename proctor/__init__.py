"""Grader of notebooks: student code in a sandbox, hidden tests outside it, and only calls and plain arrays between."""

__version__ = "0.1.0"
