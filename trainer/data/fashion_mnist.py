"""Fashion-MNIST: 60,000 images of clothes, 28 x 28, grey."""

from trainer.data.base import DATASETS, Attribute, Request, Source
from trainer.data.idx import Collection, source_of

CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"
)  # fmt: skip
FASHION = Collection(
    name="fashion-mnist",
    title="Fashion-MNIST",
    torchvision="FashionMNIST",
    origin="https://github.com/zalandoresearch/fashion-mnist",
    attribute=Attribute("garment", CLOTHES),
    licence="MIT",
    credit="Fashion-MNIST by Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando Research, 2017",
)


@DATASETS.add("fashion-mnist")
def fashion_mnist(request: Request) -> Source:
    """60,000 images of clothes, grey (28 pixels; padded to 32 or resized to others)."""
    return source_of(FASHION, request)
