"""What an option says of itself, and all that follows from it: its flag, its limits, its place on a command line."""

import math
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field, field
from typing import Any, NamedTuple, TypedDict, Unpack

from trainer.util.errors import UserError

MAIN = "Main"
OPTIMISER = "Optimiser"
LOSSES = "Losses and regularisation"
STABILISERS = "Stabilisation"
NETWORKS = "Networks"
DATA_GROUP = "Data"
SAVING = "Saving and evaluation"
MACHINE = "Machine"
SIDE = 1024  # pixels of an image, at most
GROUPS = (MAIN, OPTIMISER, LOSSES, STABILISERS, NETWORKS, DATA_GROUP, SAVING, MACHINE)

KINDS: dict[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
BOUNDS = {"min_": "at least", "above": "above", "max_": "at most", "below": "below"}


class Where(NamedTuple):
    """A condition under which an option has an effect.

    Attributes:
        label: the condition in a help text, which has no time to open the tables.
        settings: the options that decide it: one of them must be set, to a value of `among` if there are any.
        among: what the entry of the one setting's table has to fulfil; None: being set is enough.
    """

    label: str
    settings: tuple[str, ...]
    among: Callable[[Any], bool] | None = None


class Facts(TypedDict, total=False):
    """What else an option may say of itself."""

    min_: float  # bounds of a number
    above: float
    max_: float
    below: float
    choices: tuple[str, ...]  # all that a text may be
    table: str  # the table that it names an entry of
    several: bool  # it names any number of them, with commas
    others: str  # what it may be besides
    argument: str  # of the networks: only those architectures take the option whose networks have it
    applies_to: Sequence[Where]  # all of these must hold for it to have an effect
    off: Any  # the value that it must have where it does not apply, in place of its default
    ignored: bool  # where it does not apply, any value is allowed
    mutable: bool  # it may change while a run trains
    resumable: bool  # it may change when a run goes on; what is mutable may, too
    branchable: bool  # a branch may change it, as it leaves the weights as they are; True unless it says otherwise


def option(default: Any, help: str, group: str, **facts: Unpack[Facts]) -> Any:
    """A field of TrainConfig: one line that the command line, the form, the dialogs, the refusals and the card read.

    Args: help: one line. group: a heading of the form and of `--help`. facts: see `Facts`.
    """
    mine = [Where("depends on --arch", ("arch",), takes(facts["argument"]))] if "argument" in facts else []
    mutable = facts.get("mutable", False)
    usual = {"mutable": mutable, "resumable": mutable, "branchable": True}
    conditions = {"applies_to": (*mine, *facts.get("applies_to", ()))}
    return field(default=default, metadata={"help": help, "group": group} | usual | facts | conditions)


def takes(argument: str) -> Callable[[Any], bool]:
    """Whether a network of an architecture has this argument."""
    return lambda architecture: argument in architecture.arguments


def flag(name: str) -> str:
    """Field name -> its command line flag."""
    return "--" + name.replace("_", "-")


def words(settings: dict[str, Any]) -> list[str]:
    """Settings as a command line has them, each as short as it can be said."""
    found = []
    for name, value in settings.items():
        text = str(value).removesuffix(".0") if isinstance(value, float) else str(value)
        if isinstance(value, bool):
            found.append(flag(name if value else f"no_{name}"))
        else:
            found += [f"{flag(name)}={text}"] if text.startswith("-") else [flag(name), text]
    return found


def add_options(parser: ArgumentParser, options: Iterable[Field]) -> None:
    """One flag an option, by groups. Absent flags stay absent from the namespace, so that presets can fill them."""
    groups: dict[str, Any] = {}
    for f in options:
        title = f.metadata["group"]
        group = groups.get(title) or groups.setdefault(title, parser.add_argument_group(title))
        if f.type is bool:
            group.add_argument(flag(f.name), action=BooleanOptionalAction, default=None, help=help_of(f))
        else:
            kind: Any = f.type
            group.add_argument(flag(f.name), type=kind, default=None, metavar=kind.__name__.upper(), help=help_of(f))


def help_of(f: Field) -> str:
    """The line of `--help`: what it is, where it applies, what it may be, its default."""
    facts = f.metadata
    where = f" ({', '.join(where.label for where in facts['applies_to'])})" if facts["applies_to"] else ""
    names = ("names from `list`" if facts.get("several") else "a name from `list`") if "table" in facts else ""
    names = "a name in CHECKPOINTS" if facts.get("table") == "checkpoint" else names
    names += f", or {facts['others']}" if "others" in facts else ""
    names = ", ".join(filter(None, facts["choices"])) if "choices" in facts else names
    return f"{facts['help']}{where}{f': {names}' if names else ''} [{f.default}]".replace("%", "%%")


def check_value(f: Field, value: Any) -> None:
    """Raise UserError unless the value is of the option's type, finite and within its bounds."""
    facts = f.metadata
    kind: Any = (int, float) if f.type is float else f.type
    if not isinstance(value, kind) or (isinstance(value, bool) and f.type is not bool):
        raise UserError(f"{flag(f.name)} is {value!r}; it must be {KINDS[f.type]}.", f.name)
    if f.type is float and not math.isfinite(value):
        raise UserError(f"{flag(f.name)} is {value}; it must be a finite number.", f.name)
    inside = {
        "min_": lambda limit: value >= limit,
        "above": lambda limit: value > limit,
        "max_": lambda limit: value <= limit,
        "below": lambda limit: value < limit,
    }
    bounds = {name: facts[name] for name in BOUNDS if name in facts}
    if not all(inside[name](limit) for name, limit in bounds.items()):
        allowed = " and ".join(f"{BOUNDS[name]} {limit}" for name, limit in bounds.items())
        raise UserError(f"{flag(f.name)} is {value}; it must be {allowed}.", f.name)
    if "choices" in facts and value not in facts["choices"]:
        raise UserError(f"{flag(f.name)} is {value!r}. Choose from: {', '.join(facts['choices'])}.", f.name)
