"""The jail: a Jupyter kernel for untrusted code, inside bubblewrap.

    kernelspec  ->  provisioner  ->  view, submission, command  ->  bwrap  ->  launcher -> ipykernel
    (Jupyter's side)              (what is seen, and how)                   (the student's side)

The modules, from the faces down: `kernelspec` offers the kernel to Jupyter, `provisioner` starts and ends one
for a kernel manager, `process` owns the running jail, `command` spells it for bubblewrap, `view` says which
files are seen, `submission` packs the student's folder, `limits` and `seccomp` say what it may use, `bwrap`
finds a bubblewrap that works, and `launcher` is the only one that runs inside.
"""
