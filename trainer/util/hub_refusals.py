"""What a download from the Hub is refused for, where a caller tells it apart. Imports nothing that is slow."""

from trainer.util.errors import UserError


class NothingWanted(UserError):
    """An address has no file of those that are wanted.

    Attributes:
        found: the first files of its repository, to be shown, `nothing` where it is empty.
    """

    def __init__(self, sentence: str, found: str):
        super().__init__(sentence)
        self.found = found


class TooLarge(UserError):
    """A download has more bytes than its limit."""
