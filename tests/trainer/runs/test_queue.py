"""One training at a time, first come, first served, in processes of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trainer.runs.queue import others, queue_slot
from trainer.runs.run import Run
from trainer.util.errors import UserError

HOLD = """
import sys, time
from pathlib import Path
from trainer.runs.queue import others, queue_slot
from trainer.runs.run import Run
run = Run(Path(sys.argv[1]), sys.argv[2])
with queue_slot(run, print), run.lock():
    (run.folder / "began").write_text(str(time.time()))
    while not (run.folder / "end").exists():
        time.sleep(0.02)
"""


@pytest.fixture
def hold(tmp_path):
    """(name) -> a process that queues for the run, and holds its turn until runs/NAME/end is there."""
    started = []

    def start(name: str) -> subprocess.Popen:
        command = [sys.executable, "-c", HOLD, str(tmp_path), name]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def began(tmp_path, name) -> bool:
    return (tmp_path / name / "began").exists()


def test_trainings_follow_one_another_in_the_order_they_came(hold, tmp_path):
    runs = {name: Run(tmp_path, name) for name in "abc"}
    hold("a")
    wait(lambda: began(tmp_path, "a"))
    for name in "bc":
        hold(name)
        wait(runs[name].is_queued)
    assert not runs["b"].is_training()
    with pytest.raises(UserError, match="is already waiting in the queue"), queue_slot(runs["b"], print):
        pass
    with pytest.raises(UserError, match="'a' is being trained by another process"), queue_slot(runs["a"], print):
        pass
    (tmp_path / "a" / "end").touch()
    wait(lambda: began(tmp_path, "b"))
    assert runs["c"].is_queued()
    assert not began(tmp_path, "c")
    (tmp_path / "b" / "end").touch()
    wait(lambda: began(tmp_path, "c"))


def test_a_killed_training_makes_room_and_so_does_a_killed_waiter(hold, tmp_path):
    first, second = hold("a"), None
    wait(lambda: began(tmp_path, "a"))
    second = hold("b")
    wait(Run(tmp_path, "b").is_queued)
    hold("c")
    wait(Run(tmp_path, "c").is_queued)
    second.kill()
    second.wait()
    first.kill()
    first.wait()
    wait(lambda: began(tmp_path, "c"))
    assert not began(tmp_path, "b")


def test_a_training_that_was_started_without_the_queue_is_waited_for(hold, tmp_path):
    other = Run(tmp_path, "terminal")
    with other.lock():
        hold("a")
        wait(Run(tmp_path, "a").is_queued)
        time.sleep(1.2)  # two looks
        assert not began(tmp_path, "a")
    wait(lambda: began(tmp_path, "a"))


def test_who_waits_says_for_whom(hold, tmp_path):
    hold("a")
    wait(lambda: began(tmp_path, "a"))
    messages = []

    def tell(text):
        messages.append(text)
        (tmp_path / "a" / "end").touch()

    with queue_slot(Run(tmp_path, "b"), tell):
        pass
    assert messages[0] == "waiting for 'a' to finish training"


def test_a_folder_of_a_name_that_no_run_can_have_holds_nobody_up(tmp_path):
    (tmp_path / "my run").mkdir()
    (tmp_path / "my run" / "pid").write_text("1")
    with queue_slot(Run(tmp_path, "mine"), print):
        assert others(Run(tmp_path, "mine")) == []
