"""From pixels to files and back: PNG and GIF in memory, without metadata, and their comparison."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from figures.theme import Pixels

COLOURS = 255  # one of a GIF's 256 is kept for "transparent"
CLEAR = 255
OPAQUE = 128  # alpha from here on is shown, less is see-through: a GIF knows nothing between


@dataclass(frozen=True)
class Frame:
    """One picture, [height, width, 4], and how long it stays, in milliseconds (0 for a still picture).

    `decisive` frames are the ones to be read; the others only carry the eye from one of these to the next.
    """

    image: Pixels
    duration: int = 0
    decisive: bool = True


def encode(frames: list[Frame]) -> bytes:
    """Return a PNG of one frame, or an endless GIF of several."""
    return png(frames[0].image) if len(frames) == 1 else gif(frames)


def png(image: Pixels) -> bytes:
    """Return `image` as a PNG that holds nothing but its pixels; one of few colours is stored by its palette."""
    buffer = io.BytesIO()
    values, index = np.unique(np.ascontiguousarray(image).view(np.uint32), return_inverse=True)
    colours = values.view(np.uint8).reshape(-1, 4)
    if len(colours) > COLOURS + 1:
        Image.fromarray(image, "RGBA").save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
    picture = Image.fromarray(index.reshape(image.shape[:2]).astype(np.uint8), "P")
    picture.putpalette(np.ascontiguousarray(colours[:, :3]).tobytes())
    picture.save(buffer, "PNG", optimize=True, transparency=colours[:, 3].tobytes())
    return buffer.getvalue()


def gif(frames: list[Frame]) -> bytes:
    """Return an endless GIF with one palette for all frames and without dithering."""
    palette, nearest = colour_table(frames)
    images = [indexed(frame.image, palette, nearest) for frame in frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=[frame.duration for frame in frames],
        loop=0,
        disposal=1,
        transparency=CLEAR,
        optimize=True,
    )
    return buffer.getvalue()


def packed(image: Pixels) -> npt.NDArray[np.uint32]:
    """Return each pixel's red, green and blue as one number."""
    red, green, blue = (image[..., channel].astype(np.uint32) for channel in range(3))
    return (red << 16) | (green << 8) | blue


def unpacked(colours: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Undo `packed`: [n] to [n, 3]."""
    return np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1).astype(np.int64)


def colour_table(frames: list[Frame]) -> tuple[Pixels, Pixels]:
    """Choose the most frequent colours of all frames, so that flat areas keep exactly theirs.

    Returns the palette, [256, 3], and the nearest entry for each packed colour that occurs, [2**24].
    """
    counts: Counter[int] = Counter()
    for frame in frames:
        opaque = frame.image[..., 3] >= OPAQUE
        found, pixels = np.unique(packed(frame.image)[opaque], return_counts=True)
        counts.update(dict(zip(found.tolist(), pixels.tolist(), strict=True)))
    colours = np.array(sorted(counts, key=lambda colour: (-counts[colour], colour)), dtype=np.uint32)
    chosen = unpacked(colours[:COLOURS])
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: len(chosen)] = chosen
    nearest = np.zeros(1 << 24, dtype=np.uint8)
    nearest[colours] = ((unpacked(colours)[:, None] - chosen[None]) ** 2).sum(axis=-1).argmin(axis=1)
    return palette, nearest


def indexed(image: Pixels, palette: Pixels, nearest: Pixels) -> Image.Image:
    """Return `image` with each pixel replaced by its entry of `palette`; the see-through ones stay so."""
    index = nearest[packed(image)]
    index[image[..., 3] < OPAQUE] = CLEAR
    picture = Image.fromarray(index, "P")
    picture.putpalette(palette.tobytes())
    return picture


def steps(frames: list[Frame], most: int = 6) -> Frame:
    """Return a still picture of up to `most` frames that are to be read, two in a row, in the colours of a GIF.

    It is for readers who want no motion, or more time.
    """
    held = [frame.image for frame in frames if frame.decisive]
    places = np.linspace(0, len(held) - 1, min(most, len(held))).round().astype(int)
    chosen = [held[place] for place in places]
    if len(chosen) % 2:
        chosen.append(np.zeros_like(chosen[0]))
    whole = np.vstack([np.hstack(chosen[at : at + 2]) for at in range(0, len(chosen), 2)])
    palette, nearest = colour_table([Frame(whole)])
    shown = np.where(whole[..., 3:] >= OPAQUE, 255, 0).astype(np.uint8)
    return Frame(np.concatenate([palette[nearest[packed(whole)]] * (shown > 0), shown], axis=-1))


def decode(data: bytes) -> list[Frame]:
    """Return the frames of a PNG or GIF as a viewer shows them. OSError if it is neither."""
    with Image.open(io.BytesIO(data)) as picture:
        frames = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            image = np.asarray(picture.convert("RGBA"), dtype=np.uint8).copy()
            frames.append(Frame(image, int(picture.info.get("duration", 0))))
    return frames


def difference(drawn: list[Frame], found: list[Frame]) -> str:
    """Return in a few words where two figures first differ; nothing at all if they are the same."""
    if len(drawn) != len(found):
        return f"{len(found)} frames, {len(drawn)} are drawn"
    for number, (new, old) in enumerate(zip(drawn, found, strict=True), start=1):
        if new.image.shape != old.image.shape:
            return f"frame {number} is {size(old)} pixels, {size(new)} are drawn"
        if new.duration != old.duration:
            return f"frame {number} stays {old.duration} ms, {new.duration} are drawn"
        changed = (visible(new.image) != visible(old.image)).any(axis=-1)
        if changed.any():
            row, column = np.argwhere(changed)[0]
            return f"frame {number} differs in {changed.sum()} pixels, first in row {row}, column {column}"
    return ""


def size(frame: Frame) -> str:
    """Return width x height as text."""
    return f"{frame.image.shape[1]} x {frame.image.shape[0]}"


def visible(image: Pixels) -> Pixels:
    """Return `image` with the colour of see-through pixels set to nothing: what it is cannot be seen."""
    return np.where(image[..., 3:] == 0, 0, image).astype(np.uint8)
