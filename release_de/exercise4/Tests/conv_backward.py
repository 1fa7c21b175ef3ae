"""Checks of gradients: one round of your layer, and the gradient against the definition or your own forward."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from Tests import conv_guesses as guess
from Tests.compare import WrongError, assert_array, give_weights, in_tuple
from Tests.conv_layer import BACKWARD, BATCHES, BIAS, IMAGES, KERNELS, OTHERS, TWINS, Layers, error_for
from Tests.errors import NotWritten


@cache
def to_weights(batch: str) -> np.ndarray:
    """Measure how the answer to a batch depends on each weight, on the definition."""
    return guess.responses_to_weights(guess.answer, BATCHES[batch], KERNELS.shape)


@cache
def to_pixels() -> np.ndarray:
    """Measure how the answer depends on each pixel, on the definition."""
    return guess.responses_to_pixels(lambda x: guess.answer(x, KERNELS), IMAGES.shape[1:])


def right_weights(error: np.ndarray, stride: tuple[int, int], batch: str = "images") -> np.ndarray:
    """Return the gradient of the weights."""
    return np.einsum("ubspq,bspq->u", to_weights(batch)[..., :: stride[0], :: stride[1]], error).reshape(
        KERNELS.shape
    )


def right_input(error: np.ndarray, stride: tuple[int, int]) -> np.ndarray:
    """Return the gradient of the input."""
    return np.einsum("uspq,bspq->bu", to_pixels()[..., :: stride[0], :: stride[1]], error).reshape(
        IMAGES.shape
    )


def earlier(right: np.ndarray, *rounds: Callable[[], np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what layers give that mix up the rounds: the gradients of those before are added, or come again."""
    before = [each() for each in rounds]
    added = "added to the gradient of the backward before: start anew in each backward"
    yield added, right + sum(before)
    yield added, right + before[-1]
    for each in before:
        yield (
            "the gradient of an earlier backward, or of another layer: keep it in self, anew each time",
            each,
        )


def unless_stopped(came: Any, actual: Any, *others: Any) -> None:
    """Compare; if the numbers are wrong and backward has stopped half-way, why it stopped is what is wrong."""
    what, guesses, *details = others[1:]
    try:
        assert_array(actual, others[0], what, guesses=guesses, details=details[0] if details else None)
    except WrongError:
        if isinstance(came, Exception):
            raise came from None
        raise


class Rounds(Layers):
    """One round, forward and backward, or several."""

    def backward(self, stride: tuple[int, int]) -> tuple[Any, np.ndarray, Any]:
        """Go forward and backward once; return the layer, the error that went in, and what came out or was raised."""
        layer = self.layer(stride)
        error = error_for(stride)
        output = layer.forward(IMAGES.copy())
        if np.shape(output) != error.shape:
            raise NotWritten(
                f"{BACKWARD} waits for forward, whose output with stride {stride} has the shape"
                f" {in_tuple(np.shape(output))} instead of {in_tuple(error.shape)}."
            )
        return layer, error, self.gone_back(layer, error)

    @staticmethod
    def gone_back(layer: Any, error: np.ndarray) -> Any:
        """Return what backward returns, or what it raises: gradients that are kept by then count."""
        try:
            return layer.backward(error.copy())
        except Exception as stopped:  # noqa: BLE001  # students' code raises what it likes
            return stopped

    @staticmethod
    def kept(layer: Any, name: str, came: Any) -> Any:
        """Return a gradient by its getter; if backward stopped before it, that is all there is to say."""
        gradient = getattr(layer, name)()
        if gradient is None and isinstance(came, Exception):
            raise came
        if gradient is None and came is None:
            raise NotWritten(f"{BACKWARD} has kept nothing for {name} yet.")
        if gradient is None:
            raise WrongError(
                f"{name}: an array was expected, None came. Does backward keep it in self, under the same name?"
            )
        return gradient

    def again(self) -> Any:
        """Return a layer after three rounds, the last one with IMAGES; another layer has worked in between."""
        layer, other = self.layer(), self.layer()
        for images in (OTHERS, TWINS):
            layer.forward(images.copy())
            self.gone_back(layer, error_for((1, 1), images))
            give_weights(layer, KERNELS, BIAS)
        layer.forward(IMAGES.copy())
        other.forward(OTHERS.copy())
        self.came = self.gone_back(layer, error_for((1, 1)))
        self.gone_back(other, error_for((1, 1), OTHERS))
        return layer

    @staticmethod
    def compare_gradient(  # noqa: PLR0913, PLR0917  # one comparison
        gradient: Any,
        wanted: np.ndarray,
        measured: Callable[[], np.ndarray],
        what: str,
        guesses: Iterable[Any],
        details: Any = None,
        came: Any = None,
    ) -> None:
        """Pass a gradient that is right for the definition, or for your own forward if that is another one."""
        try:
            unless_stopped(came, gradient, wanted, what, guesses, details)
        except WrongError:
            with contextlib.suppress(Exception):  # then the first sentence is the one to read
                own = measured()
                assert_array(gradient, own, what)
                if np.count_nonzero(own) >= np.count_nonzero(wanted):  # it answers to all
                    return
            raise
