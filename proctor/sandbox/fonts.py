"""Matplotlib's list of fonts, made once out here: inside, each new kernel would search all fonts again."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any


@functools.cache
def font_list(shown: tuple[Path, ...]) -> tuple[str, bytes] | None:
    """Return the name and content of Matplotlib's cache file, or None without Matplotlib or a cache.

    Args:
        shown: what is visible inside. Other fonts, such as those in our home folder, are struck off the list.
    """
    try:
        import matplotlib as mpl
        from matplotlib import font_manager

        name = f"fontlist-v{font_manager.FontManager.__version__}.json"
        fonts = json.loads((Path(mpl.get_cachedir()) / name).read_text())
    except (ImportError, OSError, ValueError):
        return None
    for kind in ("ttflist", "afmlist"):
        fonts[kind] = [font for font in fonts[kind] if _is_visible(font, shown)]
    return name, json.dumps(fonts).encode()


def _is_visible(font: dict[str, Any], shown: tuple[Path, ...]) -> bool:
    """Return whether a font can be read inside. Matplotlib's own have relative paths."""
    path = Path(font["fname"])
    return not path.is_absolute() or any(folder in path.parents for folder in shown)
