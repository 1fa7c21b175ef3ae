"""The checks of the flatten layer."""

import numpy as np

from Tests.compare import WrongError, as_numbers, assert_array, in_tuple
from Tests.conv_layer import IMAGES, OTHERS, Layers


class Flatten(Layers):
    """Rows of numbers, and back."""

    def test_flatten_forward(self) -> None:
        """An image of c x p x q numbers becomes a row of c * p * q numbers, and none is lost."""
        what = "FlattenLayer.forward"
        rows = as_numbers(self.Flatten().forward(IMAGES.copy()), what)
        known = {
            (120,): "the batch is flattened, too", (1, 120): "the batch is flattened, too",
            (60, 2): "the images are columns, they should be rows",
            (2, 2, 30): "the channels are still an axis of their own", (60,): "only one image is left",
            (1, 60): "only one image is left",
        }  # fmt: skip
        if rows.shape != (2, 60):
            says = f" It seems that {known[rows.shape]}." if rows.shape in known else ""
            raise WrongError(f"{what}: the shape (2, 60) was expected, {in_tuple(rows.shape)} came.{says}")
        alone = np.shape(self.Flatten().forward(IMAGES[:1].copy()))
        if alone != (1, 60):
            raise WrongError(
                f"{what} of a single image: the shape (1, 60) was expected, {in_tuple(alone)} came. Is its axis lost?"
            )
        # Sorted, because any fixed order is right as long as backward undoes it.
        if not np.allclose(np.sort(rows), np.sort(IMAGES.reshape(2, 60)), atol=1e-3):
            raise WrongError(
                f"{what}: a row does not hold the numbers of its own image: numbers of several images are mixed."
            )

    def test_flatten_there_and_back(self) -> None:
        """Backward undoes forward: each number is where it was."""
        flatten = self.Flatten()
        rows = np.asarray(flatten.forward(IMAGES.copy()))
        shape = IMAGES.shape
        guesses = [
            ("the rows as they came: give them the shape of the input back", rows),
            ("another order than forward has used", rows.reshape(shape, order="F"))
            if rows.size == IMAGES.size
            else ("", 0),
            ("another order than forward has used", IMAGES.reshape(2, -1).reshape(shape, order="F")),
            ("another order than forward has used", IMAGES.reshape(2, -1, order="F").reshape(shape)),
            (
                "the channels read as if they were the last axis",
                np.moveaxis(IMAGES.reshape(2, 5, 6, 2), -1, 1),
            ),
            ("the right numbers with the channels as last axis", np.moveaxis(IMAGES, 1, -1)),
        ]
        assert_array(flatten.backward(rows), IMAGES, "FlattenLayer.backward after forward", guesses=guesses)

    def test_flatten_again(self) -> None:
        """A second batch, and a second layer, have shapes of their own."""
        flatten, other = self.Flatten(), self.Flatten()
        flatten.forward(IMAGES.copy())
        rows = flatten.forward(OTHERS.copy())
        other.forward(IMAGES.copy())
        try:
            back = flatten.backward(rows)
        except ValueError as error:
            raise WrongError(
                "FlattenLayer.backward after a second forward, and beside a second layer: it still uses another shape:"
                f" {error}. Keep the shape of the last input in self."
            ) from error
        assert_array(back, OTHERS, "FlattenLayer.backward after a second forward, and beside a second layer")
