"""The small things to try in the notebook: never graded, and checked at once."""

from typing import Any

import numpy as np

from Tests.compare import WrongError, assert_array
from Tests.selfcheck import GREEN, GREY, PLAIN, RED, quiet

S = 0.75
WINDOW = np.array([[2, 0, 1], [1, 3, 1], [0, 1, 2]])
W = np.array([[1, 0, 2], [0, 1, 0], [0, 2, 1]])
BACK = np.array([1.0, 2.0, 3.0, 2.0, 4.0])

ANSWERS: dict[str, dict[str, tuple[Any, list[tuple[str, Any]]]]] = {
    "first": {
        "y": ([0, 0, 3], [("the absolute value", [2, 0, 3]),
                        ("the largest number: np.maximum compares number by number", 3)]),
        "is_positive": ([0, 0, 1], [("x >= 0: at exactly 0 it should be False", [0, 1, 1])]),
        "passed": ([0, 0, 5], [("x where it is positive: the error is wanted", [0, 0, 3]),
                             ("the error everywhere", [5, 5, 5])]),
    },
    "slope": {
        "s": (S, [("1 / (1 + exp(x)): the minus is missing", 1 - S),
                  ("1 / 1 + exp(-x): parentheses are missing", 4 / 3)]),
        "slope": (S * (1 - S), [("x * (1 - x): the formula wants s", np.log(3) * (1 - np.log(3))), ("1 - s", 1 - S)]),
        "ten": ((S * (1 - S)) ** 10, [("ten times the slope: ten slopes are multiplied", 10 * S * (1 - S))]),
    },
    "spread": {
        "spread": (0.1, [("1 / n_in, the variance: take its root", 0.01),
                         ("He's spread, for layers with a ReLU", 0.02**0.5)]),
    },
    "window": {
        "window": (WINDOW, [("columns 0 to 2: column 1 is the first one wanted", [[1, 2, 0], [0, 1, 3], [2, 0, 1]])]),
        "products": (WINDOW * W, [("the matrix product, @: number by number is *", WINDOW @ W)]),
        "y": ((WINDOW * W).sum(), [("the sum of the window, without the weights", WINDOW.sum())]),
    },
    "transpose": {
        "error_of_x": (BACK, [("A @ error: the matrix is not transposed", [3, 2, 1, 6, 4])]),
        "by_sliding": (BACK, [("with the kernel (1, 2, 3): it has to be turned", [3, 2, 1, 6, 4])]),
    },
}  # fmt: skip


def tried(name: str, **values: Any) -> None:
    """Print each of your values, and whether it is right; nothing is raised."""
    right = 0
    for key, value in values.items():
        if value is ... or value is None:
            print(f"{GREY}○ {key}: not written yet{PLAIN}")
            continue
        shown = str(np.asarray(value)).replace("\n", "\n" + " " * (len(key) + 5))
        if key not in ANSWERS[name]:
            print(f"  {key} has the standard deviation {np.std(value):.3g}")
            continue
        expected, guesses = ANSWERS[name][key]
        try:
            with quiet():
                assert_array(
                    value,
                    np.asarray(expected, dtype=float),
                    key,
                    tolerance=1e-6 if name == "slope" else 1e-3,
                    guesses=guesses,
                )
        except WrongError as error:
            print(f"{RED}✗ {key} = {PLAIN}{shown}\n    {error}")
        else:
            right += 1
            print(f"{GREEN}✓ {key} = {PLAIN}{shown}")
    if right == len(ANSWERS[name]):
        print(f"{GREEN}All right. Go on.{PLAIN}")
