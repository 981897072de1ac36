"""The one exception that is meant for the person at the keyboard."""

MARK = "error: "  # begins the line in which a command tells what it refuses


class UserError(Exception):
    """Bad input, told in one sentence: what, where, what was found, what to do.

    The command line prints it and exits with 2; the page shows it as a message. Anything else that is raised is a
    defect of ours and keeps its traceback.

    Attributes:
        field: the option whose value is to be changed, "" where it is none.
    """

    def __init__(self, sentence: str = "", field: str = ""):
        super().__init__(sentence)
        self.field = field


def as_line(sentence: object) -> str:
    """What a command prints of an error."""
    return f"{MARK}{sentence}"


def is_error(line: str) -> bool:
    """Whether a line of a log is an error's."""
    return line.startswith(MARK)


def sentence_of(line: str) -> str:
    """The sentence of an error's line, and any other line as it is."""
    return line.removeprefix(MARK)
