"""The kernel "Python 3 (sandboxed)" for JupyterLab and the formgrader: plain ipykernel, in a sandbox.

- `kernelspec`: how Jupyter's clients ask for it.
- `provisioner`: starts and ends it, for any of Jupyter's kernel managers.
- `start`: puts it together: its sockets, its settings, its sandbox.
- `launcher`: what runs inside: unpacks the submission and becomes ipykernel.

Grading does not use it: there, an agent runs the cells (:mod:`proctor.session`).
"""
