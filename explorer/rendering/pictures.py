"""A visitor's picture, for every tab that takes one. It is held in memory while it is looked at, nowhere else."""

from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.rendering.server import image_uri
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import text

MAX_TEXT = 8_000_000  # characters of a picture
DECODING = Gate("pictures", at_once=1, waiting=4)


@rpc_handler
@DECODING
def decode(library: Library, question: Answer) -> Answer:
    """{data}: base64 of a file that the browser cannot decode -> {image}, a data URI of at most 1024 pixels a side."""
    from explorer.core import picture  # which brings the readers of data sets along

    image = picture.decoded(picture.data_of(text(question, "data", MAX_TEXT), "picture"))
    return {"image": image_uri(picture.looked_at(image), quality=95)}
