"""The command line inside a sandbox: python -m agent SETTINGS.

SETTINGS is a JSON file. With `control` (a descriptor) and `preload` (modules) the process becomes a fork server; with
`end` (a descriptor) and the settings of `privileges.drop_privileges`, one agent, for one submission.
"""

import json
import os
import signal
import socket
import sys

from . import fork_server, privileges, shell
from .agent import Agent, close_all_but, point_nowhere
from .streams import Display


def main(path):
    """Become a fork server or an agent."""
    sys.path.remove(os.getcwd())  # our own folder, which is no student's business
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    if "control" in settings:
        close_all_but(settings["control"])
        fork_server.run(settings["control"], settings["preload"])
        return
    close_all_but(settings["end"])
    if os.getpid() != os.getpgrp():
        os.setsid()
    privileges.drop_privileges(settings)
    notebook_shell = shell.build(Display())
    fork_server.forget_ourselves()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    point_nowhere()
    Agent(socket.socket(fileno=settings["end"]), notebook_shell).serve()


main(sys.argv[1])
