"""Fixtures for tests of the figures: the drawing modules, and the layer that they draw."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

IMG = Path(__file__).resolve().parents[3] / "img"
MODULES = ("draw", "forward", "gradient", "restacking", "sliding", "spreading", "theme")


@pytest.fixture(scope="module")
def img() -> Iterator[SimpleNamespace]:
    """The drawing modules by name; they leave no trace among the modules of other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(IMG)
        yield SimpleNamespace(
            **{
                name: importlib.import_module(name if name == "draw" else f"figures.{name}")
                for name in MODULES
            }
        )
    for name in [name for name in sys.modules if name.split(".")[0] in {"draw", "figures"}]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def layer(img: SimpleNamespace) -> type[Any]:
    """The reference layer, as the figures load it."""
    return img.draw.load_layer()
