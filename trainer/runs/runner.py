"""The loop with its book-keeping. `Runner.run` reads from top to bottom what happens after a step."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric

from trainer.runs.alerts import ALERTS, AlertMonitor
from trainer.runs.commands import Commands
from trainer.runs.live_eval import LiveEvaluator
from trainer.runs.rollback import is_finite, roll_back
from trainer.runs.saving import save, save_snapshot
from trainer.runs.session import Caller, Session
from trainer.training.loop import train


@dataclass(frozen=True)
class Progress:
    """Means since the last progress.

    Attributes:
        images_seen, total_images: real images so far and in the end.
        images_per_s: over the last stretch.
        values: losses, D's accuracies, gradients, and what a verdict measured if there was one.
        saved: whether the state and a snapshot have just been written.
        verdict: the title of the newest verdict, "" before the first.
    """

    images_seen: int
    total_images: int
    images_per_s: float
    values: dict[str, float]
    saved: bool
    verdict: str = ""

    @property
    def seconds_left(self) -> float:
        """Seconds to the end, at the speed of the last stretch."""
        return max(0, self.total_images - self.images_seen) / max(self.images_per_s, 1e-9)


class Means:
    """Sums of what the steps gave, since the last progress."""

    def __init__(self, images_seen: int):
        self.sums: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}  # G does not step each time
        self.start, self.idle = images_seen, 0.0
        self.since = time.perf_counter()

    def add(self, values: dict[str, torch.Tensor]) -> None:
        """Take in what one step gave."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def values(self, fabric: Fabric) -> dict[str, float]:
        """Means over all steps and processes, each of which has to ask."""
        each = {name: count * fabric.world_size for name, count in self.counts.items()}
        return {name: summed(value, fabric) / each[name] for name, value in self.sums.items()}

    @property
    def seconds(self) -> float:
        """Time spent training."""
        return time.perf_counter() - self.since - self.idle


def summed(value: torch.Tensor, fabric: Fabric) -> float:
    """The sum of a number over all processes, each of which has to ask for it."""
    total = fabric.all_reduce(value, reduce_op="sum")
    assert isinstance(total, torch.Tensor)
    return float(total)


class Runner:
    """Trains one run in this process, or this process' share of it."""

    def __init__(self, session: Session, caller: Caller, evaluator: LiveEvaluator | None = None):
        self.session, self.caller, self.evaluator = session, caller, evaluator
        self.commands = Commands(session, caller.stopping, caller.listen_every)
        self.means = Means(session.state.images_seen)
        self.verdict = ""
        self.best = (math.inf, 0.0)
        if session.first:
            events = session.store.events()
            self.best = min((tuple(e.detail["rank"]) for e in events if e.kind == "best"), default=self.best)
            self.reset_alerts()
            if evaluator and session.saved_at >= 0:
                evaluator.start(session.state.images_seen)

    def run(self) -> Iterator[Progress]:
        """Train to the end, or until asked to stop; other settings start the loop anew from where it stands."""
        session, state = self.session, self.session.state
        if state.started_from and session.saved_at < 0:
            self.save()  # what it began with, to compare with; from here on the run needs no checkpoint
        while not session.done:
            session.restart = False
            session.done = state.images_seen >= session.config.total_images  # as commands in a pause may want
            for step in train(state, session.dataset, session.config):
                self.means.add(step.values)

                # Commands: stop, pause, snapshot, other settings
                self.commands.handle()

                # Done?
                session.done |= step.images_seen >= session.config.total_images
                saving = session.done or session.save_now or session.save_due()

                if saving or step.images_seen - self.means.start >= self.caller.report_images:
                    values = self.means.values(state.fabric)
                    if not (all(map(math.isfinite, values.values())) and is_finite(state)):
                        self.roll_back()
                        break

                    # Report
                    images_per_s = self.report(values)

                    # Save
                    if saving:
                        self.save()

                    # Evaluate
                    values |= self.evaluate()

                    # Alert
                    self.alert()

                    self.means = Means(step.images_seen)
                    total = session.config.total_images
                    yield Progress(step.images_seen, total, images_per_s, values, saving, self.verdict)

                # Paused?
                while session.paused and not session.done:
                    self.wait_paused()
                if session.done or session.restart:
                    break
        over = state.images_seen >= session.config.total_images
        session.tell(
            "finished" if over else "stopped", "The training budget is used up." if over else "Saved and stopped."
        )

    def report(self, values: dict[str, float]) -> float:
        """Write down what was measured. Returns images a second."""
        seen, seconds = self.session.state.images_seen, self.means.seconds
        rate = (seen - self.means.start) / max(seconds, 1e-9)
        self.session.state.seconds += seconds
        if self.session.first:
            self.session.store.add(seen, values | {"images_per_s": rate})
            self.alert_monitor.history.add(seen, values)
        return rate

    def save(self) -> None:
        """Save what the run consists of; the other processes only note that it has been done."""
        session, begins = self.session, self.session.saved_at < 0
        if session.first:
            save(session)
        session.answers, session.save_now, session.saved_at = [], False, session.state.images_seen
        if self.evaluator and begins:
            self.evaluator.start(session.saved_at)

    def evaluate(self) -> dict[str, float]:
        """A verdict on the moving average if it is due, written down; its snapshot is kept if none was better."""
        session, seen = self.session, self.session.state.images_seen
        if not self.evaluator or session.done or not self.evaluator.due(session.config, seen):
            return {}
        found = self.evaluator.evaluate(session.state.ema.module, seen, self.caller.stopping)
        if found is None:
            return {}
        verdict, detail = found.diagnosis.verdict, found.detail()
        self.verdict = verdict.title
        session.store.add(seen, found.values)
        session.tell("verdict", verdict.text, detail)
        self.alert_monitor.history.add(seen, found.values)
        self.alert_monitor.history.verdicts.append((seen, detail | {"text": verdict.text}))
        if found.rank < self.best:
            self.best = found.rank
            save_snapshot(session, session.run.best)
            session.tell("best", f"Best so far: {verdict.title.lower()}.", {"rank": found.rank})
        return found.values

    def alert(self) -> None:
        """Say which alerts begin or end now."""
        if self.session.first:
            self.alert_monitor.history.total = self.session.config.total_images
            for kind, name, evidence in self.alert_monitor.changes():
                self.session.tell(kind, evidence, {"name": name} | ALERTS[name].words())

    def reset_alerts(self) -> None:
        """Alerts as the store holds them; the monitor goes on from there."""
        store = self.session.store
        self.alert_monitor = AlertMonitor(self.session.config.total_images, store.metrics(), store.events())

    def roll_back(self) -> None:
        """A number is not finite: go back to the last state. Raises UserError the second time."""
        roll_back(self.session)
        if self.session.first:
            self.reset_alerts()
        self.means = Means(self.session.state.images_seen)

    def wait_paused(self) -> None:
        """Wait a little, and listen."""
        since = time.perf_counter()
        time.sleep(self.caller.listen_every)
        self.commands.handle()
        self.means.idle += time.perf_counter() - since
        if self.session.answers:
            self.save()
