"""The jail: a Jupyter kernel for untrusted code, inside bubblewrap.

    kernelspec  ->  provisioner  ->  view, submission, command  ->  bwrap  ->  launcher -> ipykernel
    (Jupyter's side)              (what is seen, and how)                   (the student's side)

The modules, from the faces down: `kernelspec` offers the kernel to Jupyter, and `manager` to the grader;
`provisioner` starts and ends one, as `settings` say; `start` puts it together: `submission` packs the
student's folder, `view` and `fonts` say what is seen, `limits` and `seccomp` what may be used, and
`command` spells it all for the bubblewrap that `bwrap` found to work; `process` owns what runs, and `watch`
its memory. `launcher` is the only one that runs inside.
"""
