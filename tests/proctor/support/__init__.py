"""Helpers of the tests and benchmarks: courses, classes, downloads, sandboxes and browsers."""
