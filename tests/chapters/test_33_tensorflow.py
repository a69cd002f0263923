"""33: causes that its page names, each taken away."""
import warnings

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
library = pytest.importorskip("attnlib.tensorflow")
ops = keras.ops

SCORES, NOBODY = tf.constant([[1.0, 2.0], [3.0, 4.0]]), np.array([[True, False], [False, False]])


def wiped(weights, mask):
    return ops.where(ops.any(mask, axis=-1, keepdims=True), weights, 0.0)


def filled(scores, mask):
    """masked_softmax with the empty row wiped only after the softmax."""
    return wiped(tf.nn.softmax(ops.where(mask, scores, -np.inf), axis=-1), mask)


def added(scores, mask):
    """The same with a mask that is added."""
    return wiped(tf.nn.softmax(scores + tf.constant(np.where(mask, 0, -np.inf), scores.dtype), axis=-1), mask)


@pytest.mark.parametrize("softmax, finite", [(library.masked_softmax, True), (filled, True), (added, False)])
def test_an_empty_row_wiped_after_the_softmax_has_a_finite_gradient_only_where_it_was_filled(softmax, finite):
    with tf.GradientTape() as tape:
        tape.watch(SCORES)
        weights = softmax(SCORES, NOBODY)
    np.testing.assert_allclose(weights, [[1, 0], [0, 0]])
    assert np.isfinite(tape.gradient(weights, SCORES, tf.ones((2, 2)))).all() == finite


@pytest.mark.parametrize("keys, warns", [(1, True), (2, False)])
def test_softmax_of_keras_warns_of_a_single_key(keys, warns):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        ops.softmax(tf.zeros((3, keys)))
    assert bool(said) == warns


class Unknown(library.DotAttention):
    """Not in Keras' register."""


@pytest.mark.parametrize("kind, found", [(library.DotAttention, True), (Unknown, False)])
def test_a_class_outside_the_register_is_not_found_again(kind, found, tmp_path):
    h = keras.Input((3, 2))
    model = keras.Model(h, kind()(h, h, h)[0])
    model.save(tmp_path / "one.keras")
    if found:
        keras.models.load_model(tmp_path / "one.keras")
    else:
        with pytest.raises(Exception, match="Could not locate class"):
            keras.models.load_model(tmp_path / "one.keras")
