"""The kernelspec of the sandboxed kernel."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from proctor.jupyter_kernel.kernelspec import KERNEL_NAME, PROVISIONER_NAME, install_kernelspec
from proctor.jupyter_kernel.start import LAUNCHER

if TYPE_CHECKING:
    from pathlib import Path


class TestKernelspec:
    """The kernelspec, as Jupyter reads it."""

    def test_installed_where_jupyter_looks(self, tmp_path: Path) -> None:
        """The kernelspec names the provisioner, interrupts by message, and is the same each time."""
        folder = install_kernelspec(tmp_path)
        assert folder == tmp_path / "share/jupyter/kernels" / KERNEL_NAME
        text = (folder / "kernel.json").read_text()
        spec = json.loads(text)
        assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == PROVISIONER_NAME
        assert spec["interrupt_mode"] == "message"
        install_kernelspec(tmp_path)
        assert (folder / "kernel.json").read_text() == text

    def test_client_without_provisioners_runs_nothing(self, tmp_path: Path) -> None:
        """A client that ignores the provisioner starts no kernel without the sandbox: it gets a sentence."""
        spec = json.loads((install_kernelspec(tmp_path) / "kernel.json").read_text())
        done = subprocess.run(spec["argv"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "runs in a sandbox" in done.stderr
        assert "Traceback" not in done.stderr


def test_launcher_stands_alone() -> None:
    """The launcher is handed over as text, so it imports nothing of the package."""
    source = LAUNCHER.read_text()
    assert "import proctor" not in source
    assert "from proctor" not in source
