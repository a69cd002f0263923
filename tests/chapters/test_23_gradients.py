"""23: what it says of its runs, with other numbers and with each cause taken away."""
import common
import numpy as np
import pytest

from attnlib.core import attend, softmax

CHAPTER = common.taught("23", "error", "broken", "attention_backward", "descend")
RNG = np.random.default_rng(5)


def draw(m, n, d, e):
    return [RNG.normal(size=shape) for shape in ((m, d), (n, d), (n, e), (m, e))]


def caught(bug, arrays):
    return CHAPTER.error(CHAPTER.broken(bug), *arrays) > 1e-6


def queries(factor):
    arrays = draw(4, 4, 3, 2)
    return [arrays[0] * factor, *arrays[1:]]


def ones(noise):
    q, k, _, _ = draw(4, 4, 3, 2)
    return [q, k, 1 + noise * RNG.normal(size=(4, 2)), np.ones((4, 2))]


@pytest.mark.parametrize("bug, blind, seeing", [
    ("no √d", draw(4, 4, 1, 2), draw(4, 4, 2, 2)), ("no √d", draw(4, 1, 3, 2), draw(4, 2, 3, 2)),
    ("plain average", draw(4, 1, 3, 2), draw(4, 2, 3, 2)), ("diagonal only", draw(4, 1, 3, 2), draw(4, 2, 3, 2)),
    ("plain average", queries(0), queries(0.1)), ("g_k not transposed", queries(0), queries(0.1)),
    ("g_v not transposed", queries(0), queries(0.1)),
    *((bug, ones(0), ones(0.1)) for bug in ("plain average", "no √d", "g_k not transposed"))])
def test_a_bug_is_seen_once_the_stated_cause_is_taken_away(bug, blind, seeing):
    assert not caught(bug, blind) and caught(bug, seeing)


@pytest.mark.parametrize("ball", [[0, 6], [0, 3], [3, 3]])
def test_the_sharp_query_keeps_reading_a_wrong_key_whatever_ball_holds(ball):
    q, k = np.array([2.0, 0, 0, 0]), np.column_stack([np.log([1, 2, 3]), np.eye(3)])
    CHAPTER.descend.__globals__.update(q=q, k=k, v=np.array([[6.0, 0], ball, [6, 6]]), target=np.array([[6.0, 0]]))
    for beta, free, learns, park in [(1, True, True, True), (1, False, True, True), (16, True, True, False), (16, False, False, False)]:
        track, _ = CHAPTER.descend(beta, free)
        assert (track[-1, 0] < 0.01) == learns and (track[-1, 1] > 0.8) == park


def test_a_value_learns_whatever_the_weights_and_a_score_only_where_they_are_shared():
    q, k, v, pull = draw(1, 3, 2, 2)
    for factor, shared in [(1, True), (200, False)]:
        weights = attend(factor * q, k, v)[1]
        g_q, g_k, g_v = CHAPTER.attention_backward(factor * q, k, v, weights, pull)
        assert (np.abs(g_q).max() > 1e-3) == (np.abs(g_k).max() > 1e-3) == shared == (weights.max() < 0.999)
        np.testing.assert_allclose(g_v.sum(axis=0), pull[0])


@pytest.mark.parametrize("beta, fades", [(1, False), (16, True)])
def test_a_classifier_behind_the_output_fades_and_the_logarithm_of_the_weight_does_not(beta, fades):
    q, k, v = beta * np.array([[2.0, 0, 0, 0]]), np.column_stack([np.log([1, 2, 3]), np.eye(3)]), np.array([[6.0, 0], [0, 6], [6, 6]])
    output, weights = attend(q, k, v)
    behind = CHAPTER.attention_backward(q, k, v, weights, softmax(output) - [[1, 0]])[0]       # -ln p of class 0
    picked = np.array([[-1 / weights[0, 0], 0, 0]])                                             # -ln w of park: identity values
    at = CHAPTER.attention_backward(q, k, np.eye(3), weights, picked)[0]
    assert (np.linalg.norm(behind) < 0.01) == fades and np.linalg.norm(at) > 0.5
