"""The commands of `proctor`, one module each, with `add_arguments(parser)` and `run(args)`.

`main` finds the command and translates errors into one line and an exit status.
"""
