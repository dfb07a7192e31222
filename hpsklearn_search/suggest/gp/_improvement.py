"""Step 4: the logarithm of the expected improvement, also where the improvement itself underflows.

With z = (best - mean) / deviation, the expected improvement is deviation (phi(z) + z Phi(z)) (Jones
and others, 1998), and with the scaled complementary error function

    log(phi(z) + z Phi(z)) = log phi(z) + log(1 + z sqrt(pi/2) erfcx(-z / sqrt(2)))             (6)

(Ament and others, 2023), which for z far below 0 tends to log phi(z) - 2 log |z|.

>>> import numpy as np
>>> bool(log_improvement(0.0, np.array([50.0]), np.array([1.0]))[0] > -1300)
True
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, ndtr

from ...space._typing import FloatArray

_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def log_improvement(best: float, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Log of the expected amount by which a loss falls below `best`."""
    z = (best - mean) / deviation
    log_phi = -0.5 * z**2 - _LOG_ROOT_2PI
    plain = np.log(np.maximum(np.exp(log_phi) + z * ndtr(z), 1e-300))
    low = np.minimum(z, -1.0)  # above, the plain formula is used, and erfcx would overflow
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = log_phi + np.log(np.maximum(1.0 + low * np.sqrt(np.pi / 2) * erfcx(-low / np.sqrt(2)), 0.0))  # eq. 6
    far = log_phi - 2 * np.log(np.abs(low))  # the limit of eq. 6, where its bracket cancels to 0
    return np.log(deviation) + np.where(z > -1.0, plain, np.where(z < -1e3, far, scaled))
