"""A student's folder, packed for its sandbox."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from proctor.errors import SubmissionRefused
from proctor.sandbox.packing import pack
from proctor.sandbox.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path


def names(archive: bytes) -> list[str]:
    """Return the paths in a packed submission."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


class TestSubmission:
    """Packing of a folder."""

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
        """A notebook opened in the course's own folder does not take the hidden tests into the sandbox."""
        (tmp_path / "nbgrader_config.py").touch()
        with pytest.raises(SubmissionRefused, match="the course itself"):
            pack(tmp_path, Limits())
