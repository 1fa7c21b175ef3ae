"""Sandboxes for untrusted code, built by bubblewrap.

- `settings`: what an instructor can set, and what one sandbox may use.
- `visible_files`: what is seen of this machine.
- `mounts`: what else is inside, and how bubblewrap is told.
- `bwrap`: a bubblewrap that works here.
- `seccomp`: the system calls that nobody in a sandbox needs.
- `process`: a running sandbox, and its end.
- `memory`: the memory that a running sandbox holds, watched from outside.
- `packing`: what is brought in: a submission's files.
- `fork_server`: the grader's side of the preloaded process, one for each worker.
- `launch`: starts an agent in a sandbox, forked or by itself.
- `peer_process`: a process of the student's at the other end of a socket.

Bubblewrap is the only builder of namespaces and mounts, and `visible_files` with `mounts` is the one description of what
a sandbox sees: a submission's, the fork server's, and that of a kernel in JupyterLab.
"""
