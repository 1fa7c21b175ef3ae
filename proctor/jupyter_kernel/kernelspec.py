"""The kernelspec "Python 3 (sandboxed)": how Jupyter's clients ask for a kernel in a sandbox."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

KERNEL_NAME = "python3-sandboxed"
DISPLAY_NAME = "Python 3 (sandboxed)"
PROVISIONER_NAME = "proctor-sandbox"

REFUSAL = (
    "raise SystemExit('This kernel runs in a sandbox, which its provisioner builds: install the package proctor "
    "and jupyter_client 7 or later into the environment of the program that starts it.')"
)


def kernelspec() -> dict[str, Any]:
    """Return the content of `kernel.json`.

    The command is never run by our provisioner, which has one of its own. A client that does not know
    provisioners does run it, and must not start student code without the sandbox: so it says what is missing.
    The same text is installed with the package (data/share/jupyter), so it names no path of this machine.
    """
    return {
        "argv": ["python", "-c", REFUSAL, "-f", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "python",
        "interrupt_mode": "message",  # a signal would reach bubblewrap, not the kernel inside
        "metadata": {
            "kernel_provisioner": {"provisioner_name": PROVISIONER_NAME, "config": {}},
        },
    }


def asked_for() -> dict[str, str]:
    """Return what a notebook's metadata say, under `kernelspec`, to be opened with the sandboxed kernel."""
    return {"name": KERNEL_NAME, "display_name": DISPLAY_NAME, "language": "python"}


def install_kernelspec(prefix: str | Path = sys.prefix) -> Path:
    """Write the kernelspec below `prefix`, for JupyterLab to offer, and return its folder."""
    folder = Path(prefix) / "share" / "jupyter" / "kernels" / KERNEL_NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(kernelspec(), indent=1) + "\n")
    return folder
