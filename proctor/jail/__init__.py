"""The jail: a Jupyter kernel for untrusted code, inside bubblewrap.

    kernelspec  ->  provisioner  ->  view, submission, command  ->  bwrap  ->  launcher -> ipykernel
    (Jupyter's side)              (what is seen, and how)                   (the student's side)

    the grader's:   provisioner  ->  nurseries  ->  nursery  ->  bwrap  ->  zygote -> partition -> launcher -> ipykernel
                                                           (one for each worker)  (a fork for each submission)

The modules, from the faces down: `kernelspec` offers the kernel to Jupyter, and `manager` to the grader;
`provisioner` starts and ends one, as `settings` say; `start` puts it together: `submission` packs the
student's folder, `view` and `fonts` say what is seen, `limits` and `seccomp` what may be used, and
`command` spells it all for the bubblewrap that `bwrap` found to work; `process` owns what runs, and `watch`
its memory. Many kernels in a row come from a `nursery`, which holds a preloaded process, `zygote`, and forks it; each
fork makes namespaces of its own (`partition`) and is held from outside as an `offspring`. Only `launcher`, `zygote`
and `partition` run inside.
"""
