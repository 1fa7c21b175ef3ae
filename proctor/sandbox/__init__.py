"""Sandboxes for untrusted code, built by bubblewrap.

    settings, limits   what an instructor can set, and what one sandbox may use
    view, mounts       what is seen of this machine, and how bubblewrap is told
    bwrap, seccomp     a bubblewrap that works here, and the system calls that nobody in a sandbox needs
    process, memory    a running sandbox, its end, and the memory that it holds
    packing, fonts     what is brought in: a submission's files, Matplotlib's list of fonts
    fork_server        the trusted end of the preloaded process, one for each worker
    launch             starts an agent in a sandbox: forked where that is possible, else by itself

Bubblewrap is the only builder of namespaces and mounts, and `view` with `mounts` is the one description of what a
sandbox sees: a submission's, the fork server's, and that of a kernel in JupyterLab.
"""
