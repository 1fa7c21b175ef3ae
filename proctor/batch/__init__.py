"""Grades many submissions at once: the head prepares and saves, workers execute and judge."""
