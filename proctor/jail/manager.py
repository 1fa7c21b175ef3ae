"""Makes kernel managers for the grader: jailed, and with the wall's socket known before anything starts.

::

    manager = jailed_kernel_manager(config)
    listener = manager.provisioner.listen_on_wall()   # or listen at .wall_socket_host; the student's
    await manager.start_kernel(cwd=str(submission))   # side connects to .wall_socket_jail
    ...
    await manager.shutdown_kernel(now=True)           # ends everything in the jail, leaves no trace

The jail dies with the thread that started it, at the latest: Linux tells bubblewrap of the end of a thread.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import AsyncKernelManager

from proctor.jail.kernelspec import KERNEL_NAME, JailedKernelSpecManager
from proctor.jail.provisioner import JailProvisioner

if TYPE_CHECKING:
    from traitlets.config import Config


def jailed_kernel_manager(
    config: Config | None = None, *, manager_class: type = AsyncKernelManager, **settings: Any
) -> Any:
    """Return a manager whose kernel runs in the jail, with its private folder made; nothing is started.

    The provisioner is there at once, so that the grader can listen at `provisioner.wall_socket_host` first.
    `shutdown_kernel` removes everything, also where no kernel was started.

    Args:
        config: Jupyter's configuration, such as that of `nbgrader_config.py`.
        manager_class: `KernelManager` or one of its descendants.
        settings: traits of `JailProvisioner`, which override the configuration.

    Raises:
        JailUnavailable: if there is no jail on this machine.
    """
    manager = manager_class(
        kernel_name=KERNEL_NAME, kernel_spec_manager=JailedKernelSpecManager(), config=config
    )
    manager.kernel_id = str(uuid.uuid4())
    manager.provisioner = JailProvisioner(
        kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager, **settings
    )
    manager.provisioner.open()
    return manager
