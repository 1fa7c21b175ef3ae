"""A notebook that is open in JupyterLab, used as a person would: with mouse, keyboard, menu and clipboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.proctor.support.jupyter_in_browser import Desk

NOT_RUN = "[ ]:"
RAN = re.compile(r"^\[\d+\]:$")
"""The prompt of a cell: empty, or its number."""


class Notebook:
    """An open notebook; its cells go by their ids in the file.

    Attributes:
        page: the page of the browser.
        code: the ids of the code cells, in their order.
        graded: the ids of the cells that nbgrader grades.
    """

    def __init__(self, desk: Desk, path: str, page: Page | None = None) -> None:
        """Open a notebook on a new page, or take it as it is being opened on a page.

        Args:
            desk: where the server and the browser are.
            path: the notebook's path in the desk's folder.
            page: where it is being opened already.
        """
        cells = nbformat.read(desk.folder / path, as_version=4).cells
        self.code = [cell.id for cell in cells if cell.cell_type == "code"]
        self.graded = [cell.id for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
        self._order = {cell.id: index for index, cell in enumerate(cells)}
        self.page = page or desk.browser.new_page()
        if page is None:
            self.page.goto(desk.server.url(f"lab/tree/{path}"))
        expect(self.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(cells))
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is there and idle."""
        expect(self.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")

    @property
    def kernel(self) -> Locator:
        """Where the kernel's name stands."""
        return self.page.locator(".jp-KernelName")

    def choose_kernel(self, name: str) -> None:
        """Choose another kernel, and wait for it."""
        self.kernel.click()
        self.dialog.locator("select").select_option(label=name)
        self.dialog.get_by_role("button", name="Select Kernel", exact=True).click()
        expect(self.kernel).to_have_text(name)
        self.wait_for_kernel()

    def shut_down(self) -> None:
        """Shut the kernel down from the menu."""
        self.menu("Kernel", "Shut Down Kernel")
        expect(self.kernel).to_have_text("No Kernel")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.locator(".jp-Dialog")

    def menu(self, *entries: str) -> None:
        """Choose from the menu."""
        for entry in entries:
            self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def cell(self, name: str) -> Locator:
        """Return a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self._order[name])

    def prompt(self, name: str) -> str:
        """Return what stands before a cell."""
        return self.cell(name).locator(".jp-InputPrompt").text_content() or ""

    def output(self, name: str) -> str:
        """Return the text below a cell."""
        return "".join(self.cell(name).locator(".jp-OutputArea-output").all_text_contents())

    def colour(self, name: str) -> str:
        """Name the colour that prevails in the output of a cell, "red", "green", "blue" or "grey", as it is drawn."""
        drawn = self.cell(name).locator(".jp-OutputArea-output pre span").first
        style = drawn.evaluate("span => getComputedStyle(span).color")
        shares = [int(share) for share in re.findall(r"\d+", style)[:3]]
        if max(shares) - min(shares) < 16:
            return "grey"
        return ("red", "green", "blue")[shares.index(max(shares))]

    def source(self, name: str) -> str:
        """Copy what stands in a cell."""
        self._select_text(name)
        self.page.keyboard.press("ControlOrMeta+C")
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def paste(self, name: str, source: str) -> None:
        """Replace what stands in a cell from the clipboard."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", source)
        self._select_text(name)
        self.page.keyboard.press("ControlOrMeta+V")

    def run(self, name: str) -> str:
        """Run a cell and return the text below it."""
        before = self.prompt(name)
        self.cell(name).locator(".cm-content").press("ControlOrMeta+Enter")
        self.wait_for(name, before)
        return self.output(name)

    def run_all(self, *, restart: bool = False) -> None:
        """Run all cells from the menu, on the kernel as it is or on a new one, and wait for the last."""
        before = self.prompt(self.code[-1])
        self.menu("Run", "Restart Kernel and Run All Cells…" if restart else "Run All Cells")
        if restart:
            self.dialog.get_by_role("button", name="Confirm Kernel Restart").click()
        self.wait_for(self.code[-1], before)

    def wait_for(self, name: str, before: str) -> None:
        """Wait until a cell has been run anew; what stood before it was `before`."""
        prompt = self.cell(name).locator(".jp-InputPrompt")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(RAN)

    def validate(self) -> str:
        """Press nbgrader's Validate button, and return what it says."""
        self.page.get_by_role("button", name="Validate", exact=True).click()
        said = self.dialog.locator(".jp-Dialog-body").inner_text()
        self.dialog.get_by_role("button", name="Ok", exact=True).click()
        return said.strip()

    def _select_text(self, name: str) -> None:
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
