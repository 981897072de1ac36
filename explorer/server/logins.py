"""The name and password of --auth: where they come from, and how often somebody may guess."""

import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, MutableMapping
from ipaddress import ip_address, ip_network
from pathlib import Path

from trainer.util.errors import UserError

VARIABLE = "LATENT_EXPLORER_AUTH"
FREE = 5  # wrong passwords of one address before it has to wait
LONGEST = 60.0  # seconds of that wait, which doubles with each wrong one
REMEMBERED = 1000  # addresses
OVERALL = 60  # tries a minute of all addresses together, as one person may have many
MAX_BYTES = 1000  # of the file


def credentials(text: str | None, file: Path | None, environment: MutableMapping[str, str]) -> tuple[str, str] | None:
    """(name, password) from --auth, --auth-file or the environment, None where neither is given.

    What the environment gave is taken out of it: trainings are started with what is left. Raises UserError for two
    sources at once, a file that cannot be read, and what is not of the form USER:PASSWORD.
    """
    given = {
        "--auth": text,
        "--auth-file": first_line(file) if file else None,
        VARIABLE: environment.pop(VARIABLE, None),
    }
    found = {source: line for source, line in given.items() if line is not None}
    if not found:
        return None
    if len(found) > 1:
        raise UserError(f"The password is given in {' and in '.join(found)}. Keep only one.")
    ((source, line),) = found.items()
    name, colon, password = line.partition(":")
    if not (name.strip() and colon and password):
        raise UserError(f"{source} is not of the form USER:PASSWORD.")
    return name.strip(), password


def first_line(file: Path) -> str:
    """The one line of a file. Raises UserError if it cannot be read, or is no line of text."""
    try:
        if not file.is_file():
            raise UserError(f"--auth-file {file} is not a file. Write USER:PASSWORD into one that only you can read.")
        with file.open("rb") as opened:
            lines = opened.read(MAX_BYTES + 1).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"--auth-file {file} cannot be read ({os.strerror(error.errno or 0)}).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"--auth-file {file} is not UTF-8 text.") from error
    if len(lines) != 1 or len(lines[0]) > MAX_BYTES:
        raise UserError(f"--auth-file {file} has {len(lines)} lines; it must have one, USER:PASSWORD.")
    return lines[0]


class Attempts:
    """How long an address must wait before its next password is looked at. Every try counts until it has succeeded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.tries: OrderedDict[str, tuple[int, float]] = OrderedDict()  # address -> how many, until when it waits
        self.recent: deque[float] = deque(maxlen=OVERALL)

    def wait(self, address: str) -> float:
        """Seconds, 0 if it may try now."""
        _, until = self.tries.get(network(address), (0, 0.0))
        if len(self.recent) == OVERALL:
            until = max(until, self.recent[0] + 60)
        return max(0.0, until - self.clock())

    def start(self, address: str) -> None:
        """A try: wrong, until `succeeded` says otherwise."""
        key = network(address)
        count = self.tries.pop(key, (0, 0.0))[0] + 1
        pause = min(LONGEST, 2.0 ** min(count - FREE, 10)) if count >= FREE else 0.0
        self.tries[key] = count, self.clock() + pause
        self.recent.append(self.clock())
        while len(self.tries) > REMEMBERED:
            self.tries.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failed tries of an address that has logged in."""
        self.tries.pop(network(address), None)
        if self.recent:
            self.recent.pop()


def network(address: str) -> str:
    """An address; of IPv6 its /64, as that is what one person has."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))
