"""The directions of a model as one list: those of all methods, each with what it is known to do."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions
from explorer.core.directions.effects import Effects
from explorer.core.directions.fitting import fitted, is_settled, known
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model

RANGE = 3.0  # a slider's ends where nothing has been measured, in strength
NAMED = ("learned", "attributes")  # methods whose axes are attributes
ABSENT = "none"  # a value that says that something is not there


class Entry(NamedTuple):
    """One direction.

    Attributes:
        id: as a recipe spells it, `pca:0`.
        title: as a person reads it, without the method.
        method: the method's name.
        layers: first and last layer that it is meant for; None: to the finest.
        low, high: strengths between which images stay near the real ones; -RANGE and RANGE where not measured.
        note: a few words on the axis.
        effects: up to three attributes that it changes most, each (`hair=long`, deviations a unit of strength).
        impurity: change of the other attributes by that of the first of these; lower is purer, None if not measured.
    """

    id: str
    title: str
    method: str
    layers: tuple[int, int | None]
    low: float
    high: float
    note: str
    effects: tuple[tuple[str, float], ...] = ()
    impurity: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the page reads them."""
        return self._asdict()


def entries(model: "Model") -> list[Entry]:
    """All directions that are there without minutes of work, method by method; a method that finds nothing has none."""
    found = []
    for method, directions in ready(model).items():
        found += [entry(method, directions, axis) for axis in range(len(directions.axes_))]
    return found


def ready(model: "Model") -> dict[str, Directions]:
    """Method -> fitted directions, of those that suit the model and need no minutes; learned ones come first."""
    found: dict[str, Directions] = {}
    for method in sorted(suited(model), key=lambda name: not DIRECTIONS[name].slow):
        try:
            slow = DIRECTIONS[method].slow
            directions = (known if slow else fitted)(method, model.subject, model.place)
        except UserError:  # it finds nothing here; asked for by name, it says so
            continue
        if directions is not None:
            found[method] = directions
    return found


def unlearnable(model: "Model") -> str:
    """Why nobody can learn attributes of this model, in a sentence; "" where somebody can."""
    if model.reader is not None:
        return ""
    return (
        f"Nobody can read attributes off the images of {model.name}: it has no reference of labelled images. Build one "
        "from images in a folder a class: python -m trainer reference NAME."
    )


def is_learned(model: "Model") -> bool:
    """Whether all methods that suit have been fitted and measured, whatever they found."""
    found = outcomes(model)
    return set(found) == set(suited(model)) and all(one is None or one.effects is not None for one in found.values())


def outcomes(model: "Model") -> dict[str, Directions | None]:
    """Method -> fitted directions, None where it found nothing, of those that suit the model and have been fitted."""
    asked = (model.subject, model.place)
    return {method: known(method, *asked) for method in suited(model) if is_settled(method, *asked)}


def suited(model: "Model") -> list[str]:
    """Methods that may find something in this model."""
    return [name for name, kind in DIRECTIONS.items() if kind.suits(model.subject)]


def entry(method: str, directions: Directions, axis: int) -> Entry:
    """What is known of one axis."""
    effects = directions.effects
    title, own = directions.title_of(axis), directions.names_[axis]
    strongest: tuple[tuple[str, float], ...] = ()
    impurity = None
    low, high = -RANGE, RANGE
    if effects is not None:
        strongest = tuple((name, round(gain, 3)) for name, gain in effects.strongest(axis))
        low, high = (round(float(end[axis]), 2) for end in (effects.low, effects.high))
        title = named(title, own, axis, effects)
        target = own if own in effects.traits else strongest[0][0] if strongest else ""
        impurity = round(effects.impurity(axis, target), 3) if target else None
    layers = directions.layers_[axis]
    return Entry(f"{method}:{own}", title, method, layers, low, high, directions.note(axis), strongest, impurity)


def named(title: str, own: str, axis: int, effects: Effects) -> str:
    """The title with the attribute that an axis may be named after: `3 · mouth: smile`; below 0 it is `less of it`."""
    after = effects.named_after(axis)
    if own in effects.traits or after is None:
        return title
    name, gain = after
    return f"{title} · {'' if gain > 0 else 'less '}{name.replace('=', ': ', 1)}"


def picked(model: "Model") -> list[str]:
    """Ids that a picker shows instead of sliders: the values of InfoGAN's categorical code."""
    return [f"codes:{value}" for value in range(model.generator.codes[0])]


def chosen(found: list[Entry], without: Collection[str] = ()) -> list[str]:
    """The sliders that are shown unless the person chooses others: at most N_AXES; never those of `without`.

    InfoGAN's codes, then attributes where they have been learned: measures first, then a value of each attribute in
    turn, the purest first, each by the method that changes the others least; else the axes of PCA, or of the first
    method.
    """
    found = [one for one in found if one.id not in without]
    codes = [one.id for one in found if one.method == "codes"]
    return [*codes, *(attributes_of(found) or axes_of(found))][:N_AXES]


def axes_of(found: list[Entry]) -> list[str]:
    """The axes of one method in their order: PCA's, else the first one's."""
    methods = [one.method for one in found if one.method != "codes"]
    method = "pca" if "pca" in methods else methods[0] if methods else ""
    return [one.id for one in found if one.method == method]


def attributes_of(found: list[Entry]) -> list[str]:
    """Learned attributes: measures, then the values of all attributes in turn; none where nothing has been learned."""
    best: dict[str, Entry] = {}
    for one in found:
        if one.method in NAMED and not one.title.endswith(f": {ABSENT}"):
            best[one.title] = min(best.get(one.title, one), one, key=lambda e: (e.impurity is None, e.impurity))
    by_attribute: dict[str, list[Entry]] = {}
    for one in sorted(best.values(), key=lambda e: (":" in e.title, e.impurity is None, e.impurity)):
        by_attribute.setdefault(one.title.partition(":")[0], []).append(one)
    longest = max(map(len, by_attribute.values()), default=0)
    return [values[i].id for i in range(longest) for values in by_attribute.values() if i < len(values)]
