"""What an inversion says of itself, in sentences."""

from typing import Protocol

NO_REFERENCE = "The checkpoint has no reference, so there are no held-out real images to compare this with."
OFTEN = 0.99  # share of own images nearer to the centre, beyond which a place counts as far out


class Seen(Protocol):
    """What of a picture was given."""

    @property
    def side(self) -> int: ...

    @property
    def hidden(self) -> object: ...


def percent(share: float) -> str:
    """0.954 -> 95 %."""
    return f"{100 * share:.0f} %"


def rank(worse_than: float, cannot: bool, side: int, resolution: int) -> str:
    """Where a picture lies among held-out real images, of which this share is matched better."""
    at = f", compared at {side} x {side} pixels, as these are kept" if side < resolution else ""
    if cannot:
        return (
            f"This model cannot make this picture: it matches {percent(worse_than)} of held-out real images better{at}."
        )
    return f"The model can make this picture: it matches {percent(worse_than)} of held-out real images better{at}."


def residual(rmse: float, psnr: float, features: float | None, whole: bool) -> str:
    """How far off the result is: pixels in 8-bit steps, decibels, and in the extractor's features."""
    where = "" if whole else " where the picture was given"
    text = f"It is off by {rmse:.1f} of 255 in a typical pixel{where} (PSNR {psnr:.1f} dB)"
    apart = (
        "" if features is None else f", and {features:.2f} in features, in which two different images are about 2 apart"
    )
    return f"{text}{apart}."


def editable(distance: float, beyond: float) -> str:
    """What a distance from the centre means for edits; `beyond`: share of the model's own images that are nearer."""
    own = f"farther out than {percent(beyond)} of the model's own images"
    place = f"It lies {distance:.2f} deviations from the centre, {own}"
    if beyond <= OFTEN:
        return f"{place}: edits work as on any of these."
    return f"{place}: the model knows little there, so edits may distort it. A lower strength keeps more of it."


def invented(seen: Seen) -> str:
    """The warning of a result of which only a part was given."""
    if seen.side:
        return (
            f"A guess, not a reconstruction: many pictures look the same at {seen.side} x {seen.side} pixels, and the "
            "model shows one that it finds likely. Every detail beyond these pixels is invented, so nobody can be "
            "recognised by it."
        )
    return "What was rubbed out is invented: each of these fits what was left, and none is what stood there."
