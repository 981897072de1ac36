"""What an inversion says of itself, in sentences."""

from typing import Protocol

NO_REFERENCE = "The checkpoint has no reference, so there are no held-out real images to compare this with."
OFTEN = 0.99  # share of own images nearer to the centre, beyond which a place counts as far out
NEARNESS = ((35.0, "very near to"), (28.0, "near to"), (22.0, "some way from"), (float("-inf"), "far from"))
# PSNR, dB, from which a word is used: a rule of thumb, 35 dB being 4.5 of 255, 28 dB 10, 22 dB 20


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
    than = f"it comes closer to {percent(worse_than)} of the held-out real images than to this picture{at}"
    if cannot:
        return f"This model cannot make this picture, only the image shown. Tried the same way, {than}."
    return f"The model can make this picture, as nearly as is usual for it. Tried the same way, {than}."


def residual(rmse: float, psnr: float, features: float | None, whole: bool) -> str:
    """How far off the result is: in a word, pixels in 8-bit steps, decibels, and in the extractor's features."""
    where = "" if whole else ", where it was given"
    word = next(word for least, word in NEARNESS if psnr >= least)
    off = f"a typical pixel is off by {rmse:.1f} of 255 (PSNR {psnr:.1f} dB)"
    text = f"Pixel by pixel the image is {word} your picture{where}: {off}."
    if features is None:
        return text
    return (
        f"{text} The features of the two are {features:.2f} apart (0: the same, about 2: two different images), but "
        "the search itself makes that small: trust your eyes first."
    )


def editable(distance: float, beyond: float) -> str:
    """What a distance from the centre means for edits; `beyond`: share of the model's own images that are nearer."""
    own = f"farther out than {percent(beyond)} of the model's own images"
    place = f"it lies {own} ({distance:.2f} deviations from the centre; 1 is usual)"
    if beyond <= OFTEN:
        return f"Edits work on it as on those images: {place}."
    return f"Edits may distort it: {place}, where the model knows little. Move sliders less to keep more of it."


def invented(seen: Seen) -> str:
    """The warning of a result of which only a part was given."""
    if seen.side:
        return (
            f"A guess, not a reconstruction: many pictures look the same at {seen.side} x {seen.side} pixels, and the "
            "model shows one that it finds likely. Every detail beyond these pixels is invented, so nobody can be "
            "recognised by it."
        )
    return "What was rubbed out is invented: each of these fits what was left, and none is what stood there."


def tuned(before: float, after: float, others: float) -> list[str]:
    """What a private branch is: how far off, of 255, its image is and the model's own; how much others changed."""
    return [
        f"Tuned to this picture: a typical pixel is off by {after:.1f} of 255, in the model itself by {before:.1f}. "
        "What was added is your picture, not what the model knows.",
        f"A private copy of the generator draws it, whose other images have changed by {others:.1f} of 255. Edits "
        "work as in the model, less well the farther they lead.",
        "The copy is this page's own, held in memory and dropped an hour after its last use. A link or a PNG cannot "
        "carry it: who opens one sees the image of the model itself.",
    ]
