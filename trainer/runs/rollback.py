"""What happens when a number is not finite: once, back to the last state with a lower rate; the next time, the end."""

from dataclasses import replace

import torch

from trainer.runs.alerts import NOT_FINITE
from trainer.runs.run import Run
from trainer.runs.session import Session
from trainer.training.state import TrainState
from trainer.util.errors import UserError

SLOWER = 4  # the learning rate is divided by this


def is_finite(state: TrainState) -> bool:
    """Whether every weight of every network is; batch norm's statistics included."""
    tensors = [tensor for name in state.networks for tensor in state.bare(name).state_dict().values()]
    floating = [tensor for tensor in tensors if tensor.is_floating_point()]
    return bool(torch.isfinite(torch.stack(torch._foreach_norm(floating))).all())


def roll_back(session: Session) -> None:
    """Go back to the last state, and on from there with a lower rate. Raises UserError if that has been tried."""
    state, images_seen = session.state, session.state.images_seen
    if state.rolled_back or session.saved_at < 0:
        raise diverged(session.run, images_seen, session.saved_at)
    session.run.load_state(state)
    state.rolled_back, session.saved_at = True, state.images_seen
    lr = session.config.lr / SLOWER
    session.apply_settings(replace(session.config, lr=lr), {"lr": lr})
    if session.first:
        session.run.save_state(state)
        session.store.forget_after(state.images_seen)
        detail = {"name": "not-finite"} | NOT_FINITE.words()
        session.store.tell(
            images_seen,
            "alert",
            f"Before {images_seen / 1000:,.4g} kimg: a loss or a weight is NaN or infinite.",
            detail,
        )
    back = f"Back to {state.images_seen / 1000:,.4g} kimg, continuing from there with learning rate {lr:g}."
    session.tell("rolled-back", back, {"from": images_seen})


def diverged(run: Run, images_seen: int, saved_at: int) -> UserError:
    """The sentence that ends a training."""
    kept = (
        f"The state saved at {saved_at / 1000:.3g} kimg is intact." if saved_at > 0 else "Nothing had been saved yet."
    )
    return UserError(
        f"Run {run.name!r} diverged before {images_seen / 1000:.3g} kimg: a loss or a weight is not finite, "
        f"{'again, after one rollback to the last state. ' if saved_at > 0 else 'from the start. '}{kept} "
        "Branch from a snapshot, or start another --run, with a lower --lr or a higher --r1-gamma."
    )
