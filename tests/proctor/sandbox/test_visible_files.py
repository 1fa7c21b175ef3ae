"""The view of this machine from inside, and Matplotlib's list of fonts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import font_manager

from proctor.sandbox.mounts import font_list
from proctor.sandbox.visible_files import PACKAGE, build_view, environment

if TYPE_CHECKING:
    import pytest


class TestView:
    """View of this machine from inside a sandbox."""

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
        monkeypatch.setattr("proctor.sandbox.visible_files.PACKAGE", package)
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
