"""Fixtures for tests that run cells in sandboxes: a course around a submission, and the ways to start an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from proctor.sandbox.fork_server import fork_servers
from tests.proctor.support.sandboxes import NUMPY_ONLY, Cells, cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["alone", "forked"])
def way(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Return the settings for agents that start by themselves, then for forked ones; what holds, holds for both."""
    yield {"preload": []} if request.param == "alone" else NUMPY_ONLY
    fork_servers().close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with secrets beside the one submission that is run."""
    root = tmp_path_factory.mktemp("course")
    for path in ("tests/hidden.py", "gradebook.db", "submitted/bob/ex/a.py", "submitted/ada/ex/src/base.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("SECRET = 42\n")
    return root


@pytest.fixture(scope="module")
def folder(course: Path) -> Path:
    """Return the folder of the submission."""
    return course / "submitted" / "ada" / "ex"


@pytest.fixture(scope="module")
def run(folder: Path, way: dict[str, Any]) -> Iterator[Cells]:
    """Return one session for all tests that only look around, started with a secret in our environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADEBOOK_TOKEN", "open sesame")
        with cells(folder, **way) as running:
            assert running.forked == bool(way["preload"])
            yield running
