"""The commands of `proctor`, one module each, with `add_arguments(parser)` and `run(args)`.

`COMMANDS` in `main` lists them. Two modules are no commands:

- `main`: finds the command, and translates errors into one line and an exit status.
- `course`: the course that a command works on, and arguments of many commands.
"""

from proctor.batch.imports import leave_out, spare_init

leave_out()
for package in ("nbformat", "nbgrader", "requests"):
    spare_init(package)
