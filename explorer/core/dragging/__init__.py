"""Point dragging (DragGAN, Pan et al. 2023): handles in an image move to their targets, and a recipe comes out."""

from explorer.core.dragging.request import MAX_PAIRS, Drag, Pair
from explorer.core.dragging.steps import Settings, Step, result, steps

__all__ = ["MAX_PAIRS", "Drag", "Pair", "Settings", "Step", "result", "steps"]
