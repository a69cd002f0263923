"""What 12 says of the two ends of the valley: the cold end copies noise, the hot one averages a signal away."""
import numpy as np
import pytest

from attnlib import core


@pytest.mark.parametrize("seed", range(5))
def test_without_noise_cold_is_good_and_without_a_signal_hot_is(seed):
    """Take either away, and the error at its end falls to a fifth at least; the other end stays as it was."""
    rng, new = np.random.default_rng(seed), np.linspace(0, 6, 200)
    x, noise = rng.uniform(0, 6, 40), 0.4 * rng.standard_normal(40)

    def error(signal, noise, temperature):
        weights = core.softmax(-(new[:, None] - x) ** 2 / 2 / temperature)
        return ((weights @ (signal(x) + noise) - signal(new)) ** 2).mean()

    cold, hot = error(np.sin, noise, 1e-4), error(np.sin, noise, 1e3)
    assert error(np.sin, 0, 1e-4) < cold / 5 and error(np.zeros_like, noise, 1e3) < hot / 10
    assert error(np.sin, 0, 1e3) > hot / 2 and error(np.zeros_like, noise, 1e-4) > cold / 2
