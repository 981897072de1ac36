"""Eight modes in a ring.

Source: VEEGAN (Srivastava et al. 2017, arXiv 1705.07761, section 4.1) and PacGAN (Lin et al. 2018, arXiv 1712.04086,
section 4.1), scaled to lie within -1 to 1.
"""

import math

import numpy as np

from trainer.data.points import Plan, add_points


def ring(modes: int = 8, radius: float = 1.0, sigma: float = 0.01, span: float = 1.5) -> Plan:
    """Modes of deviation sigma at equal angles on a circle; lengths are divided by span."""
    angles = 2 * math.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return Plan(f"a ring of {modes} narrow modes", centres / span, sigma / span)


add_points("ring8", ring())
