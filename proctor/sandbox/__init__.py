"""Sandboxes for untrusted code, built by bubblewrap.

    settings           what an instructor can set, and what one sandbox may use
    view, mounts       what is seen of this machine, what else is inside, and how bubblewrap is told
    bwrap, seccomp     a bubblewrap that works here, and the system calls that nobody in a sandbox needs
    process, memory    a running sandbox, its end, and the memory that it holds
    packing            what is brought in: a submission's files
    fork_server        the trusted end of the preloaded process, one for each worker
    launch, peer       starts an agent in a sandbox, forked or by itself; a process at the other end of a socket

Bubblewrap is the only builder of namespaces and mounts, and `view` with `mounts` is the one description of what a
sandbox sees: a submission's, the fork server's, and that of a kernel in JupyterLab.
"""
