"""Pickles, read without executing anything: what a pickle asks to be called is noted down, and nothing is ever called.

Python's own Unpickler is a machine that calls what a file names. This one cannot: a function or class stays a name, a
call becomes a `Made` with that name and its arguments. A pickle that asks for a call which none of the known files ask
for is refused with that name, although nothing would come of it.
"""

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from trainer.checkpoints.importers.refusals import told_of
from trainer.util.reading import Unfit

CALLS = {  # that pickles of tensors, arrays and NVIDIA's networks ask for
    "torch_utils.persistence._reconstruct_persistent_obj",
    *("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.storage._load_from_bytes"),
    *("torch.Size", "torch.device", "torch.serialization._get_layout"),
    *("collections.OrderedDict", "builtins.set", "__builtin__.set", "builtins.bytearray", "_codecs.encode"),
    *("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
    *("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy._core.numeric._frombuffer"),
}
MAX_STEPS = 2 * 10**6  # of a pickle; StyleGAN2 at 1024 pixels takes 40,000
FAILURES = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError)
EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple, "EMPTY_SET": list}
LITERALS = {  # instructions that carry their value
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}


class Name(str):
    """A function or class that a pickle names, as in collections.OrderedDict. It is never looked up."""


@dataclass
class Made:
    """What a pickle would have made by a call.

    Attributes:
        name: of what would have been called.
        args: of the call.
        items: what would have been put into it, where it is a dict.
        state: what would have been its attributes.
    """

    name: str
    args: tuple[Any, ...]
    items: dict[Any, Any] = field(default_factory=dict)
    state: Any = None


class Unexpected(Unfit):
    """A pickle that asks for what no known file asks for."""

    def __init__(self, name: str):
        asks = f"it is a pickle that asks for {name:.80}, which is not expected in it; nothing of it was run"
        super().__init__(told_of(name) or asks)


def parsed(file: bytes | BinaryIO, names: Collection[str] | None = None) -> Any:
    """What a pickle describes, in plain values, `Name` and `Made`.

    Args: names: the classes that it may name besides CALLS; None for any, as none is ever used.
    Raises: Unexpected for a pickle that asks for another one; Unfit for a damaged one.
    """
    machine = Machine(names)
    try:
        for steps, (opcode, value, _) in enumerate(pickletools.genops(file)):
            if steps > MAX_STEPS:
                raise Unfit("it is a pickle of too many parts")
            machine.step(opcode.name, value)
        return machine.stack.pop()
    except FAILURES as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit("it is a damaged pickle") from error


class Machine:
    """The pickle machine's stack and memory. `ACTIONS` below are its instructions."""

    def __init__(self, names: Collection[str] | None):
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []  # the stacks below each mark
        self.memory: dict[int, Any] = {}
        self.names = names

    def step(self, code: str, value: Any) -> None:
        """One instruction. Raises Unfit for one that is not known, LookupError and the like for a broken pickle."""
        if code in EMPTY:
            self.push(EMPTY[code]())
        elif code in LITERALS:
            self.push(value)
        elif code in ACTIONS:
            ACTIONS[code](self, value)
        else:
            raise Unfit(f"it is a pickle with the instruction {code}, which is not read")

    def push(self, value: Any) -> None:
        """Put a value on top."""
        self.stack.append(value)

    def take(self, count: int) -> list[Any]:
        """The topmost values, taken off."""
        if len(self.stack) < count:
            raise IndexError
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def mark(self) -> None:
        """Begin a list of values."""
        self.marks.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """All values above the last mark, taken off with it."""
        taken, self.stack = self.stack, self.marks.pop()
        return taken

    def extend(self, values: list[Any]) -> None:
        """Put values into the list on top."""
        target = self.stack[-1]
        if not isinstance(target, list):
            raise TypeError
        target.extend(values)

    def put(self, values: list[Any]) -> None:
        """Put keys and values, in turn, into the dict on top."""
        target = self.stack[-1]
        items = target.items if isinstance(target, Made) else target
        if not isinstance(items, dict):
            raise TypeError
        items.update(zip(values[::2], values[1::2], strict=True))

    def name(self, module: Any, name: Any) -> None:
        """Push a name, if it is an expected one."""
        full = f"{module}.{name}"
        if self.names is not None and full not in self.names and full not in CALLS:
            raise Unexpected(full)
        self.push(Name(full))

    def call(self, name: Any, *args: Any) -> None:
        """Note down that this would have been called."""
        if isinstance(name, Name) and name not in CALLS:
            raise Unexpected(name)
        self.create(name, *args)

    def create(self, name: Any, *args: Any) -> None:
        """Note down that an object of this class would have been created."""
        if not isinstance(name, Name):
            raise TypeError
        self.push(Made(str(name), args))

    def instance(self, name: str) -> None:
        """INST: the name stands in the instruction, its arguments above the mark."""
        args = self.marked()
        self.name(*name.split(" ", 1))
        self.call(*self.take(1), *args)

    def mapping(self) -> None:
        """DICT: keys and values above the mark."""
        values = self.marked()
        self.push({})
        self.put(values)

    def reduce(self) -> None:
        """REDUCE: a function and its arguments."""
        function, args = self.take(2)
        self.call(function, *args)

    def new(self, parts: int) -> None:
        """NEWOBJ: a class and the arguments of its __new__; NEWOBJ_EX has keywords as well."""
        name, args, *keywords = self.take(parts)
        self.create(name, *args, *keywords)

    def build(self) -> None:
        """Note the attributes of what is on top."""
        (state,) = self.take(1)
        if not isinstance(self.stack[-1], Made):
            raise TypeError
        self.stack[-1].state = state

    def remember(self, place: int) -> None:
        """Keep what is on top under a number."""
        self.memory[place] = self.stack[-1]


ACTIONS: dict[str, Callable[[Machine, Any], object]] = {
    "MARK": lambda m, _: m.mark(),
    "POP": lambda m, _: m.take(1),
    "POP_MARK": lambda m, _: m.marked(),
    "DUP": lambda m, _: m.push(m.stack[-1]),
    "APPEND": lambda m, _: m.extend(m.take(1)),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "ADDITEMS": lambda m, _: m.extend(m.marked()),
    "SETITEM": lambda m, _: m.put(m.take(2)),
    "SETITEMS": lambda m, _: m.put(m.marked()),
    "LIST": lambda m, _: m.push(m.marked()),
    "FROZENSET": lambda m, _: m.push(m.marked()),
    "TUPLE": lambda m, _: m.push(tuple(m.marked())),
    "TUPLE1": lambda m, _: m.push(tuple(m.take(1))),
    "TUPLE2": lambda m, _: m.push(tuple(m.take(2))),
    "TUPLE3": lambda m, _: m.push(tuple(m.take(3))),
    "DICT": lambda m, _: m.mapping(),
    "GLOBAL": lambda m, value: m.name(*value.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.name(*m.take(2)),
    "INST": lambda m, value: m.instance(value),
    "OBJ": lambda m, _: m.call(*m.marked()),
    "REDUCE": lambda m, _: m.reduce(),
    "NEWOBJ": lambda m, _: m.new(2),
    "NEWOBJ_EX": lambda m, _: m.new(3),
    "BUILD": lambda m, _: m.build(),
    "PERSID": lambda m, value: m.push(Made("persistent_id", (value,))),
    "BINPERSID": lambda m, _: m.push(Made("persistent_id", tuple(m.take(1)))),
    "MEMOIZE": lambda m, _: m.remember(len(m.memory)),
    "NONE": lambda m, _: m.push(None),
    "NEWTRUE": lambda m, _: m.push(True),
    "NEWFALSE": lambda m, _: m.push(False),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda m, _: None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda m, value: m.remember(value)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, value: m.push(m.memory[value])),
}
