"""Bodies and uploads: counted in bytes and seconds while they arrive."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from starlette.formparsers import MultiPartException

from explorer.server.bodies import Budget, Refused, check_room, streamed
from tests.explorer.server.conftest import TOKENED, app

T = TypeVar("T")


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in a thread of its own: Playwright keeps a loop in the one of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def source(*messages: dict, wait: bool = False):
    left = list(messages)

    async def receive() -> dict:
        if not left and wait:
            await asyncio.sleep(3600)
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


def part(size: int, more: bool = True) -> dict:
    return {"type": "http.request", "body": b"a" * size, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "message"),
    [([part(60), part(60)], "maximum allowed size"), ([part(60)], "interrupted"), ([], "interrupted")],
)
def test_an_upload_that_is_too_long_or_broken_off_ends_so_that_its_parts_are_removed(messages, message: str):
    async def read() -> None:
        receive = streamed(source(*messages), 100)
        while True:
            await receive()

    with pytest.raises(MultiPartException, match=message):
        run_apart(read())


def test_an_upload_that_stands_still_or_crawls_ends():
    with pytest.raises(MultiPartException, match="stalled"):
        run_apart(streamed(source(wait=True), 100, seconds=0.01)())
    times = iter([0.0, 31.0])
    with pytest.raises(MultiPartException, match="slower"):
        run_apart(streamed(source(part(1000)), 10**6, clock=lambda: next(times))())


def test_a_question_that_stands_still_ends_and_questions_share_one_budget():
    budget = Budget(max_held=150, seconds=0.01)
    run_apart(budget.body(source(part(100, more=False)), 100))
    with pytest.raises(Refused, match="is busy"):
        run_apart(budget.body(source(part(100, more=False)), 100))
    budget.release(100)
    with pytest.raises(Refused, match="did not arrive"):
        run_apart(budget.body(source(part(10), wait=True), 100))
    assert budget.held == 0


def test_one_address_has_so_many_places_and_leaves_those_of_others():
    budget = Budget(at_once=2, max_waiting=1)

    async def crowd() -> list[str]:
        end, log = asyncio.Event(), []

        async def ask(who: str) -> None:
            try:
                async with budget.turn(who):
                    log.append(f"{who} in")
                    await end.wait()
            except Refused:
                log.append(f"{who} refused")

        tasks = [asyncio.create_task(ask("a")) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(ask("a")))
        await asyncio.sleep(0)
        end.set()
        await asyncio.gather(*tasks)
        async with budget.turn("b"):
            return log

    assert run_apart(crowd()) == ["a in", "a in", "a refused", "a in"]
    assert not budget.places


def test_an_upload_needs_room_and_what_nobody_finished_is_swept(tmp_path: Path):
    orphan = tmp_path / "tmpabc"
    orphan.write_bytes(b"a" * 100)
    with pytest.raises(Refused, match="no disk space"):
        check_room(tmp_path, 50, 120)
    check_room(tmp_path, 50, 120, orphaned=-1.0)
    assert not orphan.exists()
    with pytest.raises(Refused, match="no disk space"):
        check_room(tmp_path, 10**18, 10**19)


def test_an_upload_is_taken_only_where_one_may_train():
    form = {"files": {"files": ("a.png", b"a" * 100)}, "headers": TOKENED}
    assert "Uploads are disabled" in app().post("/gradio_api/upload", **form).json()["error"]
    assert app(upload=1000).post("/gradio_api/upload", content=b"a", headers=TOKENED).status_code == 415
    huge = TOKENED | {"Content-Type": "multipart/form-data; boundary=a", "Content-Length": str(10**12)}
    assert app(upload=1000).post("/gradio_api/upload", content=b"a", headers=huge).status_code == 413


def test_an_upload_with_room_arrives(tmp_path: Path):
    form = {"files": {"files": ("a.png", b"a" * 100)}, "headers": TOKENED}
    assert app(upload=1000, folder=tmp_path).post("/gradio_api/upload", **form).text.startswith("/gradio_api/upload 2")
