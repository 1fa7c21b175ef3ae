"""The example that is small enough to follow by hand: 1 image, 1 channel, 3 x 4 pixels, 1 kernel of 3 x 3."""

from collections.abc import Callable, Sequence

import numpy as np

X = np.array([[[[1, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 2]]]])
W = np.array([[[[1, 0, 2], [0, 1, 0], [0, 2, 1]]]])
ERROR = np.array([[[[1, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 2]]]])
WAYS = {
    "y": "pixel · weight, for each weight of the kernel; 0 where it stands in the padding",
    "gradient": "pixel under the weight · error, for each output with an error",
    "dx": "error · weight, for each output whose window holds the pixel",
}

Terms = Callable[[tuple[int, int]], Sequence[tuple[float, float]]]


def details(name: str, wanted: np.ndarray, terms: Terms) -> Callable[[np.ndarray], list[str]]:
    """Return what makes the lines below a sentence: three small arrays, and the way of one entry.

    Args:
        name: What is compared, a key of WAYS.
        wanted: The right array, [1, 1, rows, columns].
        terms: Returns the products that add up to an entry, by its row and column.
    """

    def lines(yours: np.ndarray) -> list[str]:
        wrong = np.argwhere(~np.isclose(yours, wanted, atol=1e-3))[0]
        at = int(wrong[-2]), int(wrong[-1])
        products = " + ".join(f"{one:g}·{other:g}" for one, other in terms(at))
        return [
            *beside({"yours": yours[0, 0], "wanted": wanted[0, 0], "difference": yours[0, 0] - wanted[0, 0]}),
            f"{name}[0, 0, {at[0]}, {at[1]}] = {products} = {wanted[0, 0, at[0], at[1]]:g}   ({WAYS[name]})",
        ]

    return lines


def beside(arrays: dict[str, np.ndarray]) -> list[str]:
    """Return the lines of small arrays beside each other, each below its name."""
    columns = []
    for name, array in arrays.items():
        texts = [
            [f"{value:.4g}".replace("-0", "0") if value == 0 else f"{value:.4g}" for value in row]
            for row in array
        ]
        width = max(len(text) for row in texts for text in row)
        rows = ["  ".join(text.rjust(width) for text in row) for row in texts]
        broad = max(len(name), *map(len, rows))
        columns.append([name.ljust(broad), *(row.ljust(broad) for row in rows)])
    return ["    ".join(parts).rstrip() for parts in zip(*columns, strict=True)]


def forward_terms(at: tuple[int, int]) -> list[tuple[float, float]]:
    """Return the nine products of one output."""
    frame = np.pad(X[0, 0], 1)
    window = frame[at[0] : at[0] + 3, at[1] : at[1] + 3]
    return list(zip(window.flat, W.flat, strict=True))
