"""The loop with its book-keeping: means, saves, verdicts, alarms, and what somebody asks of it between two steps."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from lightning_fabric import Fabric

from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.checkpoints.model_card import model_card
from trainer.checkpoints.sampling import sample
from trainer.data import Dataset
from trainer.networks import ARCHITECTURES
from trainer.runs.alerts import ALARMS, NOT_FINITE, Alarm, Watch
from trainer.runs.live_eval import Judge, Verdict
from trainer.runs.run import Run
from trainer.runs.snapshots import keep
from trainer.runs.store import Command
from trainer.training.config import TrainConfig, changes, steered
from trainer.training.loop import Report, TrainState, options_for, train
from trainer.training.portrait import portrait
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.images import sheet

REPORT_IMAGES = 1000  # measurements are means over about this many pictures
LISTEN = 0.2  # seconds from one look for commands to the next
GRID = 64  # pictures of a sheet: seeds 0 to 63
SLOWER = 4  # the learning rate is divided by this after a number that was not finite


@dataclass(frozen=True)
class Progress:
    """Means since the last progress.

    Attributes:
        images_seen, total_images: real pictures so far and in the end.
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
        return max(0, self.total_images - self.images_seen) / max(self.images_per_s, 1e-9)


class Means:
    """Sums of what the steps gave, since the last progress."""

    def __init__(self, images_seen: int):
        self.sums: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}  # G does not step each time
        self.start, self.idle = images_seen, 0.0
        self.since = time.perf_counter()

    def add(self, values: dict[str, torch.Tensor]) -> None:
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


class Follower:
    """Trains one run in this process, or this process' share of it."""

    def __init__(
        self,
        run: Run,
        config: TrainConfig,
        dataset: Dataset,
        state: TrainState,
        fabric: Fabric,
        stopping: Callable[[], bool],
        judge: Judge | None = None,
    ):
        self.run, self.config, self.dataset, self.state, self.fabric = run, config, dataset, state, fabric
        self.stopping, self.judge, self.store = stopping, judge, run.store()
        self.first = fabric.is_global_zero
        self.saved_at = state.images_seen if state.images_seen else -1
        self.means = Means(state.images_seen)
        self.ended = False
        self.changed = self.paused = self.save_now = False
        self.heard = 0.0  # when commands were looked for last
        self.answers: list[tuple[int, str]] = []  # to give once what they speak of has been saved
        self.verdict = ""
        if self.first:
            for command in self.store.unheard():
                self.store.answer(command.id, "Asked while nobody trained the run: nothing was done.")
            events = self.store.events()
            self.watch = Watch(config.total_images, self.store.metrics(), events)
            self.best = min((tuple(e.detail["rank"]) for e in events if e.kind == "best"), default=(math.inf, 0.0))

    def progress(self) -> Iterator[Progress]:
        """Train to the end, or until asked to stop; a change of settings starts the loop anew from where it stands."""
        if self.state.images_seen >= self.config.total_images:
            return
        if self.first and self.judge and self.saved_at > 0:
            self.judge.begin(self.state.images_seen)
        while not self.ended:
            self.changed = False
            for report in train(self.state, self.dataset, self.config, self.fabric):
                yield from self.between(report)
                if self.ended or self.changed:
                    break
        if self.first:
            over = self.state.images_seen >= self.config.total_images
            self.tell("finished" if over else "stopped", "The budget is used up." if over else "Saved and stopped.")

    def between(self, report: Report) -> Iterator[Progress]:
        """All that is done after a step."""
        self.means.add(report.values)
        self.listen()
        self.ended |= report.images_seen >= self.config.total_images
        due = self.saved_at < 0 or report.images_seen - self.saved_at >= self.config.save_kimg * 1000
        save = self.ended or self.save_now or due
        if save or report.images_seen - self.means.start >= REPORT_IMAGES:
            values = self.means.values(self.fabric)
            if not (all(map(math.isfinite, values.values())) and finite(self.state)):
                self.roll_back(report.images_seen)
                return
            yield self.account(values, save)
        while self.paused and not self.ended:
            self.rest()

    def account(self, values: dict[str, float], save: bool) -> Progress:
        """Write down what was measured, save if it is time, judge if it is due."""
        seen, seconds = self.state.images_seen, self.means.seconds
        rate = (seen - self.means.start) / max(seconds, 1e-9)
        self.state.seconds += seconds
        if self.first:
            self.store.add(seen, values | {"images_per_s": rate})
            self.watch.history.add(seen, values)
            if save:
                self.save()
            if self.judge and not self.ended and self.judge.due(self.config, seen):
                values = values | self.judged(self.judge)
            self.raise_alarms()
        if save:
            begun, self.saved_at, self.save_now = self.saved_at >= 0, seen, False
            if self.first and self.judge and not begun:
                self.judge.begin(seen)
        self.means = Means(seen)
        return Progress(seen, self.config.total_images, rate, values, save, self.verdict)

    # ---- what is written

    def tell(self, kind: str, text: str, detail: dict[str, Any] | None = None) -> None:
        self.store.tell(self.state.images_seen, kind, text, detail)

    def save(self) -> None:
        """The resumable state first, then what people look at; then the commands that led to it are answered."""
        self.run.save_state(self.state)
        g, seen = self.state.ema.module, self.state.images_seen
        points = self.dataset.images if g.resolution == 1 else None
        grid = sheet(sample(g, range(GRID)), columns=8) if points is None else portrait(self.state, points)
        path = self.run.folder / "samples" / f"{seen:08d}.webp"
        write_atomically(path, lambda temporary: grid.save(temporary, "WEBP", quality=90))
        info = describe(self.config, self.dataset, self.state)
        save_checkpoint(self.run.latest, g, info, model_card(self.run.name, info))
        keep(self.run, seen, self.config.keep_mb)
        for id, text in self.answers:
            self.store.answer(id, text)
        self.answers = []

    def judged(self, judge: Judge) -> dict[str, float]:
        """A verdict on the present moving average, written down; its snapshot is kept if none was better."""
        found = judge.judge(self.state.ema.module, self.state.images_seen, self.stopping)
        if found is None:
            return {}
        seen, values, detail = self.state.images_seen, found.values, found.detail()
        self.verdict = found.diagnosis.verdict.title
        self.store.add(seen, values)
        self.tell("verdict", found.diagnosis.verdict.text, detail)
        self.watch.history.add(seen, values)
        self.watch.history.verdicts.append((seen, detail | {"text": found.diagnosis.verdict.text}))
        self.keep_best(found)
        return values

    def keep_best(self, found: Verdict) -> None:
        if found.rank >= self.best:
            return
        self.best = found.rank
        info = describe(self.config, self.dataset, self.state)
        save_checkpoint(self.run.best, self.state.ema.module, info, model_card(self.run.name, info))
        self.tell("best", f"The best so far: {found.diagnosis.verdict.title.lower()}.", {"rank": found.rank})

    def raise_alarms(self) -> None:
        for kind, name, evidence in self.watch.changes():
            self.alarm(kind, name, ALARMS[name], evidence, self.state.images_seen)

    def alarm(self, kind: str, name: str, alarm: Alarm, evidence: str, images: int) -> None:
        self.store.tell(images, kind, evidence, {"name": name, "title": alarm.title, "remedy": alarm.remedy})

    # ---- what is asked

    def listen(self) -> None:
        """Hear a signal and commands. All processes must leave the loop after the same step, or the rest would wait."""
        commands: list[Command] = []
        if self.first and time.perf_counter() - self.heard >= LISTEN:
            self.heard = time.perf_counter()
            commands = self.store.unheard()
        stop, count = self.stopping(), len(commands)
        if self.fabric.world_size > 1:
            asked = torch.tensor([float(stop), float(count)], device=self.fabric.device)
            stop, count = (n > 0 for n in self.fabric.all_reduce(asked, reduce_op="sum").tolist())  # type: ignore[union-attr]
            commands = self.fabric.broadcast(commands) if count else []
        self.ended |= stop
        for command in commands:
            self.obey(command)

    def obey(self, command: Command) -> None:
        """Do what is asked; the answer is given when it has been saved, or at once if it cannot be done."""
        try:
            kind, text = self.obeyed(command)
        except UserError as error:
            if self.first:
                self.store.answer(command.id, str(error))
            return
        self.save_now = True
        self.answers.append((command.id, text))
        if self.first and kind:
            self.tell(kind, text)

    def obeyed(self, command: Command) -> tuple[str, str]:
        """(kind of the event, what happened)."""
        at = f"at {self.state.images_seen / 1000:,.4g} kimg"
        match command.kind:
            case "stop":
                self.ended = True
                return "", f"Saved and stopped {at}."
            case "snapshot":
                return "snapshot", f"Snapshot kept {at}."
            case "pause":
                self.paused = True
                return "paused", f"Paused and saved {at}."
            case "resume":
                self.paused = False
                return "unpaused", f"Goes on {at}."
            case "set":
                return "", self.steer(command.argument, at)
        raise UserError(f"Nobody knows the command {command.kind!r}.")

    def steer(self, wanted: dict[str, object], at: str) -> str:
        """Take over other settings from the next step on. Raises UserError for those that cannot change."""
        config = steered(self.config, wanted)
        changed = changes(self.config, config)
        if not changed:
            return f"Nothing to change: it is so already {at}."
        self.take_over(config, {name: new for name, (_, new) in changed.items()})
        text = "; ".join(f"{name} {old!r} -> {new!r}" for name, (old, new) in changed.items())
        if self.first:
            self.tell("changed", f"Changed {at}: {text}.", {"changed": changed})
        return f"Changed {at}: {text}."

    def take_over(self, config: TrainConfig, changed: dict[str, object]) -> None:
        self.config, self.changed = config, True
        self.state.steered |= changed
        self.state.set_lr(config)
        if self.first:
            self.watch.history.total = config.total_images

    def rest(self) -> None:
        """Wait a little, and listen."""
        since = time.perf_counter()
        time.sleep(LISTEN)
        self.listen()
        self.means.idle += time.perf_counter() - since
        if self.first and self.answers:
            self.save()
            self.save_now = False

    def roll_back(self, images: int) -> None:
        """A number is not finite: go back to the last state, once, with a lower rate. UserError the next time."""
        if self.state.rolled_back or self.saved_at < 0:
            raise diverged(self.run, images, self.saved_at)
        self.run.load_state(self.state)
        self.state.rolled_back = True
        lr, back = self.config.lr / SLOWER, self.state.images_seen
        self.take_over(replace(self.config, lr=lr), {"lr": lr})
        if self.first:
            self.run.save_state(self.state)
            self.store.forget_after(back)
            self.alarm("alarm", "not-finite", NOT_FINITE, f"Before {images / 1000:,.4g} kimg: NaN or infinite.", images)
            text = f"Back to {back / 1000:,.4g} kimg, and on from there with the learning rate {lr:g}."
            self.tell("rolled-back", text, {"from": images})
            self.watch = Watch(self.config.total_images, self.store.metrics(), self.store.events())
        self.saved_at, self.means = back, Means(back)


def summed(value: torch.Tensor, fabric: Fabric) -> float:
    """The sum of a number over all processes, each of which has to ask for it."""
    total = fabric.all_reduce(value, reduce_op="sum")
    assert isinstance(total, torch.Tensor)
    return float(total)


def finite(state: TrainState) -> bool:
    """Whether every weight of both players is; batch norm's statistics included."""
    tensors = [*state.generator.module.state_dict().values(), *state.discriminator.module.state_dict().values()]
    floating = [tensor for tensor in tensors if tensor.is_floating_point()]
    return bool(torch.isfinite(torch.stack(torch._foreach_norm(floating))).all())


def diverged(run: Run, images_seen: int, saved_at: int) -> UserError:
    kept = f"What was saved at {saved_at / 1000:.3g} kimg is intact." if saved_at > 0 else "Nothing had been saved."
    return UserError(
        f"Run {run.name!r} diverged before {images_seen / 1000:.3g} kimg: a loss or a weight is not finite, "
        f"{'again, after one return to the last state. ' if saved_at > 0 else 'at once. '}{kept} "
        "Branch from a snapshot, or train under another --run, with a lower --lr or a higher --r1-gamma."
    )


def describe(config: TrainConfig, dataset: Dataset, state: TrainState) -> CheckpointInfo:
    """The checkpoint's config.json for the state as it is."""
    g = state.ema.module
    options = options_for(ARCHITECTURES[config.arch].generator, config)
    options |= {"resolution": g.resolution, "channels": g.channels, "num_classes": g.num_classes}
    kimg = f"{state.images_seen / 1000:,.0f}"
    size = "points of the plane" if g.resolution == 1 else f"{g.resolution} x {g.resolution}"
    return CheckpointInfo(
        arch=config.arch,
        options=options,
        images_seen=state.images_seen,
        summary=f"{config.arch} on {dataset.name}, {size}, {kimg} thousand pictures seen",
        data={
            "name": dataset.name,
            "pictures": len(dataset),
            "licence": dataset.licence,
            "credit": dataset.credit,
            "attributes": {a.name: list(a.values) for a in dataset.attributes},
        },
        train=asdict(config),
        seconds=round(state.seconds, 1),
    )
