"""All that runs inside a sandbox: the shell that runs cells, and the server that answers hidden tests.

- `frames`, `values`: the protocol: frames over a socket, and the plain values in them.
- `kinds`, `tables`: more kinds of values: sets, dates, sparse matrices, pandas' tables.
- `streams`, `shell`: a notebook's shell, whose outputs go out as frames.
- `server`: answers the calls of hidden tests on the notebook's objects.
- `operations`: what is done to an object by an operator.
- `described`: descriptions of types, exceptions and figures, which stay in the sandbox.
- `callbacks`: objects of a hidden test, as the student's code sees them.
- `kept_arguments`, `files`, `surroundings`: a hidden test's lists that are changed later; its files; what it patches.
- `agent`: one submission: its cells, and the copies that are judged.
- `privileges`: sets the limits (rlimits), installs the filter for system calls and drops all privileges.
- `fork_server`: the preloaded process, which forks an agent for each submission.

It imports nothing of the rest of the package. Its source is shown in the sandbox as the package `agent`; the grader
imports it, too, so that the protocol, its values and the operators are described once. Whoever tampers with it in there
can only return other values.
"""
