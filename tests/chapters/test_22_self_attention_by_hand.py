"""What 22 says of order: a causal layer knows who stands before a word, not in which order."""
import numpy as np

from attnlib.core import causal_mask, multi_head_attention


def test_under_a_causal_mask_a_word_does_not_notice_the_order_of_those_before_it():
    """Each word of the exchanged part may change; the last one does not, until a second layer reads what has changed."""
    rng = np.random.default_rng(0)
    for n in (3, 5, 9):
        mask = causal_mask(n)
        x, first, second = rng.standard_normal((n, 8)), *rng.standard_normal((2, 4, 8, 8)) / 8**0.5
        order = np.array([*np.roll(np.arange(n - 1), 1), n - 1])
        once, moved = (multi_head_attention(a[None], a[None], *first, 2, mask)[0][0] for a in (x, x[order]))
        np.testing.assert_allclose(moved[-1], once[-1])
        assert np.abs(moved - once[order])[:-1].max() > 0.01
        twice, moved_twice, only_moved = (multi_head_attention(a[None], a[None], *second, 2, mask)[0][0, -1]
                                          for a in (once, moved, once[order]))
        np.testing.assert_allclose(only_moved, twice)
        assert np.abs(moved_twice - twice).max() > 0.01
