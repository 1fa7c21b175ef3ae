"""Photographs a page of feedback and the class report of `make demo`, side by side, for the README.

Run `make demo`, then `.venv/bin/python docs/images/photograph.py`; it needs Chromium on the PATH.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "build" / "demo"
PAGES = (
    DEMO / "feedback" / "input_not_turned" / "exercise4" / "exercise4.html",
    DEMO / "reports" / "exercise4.html",
)
SIZE = {"width": 900, "height": 860}
GAP = 24
COLORS = 256


def main() -> None:
    """Write pages.png, in a palette of few colours, since it travels with the repository."""
    missing = [str(page) for page in PAGES if not page.exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there. Run `make demo` first.")
    whole = Image.new("RGB", (2 * SIZE["width"] + GAP, SIZE["height"]), "#d8dee6")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for number, page in enumerate(PAGES):
            tab = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            tab.goto(page.as_uri())
            picture = Image.open(io.BytesIO(tab.screenshot()))
            whole.paste(picture, (number * (SIZE["width"] + GAP), 0))
        browser.close()
    whole.quantize(COLORS, dither=Image.Dither.NONE).save(HERE / "pages.png", optimize=True)


if __name__ == "__main__":
    main()
