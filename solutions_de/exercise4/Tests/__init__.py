"""The self-checks: ordinary unittest modules, there to be read, run and learned from."""
