"""One handler for all: questions are looked at before work, answers are what JSON can carry, no path is told."""

import errno
import json
import sqlite3
import sys
import threading
from pathlib import Path

import orjson
import pytest

from explorer.core.library import Library
from explorer.core.limits import Busy, Gate, Kept
from explorer.core.recipe import Recipe
from explorer.rendering import client, server
from explorer.rpc.handler import MAX_CHARACTERS, MAX_THINGS, rpc_handler
from explorer.tabs.diagnosis import handlers
from trainer.util.errors import UserError


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "checkpoints", tmp_path / "runs", tmp_path / "recordings")


def deep(levels: int) -> list:
    thing: list = []
    for _ in range(levels):
        thing = [thing]
    return thing


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ([], "must be an object"),
        (None, "must be an object"),
        ({"a": float("inf")}, "infinite"),
        ({"a": [{"b": float("nan")}]}, "infinite, NaN or too large"),
        ({"a": 2**64}, "beyond 2^63"),
        ({"a": -(2**70)}, "beyond 2^63"),
        ({"a": "x\ud800"}, "invalid Unicode"),
        ({"\udfff": 1}, "invalid Unicode"),
        ({"a": "x" * (MAX_CHARACTERS + 1)}, "more than 8,000,000 characters"),
        ({"a": [0] * MAX_THINGS}, "too large"),
        ({"a": [[0] * 1000] * 200}, "too large"),
        ({"a": deep(20)}, "levels deep"),
        ({"a": deep(5000)}, "levels deep"),
    ],
    ids=lambda thing: thing if isinstance(thing, str) else "",
)
def test_a_question_beyond_all_measure_never_reaches_the_handler(library: Library, question, message: str):
    reached = []
    handler = rpc_handler(lambda library, question: reached.append(question) or {})
    assert message in handler(library, question)["error"]
    assert reached == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("recipe"), "cannot answer"),
        (OverflowError("Python int too large to convert to C long"), "cannot answer"),
        (RecursionError("maximum recursion depth exceeded"), "see its log"),
        (MemoryError(), "not have enough memory"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/secret/runs/x"), "(Read-only file system)"),
        (sqlite3.OperationalError("database is locked"), "The store of a run"),
        (RuntimeError("CUDA error at /opt/torch/a.cc"), "see its log"),
        (UserError("Cannot use /opt/secret/place/store.sqlite: it is odd."), "Cannot use …/store.sqlite: it is odd."),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_whatever_fails_is_one_sentence_without_pythons_words_or_paths(
    library: Library, error: Exception, message: str
):
    @rpc_handler
    def handler(library, question):
        raise error

    sentence = handler(library, {})["error"]
    assert message in sentence
    assert not [word for word in ("secret", "Errno", type(error).__name__) if word in sentence]


def test_an_answer_is_what_json_can_carry(library: Library):
    odd = {
        "nan": float("nan"),
        "broken": "x\ud800",
        "huge": 2**70,
        "endless": 10**400,
        "deep": deep(500),
        "\udfff": (1,),
    }
    answer = rpc_handler(lambda library, question: odd)(library, {})
    assert json.loads(orjson.dumps(answer))["nan"] is None
    assert answer["broken"] == "x\\ud800"


def test_no_folder_of_the_machine_is_in_an_answer(library: Library):
    library.extra["own"] = Path("/opt/models of mine/own")
    given = {
        "a": f"{library.runs}/one is odd, {library.checkpoints}/faces too",
        "b": [f"see {Path.cwd()}/app.py", f"{sys.prefix}/lib"],
        "c": "/opt/models of mine/own/config.json",
        "addresses": "explorer/runtime/0/worker.js and https://example.org/a/b",
    }
    answer = rpc_handler(lambda library, question: given)(library, {})
    assert answer["a"] == "runs/one is odd, checkpoints/faces too"
    assert answer["c"] == "own/config.json"
    assert answer["addresses"] == given["addresses"]
    sent = json.dumps(answer)
    assert not any(str(place) in sent for place in (library.runs.parent, Path.cwd(), sys.prefix))


def test_a_count_is_looked_at_before_anything_is_parsed(library: Library, monkeypatch):
    parsed = []
    monkeypatch.setattr(Recipe, "from_dict", lambda plain: parsed.append(plain))
    many = [{}] * 9000
    shape = {"count": 9, "interpolation": "lerp", "space": "w", "loop": True}
    for handler, question in (
        (client.latents, {"recipes": many}),
        (client.path, {"keyframes": many, **shape}),
        (server.tiles, {"recipes": many, "columns": 3}),
        (server.sheet, {"recipes": many, "columns": 12}),
    ):
        assert "error" in handler(library, question)
    assert parsed == []


def test_a_pages_name_is_remembered_short(library: Library):
    handlers.NEWEST.clear()
    for i in range(3):
        question = {"page": f"{i}" * 1_000_000, "stamp": 1, "checkpoint": "gone", "psi": 1, "label": None, "n": 9}
        assert "no checkpoint" in handlers.diagnose(library, question)["error"]
    assert sum(map(len, handlers.NEWEST)) <= 3 * handlers.PAGE


def test_what_is_kept_stays_within_its_bytes_and_the_oldest_goes_first():
    kept: Kept[str] = Kept(10, len)
    for key, value in (("a", "1234"), ("b", "5678")):
        kept.put(key, value)
    assert kept.get("a") == "1234"  # used: b is the oldest now
    kept.put("c", "9012")
    assert (kept.get("a"), kept.get("b"), kept.get("c"), kept.bytes) == ("1234", None, "9012", 8)
    kept.put("c", "x" * 11)  # too large to be kept at all
    assert (kept.get("c"), kept.bytes) == (None, 4)


def test_what_nobody_has_used_for_long_is_forgotten():
    kept: Kept[str] = Kept(10, len, idle=0.2)
    kept.put("a", "1234")
    kept.put("b", "5678")
    for _ in range(3):
        threading.Event().wait(0.1)
        assert kept.get("b") == "5678"
    assert (kept.get("a"), len(kept), kept.bytes) == (None, 1, 4)


def test_a_gate_lets_so_many_work_and_so_many_wait_and_refuses_the_rest_at_once():
    gate, begun, go = Gate("videos", at_once=1, waiting=1), threading.Event(), threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        with gate.place():
            begun.set()
            go.wait(30)
            done.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    threads[0].start()
    begun.wait(30)
    threads[1].start()
    while gate.tickets.acquire(blocking=False):  # until the second one waits
        gate.tickets.release()
    with pytest.raises(Busy, match="Too many requests for videos"), gate.place():
        pass
    go.set()
    for thread in threads:
        thread.join(30)
    assert done == [0, 1]
    with gate.place():  # free again
        pass


def test_a_busy_server_says_so_and_the_page_may_ask_again(library: Library):
    gate = Gate("videos", at_once=1, waiting=0)
    handler = rpc_handler(gate(lambda library, question: {"made": 1}))
    with gate.place():
        assert handler(library, {}) == {
            "error": "Too many requests for videos at the moment. Try again shortly.",
            "busy": True,
        }
    assert handler(library, {}) == {"made": 1}
