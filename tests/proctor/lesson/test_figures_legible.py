"""The figures of part 3 for everyone: large words that touch nothing, contrast, colours that differ."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.proctor.support.thinning import thinned

if TYPE_CHECKING:
    from types import SimpleNamespace

Array = npt.NDArray[Any]


# Linear RGB as people without green or red cones see it (Machado, Oliveira and Fernandes 2009, severity 1).
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]


Drawing = tuple[int, Callable[[Any], None]]


def positions(img: SimpleNamespace, layer: type[Any]) -> dict[str, Drawing]:
    """Return the pictures of a sliding kernel, each as its height and what draws it on axes."""
    found: dict[str, Drawing] = {}
    for name, slide in img.draw.SLIDES.items():
        places = img.sliding.positions(layer, slide)
        for count in range(len(places), 0, -1):
            found[f"{name} {count}"] = (
                img.sliding.HEIGHT,
                lambda axes, s=slide, p=places[:count]: img.sliding.draw(axes, s, p),
            )
    return found


def scenes(img: SimpleNamespace, layer: type[Any]) -> dict[str, Drawing]:
    """Return the pictures of spreading errors."""
    found: dict[str, Drawing] = {}
    for scene in img.draw.SPREAD.scenes:
        gradient = img.spreading.gradient(layer, img.draw.SPREAD, scene)
        found[scene.title] = (
            img.spreading.HEIGHT,
            lambda axes, s=scene, g=gradient: img.spreading.draw(axes, img.draw.SPREAD, s, g),
        )
    return found


def others(img: SimpleNamespace, layer: type[Any]) -> dict[str, Drawing]:
    """Return the pictures that are one of their kind; of restacking the one without hidden words."""
    gradient = img.gradient.gradients(layer, img.draw.GRADIENT)[0]
    flat = img.restacking.scenes()[1]
    return {
        "gradient": (img.gradient.HEIGHT, lambda axes: img.gradient.draw(axes, img.draw.GRADIENT, gradient)),
        "forward": (img.forward.HEIGHT, lambda axes: img.forward.draw(axes, img.draw.FORWARD)),
        "restacking": (
            img.restacking.HEIGHT,
            lambda axes: img.restacking.draw(axes, img.draw.KERNELS.weights, flat),
        ),
    }


def test_words_are_large_lie_on_the_card_and_never_overlap(img: SimpleNamespace, layer: type[Any]) -> None:
    """At 400 pixels each word is at least 11 pixels high; none leaves the card or touches another one."""
    some = thinned(positions(img, layer), 3) | thinned(scenes(img, layer), 3) | others(img, layer)
    for height, draw in some.values():
        with img.theme.card(height) as axes:
            draw(axes)
            renderer = FigureCanvasAgg(axes.get_figure(root=True)).get_renderer()
            boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in axes.texts]
            assert min(text.get_size() for text in axes.texts) >= 22
        for word, box in boxes:
            assert 20 <= box.x0 < box.x1 <= img.theme.WIDTH - 20, word
            assert 10 <= box.y0 < box.y1 <= height - 10, word
        for (word, box), (other, another) in combinations(boxes, 2):
            wide = min(box.x1, another.x1) - max(box.x0, another.x0)
            high = min(box.y1, another.y1) - max(box.y0, another.y0)
            assert wide <= 0 or high <= 2, (word, other)


def linear(colour: str) -> Array:
    """Turn #rrggbb into linear RGB."""
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: Array) -> Array:
    """Turn linear RGB into CIE Lab, white point D65."""
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ light.clip(0, 1)
    x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    dark, bright = sorted(0.05 + linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return bright / dark


def test_words_stand_out_from_their_ground(img: SimpleNamespace) -> None:
    """Words have a contrast of 4.5 to 1 on all they are written on, outlines 3 to 1."""
    theme = img.theme
    for tone in (theme.INPUT, theme.OUTPUT, theme.KERNEL, theme.KERNEL_2):
        assert min(contrast(tone.text, ground) for ground in (tone.fill, theme.CARD, "#ffffff")) >= 4.5
        assert contrast("#ffffff", tone.line) >= 4.5 or tone in {
            theme.INPUT,
            theme.OUTPUT,
        }  # tabs: kernels only
        assert min(contrast(tone.line, ground) for ground in (tone.fill, theme.CARD)) >= 3
    assert contrast(theme.PADDING.text, theme.PADDING.fill) >= 4.5
    assert min(contrast(ink, theme.CARD) for ink in (theme.INK, theme.MUTED)) >= 4.5


@pytest.mark.parametrize(
    "eyes", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deuteranopia", "protanopia"]
)
def test_roles_differ_for_colour_blind_eyes(img: SimpleNamespace, eyes: list[list[float]]) -> None:
    """Outlines of roles that meet in a picture lie 20 or more apart in Lab, for colour-blind eyes too."""
    theme = img.theme
    meeting = [*combinations((theme.INPUT, theme.KERNEL, theme.OUTPUT), 2), (theme.KERNEL, theme.KERNEL_2)]
    for one, other in meeting:
        assert np.linalg.norm(lab(eyes @ linear(one.line)) - lab(eyes @ linear(other.line))) >= 20
