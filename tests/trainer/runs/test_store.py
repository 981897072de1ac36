"""The database of a run: rows that grow, readers that change nothing, commands and their answers."""

import sqlite3
import threading

import pytest

from trainer.runs.store import FORMAT, Store
from trainer.util.errors import UserError


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store.sqlite")


def test_reading_what_is_not_there_gives_nothing_and_makes_nothing(store):
    assert (store.read("loss_d"), store.metrics(), store.events(), store.unheard()) == ([], [], [], [])
    assert (store.last(["verdict"]), store.images_seen()) == (None, 0)
    assert not store.path.exists()


def test_only_rows_after_the_last_known_id_are_given(store):
    store.add(1000, {"loss_d": 1.5, "loss_g": 0.5})
    last = store.metrics()[-1].id
    store.add(2000, {"loss_d": 1.25})
    assert [(m.images_seen, m.name, m.value) for m in store.metrics(last)] == [(2000, "loss_d", 1.25)]
    assert store.metrics(store.metrics()[-1].id) == []
    assert store.read("loss_d") == [(1000, 1.5), (2000, 1.25)]
    assert store.images_seen() == 2000


def test_an_id_is_never_given_twice(store):
    store.add(1000, {"a": 1.0})
    store.add(2000, {"a": 2.0})
    known = store.metrics()[-1].id
    store.forget_after(1000)
    store.add(1500, {"a": 3.0})
    assert [m.images_seen for m in store.metrics(known)] == [1500]


def test_what_will_be_measured_again_is_forgotten_and_the_rest_is_kept(store):
    for kind in ("verdict", "alert", "resolved", "paused", "note"):
        store.tell(3000, kind, "at three")
    store.tell(1000, "verdict", "at one")
    store.forget_after(2000)
    assert [(e.images_seen, e.kind) for e in store.events()] == [(3000, "paused"), (3000, "note"), (1000, "verdict")]


def test_an_event_carries_its_numbers(store):
    store.tell(5, "verdict", "Fine.", {"readings": {"fid": [1.0, None, 2.0]}})
    event = store.last(["verdict", "alert"])
    assert (event.images_seen, event.text, event.detail) == (5, "Fine.", {"readings": {"fid": [1.0, None, 2.0]}})


def test_a_command_is_unheard_until_it_is_answered(store):
    id = store.ask("set", {"lr": 0.5})
    (command,) = store.unheard()
    assert (command.id, command.kind, command.argument, command.answer) == (id, "set", {"lr": 0.5}, None)
    store.answer(id, "Done.")
    assert store.unheard() == []
    assert store.command(id).answer == "Done."


def test_waiting_for_an_answer_gives_it_or_gives_up(store):
    threading.Timer(0.3, lambda: store.answer(1, "Paused.")).start()
    assert store.ask_and_wait("pause", seconds=20) == "Paused."
    with pytest.raises(UserError, match=r"not replied within 0.2 s"):
        store.ask_and_wait("pause", seconds=0.2)


def test_a_store_of_another_version_is_refused_and_left_as_it_is(store):
    with sqlite3.connect(store.path) as connection:
        connection.execute("CREATE TABLE metrics (images INTEGER, name TEXT, value REAL)")
    connection.close()
    before = store.path.read_bytes()
    for use in (store.metrics, lambda: store.add(1, {"a": 1.0}), lambda: store.tell(1, "note", "")):
        with pytest.raises(UserError, match=rf"another version of the trainer \(format 0; this one reads {FORMAT}\)"):
            use()
    assert store.path.read_bytes() == before


def test_a_file_that_is_no_database_is_told(store):
    store.path.write_text("this is no database, but long enough to be taken for one" * 20)
    with pytest.raises(UserError, match="it contains only measurements"):
        store.metrics()


def test_a_reader_is_not_in_the_way_of_the_writer(store):
    store.add(1, {"a": 1.0})
    with store.connected(writing=False) as reader:
        rows = reader.execute("SELECT * FROM metrics")
        store.add(2, {"a": 2.0})
        assert len(rows.fetchall()) == 1
    assert len(store.metrics()) == 2


def test_a_copy_up_to_a_moment_has_measurements_and_no_commands(store, tmp_path):
    store.add(1000, {"a": 1.0})
    store.add(2000, {"a": 2.0})
    store.tell(1000, "verdict", "first")
    store.tell(1000, "paused", "not measured")
    store.tell(2000, "verdict", "second")
    store.ask("pause")
    copy = Store(tmp_path / "copy.sqlite")
    copy.take_from(store, 1500)
    assert (copy.read("a"), [e.text for e in copy.events()], copy.unheard()) == ([(1000, 1.0)], ["first"], [])


def test_a_recording_is_one_file_that_can_be_read_where_nothing_can_be_written(store, tmp_path):
    store.add(1000, {"a": 1.0})
    store.tell(1000, "finished", "done")
    folder = tmp_path / "shown"
    folder.mkdir()
    copy = Store(folder / "store.sqlite")
    copy.take_all_from(store)
    assert [path.name for path in folder.iterdir()] == ["store.sqlite"]
    folder.chmod(0o500)
    try:
        assert (copy.read("a"), copy.last(["finished"]).text) == ([(1000, 1.0)], "done")
    finally:
        folder.chmod(0o700)
