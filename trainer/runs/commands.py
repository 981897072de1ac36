"""What somebody asks of a training through the run's store, heard between two steps."""

import time
from collections.abc import Callable

import torch

from trainer.runs.rows import Command
from trainer.runs.session import Session
from trainer.training.changes import changes, with_changes
from trainer.util.errors import UserError


class Commands:
    """Hears a signal and commands, and sees to them."""

    def __init__(self, session: Session, stopping: Callable[[], bool], listen_every: float):
        self.session, self.stopping, self.listen_every = session, stopping, listen_every
        self.heard = 0.0  # when commands were looked for last
        if session.first:
            for command in session.store.unheard():
                session.store.answer(command.id, "The run was not training when this was sent: nothing was done.")

    def handle(self) -> None:
        """Do what has been asked since the last look. All processes do it after the same step, or some would wait."""
        session, fabric, commands = self.session, self.session.state.fabric, []
        if session.first and time.perf_counter() - self.heard >= self.listen_every:
            self.heard = time.perf_counter()
            commands = session.store.unheard()
        stop, count = self.stopping(), len(commands)
        if fabric.world_size > 1:
            asked = torch.tensor([float(stop), float(count)], device=fabric.device)
            stop, count = (n > 0 for n in fabric.all_reduce(asked, reduce_op="sum").tolist())  # type: ignore[union-attr]
            commands = fabric.broadcast(commands) if count else []
        session.done |= stop
        for command in commands:
            handle_command(session, command)


def handle_command(session: Session, command: Command) -> None:
    """Do what is asked; the answer is given when it has been saved, or at once if it cannot be done."""
    try:
        kind, text = carried_out(session, command)
    except UserError as error:
        if session.first:
            session.store.answer(command.id, str(error))
        return
    session.save_now = True
    session.answers.append((command.id, text))
    if kind:
        session.tell(kind, text)


def carried_out(session: Session, command: Command) -> tuple[str, str]:
    """(kind of the event, what happened). Raises UserError for what cannot be done."""
    at = f"at {session.state.images_seen / 1000:,.4g} kimg"
    match command.kind:
        case "stop":
            session.done = True
            return "", f"Saved and stopped {at}."
        case "snapshot":
            return "snapshot", f"Snapshot kept {at}."
        case "pause":
            session.paused = True
            return "paused", f"Paused and saved {at}."
        case "resume":
            session.paused = False
            return "unpaused", f"Resumed {at}."
        case "set":
            return "", change_settings(session, command.argument, at)
    raise UserError(f"Unknown command {command.kind!r}.")


def change_settings(session: Session, wanted: dict[str, object], at: str) -> str:
    """Apply other settings from the next step on. Raises UserError for those that cannot change."""
    config = with_changes(session.config, wanted)
    changed = changes(session.config, config)
    if not changed:
        return f"Nothing to change: these are already the settings {at}."
    session.apply_settings(config, {name: new for name, (_, new) in changed.items()})
    settings = "; ".join(f"{name} {old!r} -> {new!r}" for name, (old, new) in changed.items())
    session.tell("changed", f"Changed {at}: {settings}.", {"changed": changed})
    return f"Changed {at}: {settings}."
