"""Registries: an unknown name lists the known ones, and a name is given once, however it is set."""

from collections.abc import Callable

import pytest

from trainer.util.errors import UserError
from trainer.util.registry import Registry


@pytest.fixture
def table() -> Registry[int]:
    table: Registry[int] = Registry("number")
    table["one"] = 1
    return table


def merge(table: Registry[int], others: dict[str, int]) -> None:
    table |= others


WAYS: dict[str, Callable[[Registry[int], str, int], object]] = {
    "item": lambda table, name, thing: table.__setitem__(name, thing),
    "add": lambda table, name, thing: table.add(name)(thing),
    "update by a table": lambda table, name, thing: table.update({name: thing}),
    "update by pairs": lambda table, name, thing: table.update([(name, thing)]),
    "update by keywords": lambda table, name, thing: table.update(**{name: thing}),
    "|=": lambda table, name, thing: merge(table, {name: thing}),
    "setdefault": lambda table, name, thing: table.setdefault(name, thing),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_name_is_given_once_however_it_is_set(table, way):
    way(table, "two", 2)
    with pytest.raises(ValueError, match="number 'one' is registered twice"):
        way(table, "one", 11)
    with pytest.raises(ValueError, match="number 'two' is registered twice"):
        way(table, "two", 2)  # not even the same thing again
    assert table == {"one": 1, "two": 2}


def test_a_name_twice_in_one_list_is_refused(table):
    with pytest.raises(ValueError, match="number 'two' is registered twice"):
        table.update([("two", 2), ("two", 22)])


def test_what_is_added_is_handed_back_and_the_table_is_still_itself(table):
    def three() -> int:
        return 3

    functions: Registry[Callable[[], int]] = Registry("function")
    assert functions.add("three")(three) is three
    assert table.setdefault("two", 2) == 2
    merged = table
    merged |= {"four": 4}
    assert merged is table


def test_another_thing_stands_in_for_a_while_and_after_a_failure_too(table):
    def fail() -> None:
        with table.replaced("one", 11):
            assert table["one"] == 11
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert table == {"one": 1}


def test_an_unknown_name_lists_the_known_ones(table):
    table["two"] = 2
    with pytest.raises(UserError, match=r"Unknown number 'three'\. Choose from: one, two\."):
        table["three"]
    with pytest.raises(UserError), table.replaced("three", 3):
        pass
