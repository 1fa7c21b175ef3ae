"""Limits of a sandbox, and how bubblewrap is told."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import unittest.mock
from pathlib import Path

import pytest
from traitlets import TraitError

from proctor.sandbox.memory import held
from proctor.sandbox.mounts import environment_arguments, mount_arguments
from proctor.sandbox.process import children
from proctor.sandbox.settings import Limits, Sandbox
from proctor.sandbox.visible_files import HOME, View


class TestLimits:
    """Limits of a sandbox."""

    def test_unknown_name_is_refused_with_the_known_ones(self) -> None:
        """A misspelt limit is an error that lists the right names."""
        with pytest.raises(ValueError, match=r"unknown limit memroy; the limits are address_space, memory"):
            Limits().updated({"memroy": 1})

    @pytest.mark.parametrize("value", [0, -1, 1.5, True, "4"])
    def test_only_positive_whole_numbers(self, value: object) -> None:
        """A limit that would lift the limit, or mean nothing, is refused."""
        with pytest.raises(ValueError, match="'processes' must be a positive whole number"):
            Limits().updated({"processes": value})

    def test_every_limit_is_in_force_somewhere(self) -> None:
        """Each limit reaches the agent, the mounts, the packer, the watch or the reader of outputs."""
        limits = Limits(*range(1001, 1001 + len(dataclasses.fields(Limits))))
        rlimits = {soft for soft, _ in limits.as_rlimits(own_namespace=True).values()}
        mounts = set(mount_arguments(View((), (), ()), limits, {}))
        elsewhere = {limits.memory, limits.submission, limits.submission_files, limits.output}
        for field in dataclasses.fields(limits):
            value = getattr(limits, field.name)
            assert value in rlimits or str(value) in mounts or value in elsewhere, field.name

    def test_processes_are_not_limited_without_a_namespace(self) -> None:
        """Without a user namespace the limit would count all that the account runs, so it is not set."""
        assert "RLIMIT_NPROC" not in Limits().as_rlimits(own_namespace=False)

    def test_configuration_is_checked(self) -> None:
        """A wrong limit in nbgrader_config.py is reported by the name of its setting."""
        with pytest.raises(TraitError, match=r"Sandbox\.limits: unknown limit memroy"):
            Sandbox(limits={"memroy": 1})


class TestCommand:
    """A sandbox as bubblewrap's arguments."""

    def arguments(self) -> list[str]:
        """Return the arguments for a small view."""
        view = View(
            (Path("/course/.venv/lib"),), ((Path("/lib"), "usr/lib"),), (Path("/course/.venv/lib/p"),)
        )
        return mount_arguments(view, Limits(), {"/etc/passwd": 7})

    def test_nothing_is_bound_for_writing(self) -> None:
        """No mount lets a sandbox write to the host's disk."""
        arguments = self.arguments()
        assert not {"--bind", "--bind-try", "--dev-bind", "--bind-fd", "--overlay"} & set(arguments)
        assert arguments.count("--ro-bind") == 1

    def test_every_tmpfs_has_a_size(self) -> None:
        """Nothing that lives in memory is without bounds."""
        arguments = self.arguments()
        places = [index for index, word in enumerate(arguments) if word == "--tmpfs"]
        assert [arguments[index + 1] for index in places] == [HOME, "/tmp", "/course/.venv/lib/p", "/dev/shm"]
        assert all(arguments[index - 2] == "--size" for index in places)

    def test_order(self) -> None:
        """Writable folders come before what lies below them; the root is closed after it is furnished."""
        arguments = self.arguments()
        assert arguments.index("/tmp") < arguments.index("--ro-bind") < arguments.index("/course/.venv/lib/p")
        assert arguments.index("/etc/passwd") < arguments.index("/", arguments.index("/etc/passwd"))
        assert arguments[-6:-4] == ["--remount-ro", "/"]

    def test_environment_is_exact(self) -> None:
        """The environment is emptied before it is filled."""
        assert environment_arguments({"A": "1"}) == ["--clearenv", "--setenv", "A", "1"]


def test_memory_that_is_hidden_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell whose the pages of a process are, all of them are its own."""
    read = Path.read_text

    def refuse(path: Path, *args: object, **named: object) -> str:
        if path.name == "smaps_rollup":
            raise PermissionError
        return read(path, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", refuse)
    assert held([os.getpid()], enough=1) > 2**20


def test_memory_is_counted_while_a_test_replaces_open() -> None:
    """A hidden test that patches `open` does so in this process, in which the watch is a thread."""
    other = unittest.mock.mock_open(read_data="1 2")
    with (
        subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child,
        unittest.mock.patch("builtins.open", other),
    ):
        assert child.pid in children(os.getpid())
        assert held([os.getpid()], enough=1) > 2**20
