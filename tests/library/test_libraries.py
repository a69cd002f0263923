"""attnlib.core against PyTorch and Keras: equal where they should be, and a table of what each does elsewhere.

python tests/library/test_libraries.py writes the table, notebooks/data/34_one_answer/behaviour.csv, anew; a test compares it with
what is measured.
"""
import csv
import io
import os
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from attnlib import core  # noqa: E402

settings.register_profile("book", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("book")

pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")      # Keras, when there is one key
TABLE = Path(__file__).parents[2] / "notebooks" / "data" / "34_one_answer" / "behaviour.csv"
D, HEADS = 4, 2

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)
tensor = torch.from_numpy


def draw(seed, batch, m, n, d, e):
    """Moderate scores, and a mask in which every row allows at least one key."""
    rng = np.random.default_rng(seed)
    q, k, v = rng.normal(size=(*batch, m, d)), rng.normal(size=(*batch, n, d)), rng.normal(size=(*batch, n, e))
    mask = rng.random((*batch, m, n)) < 0.5
    mask[..., rng.integers(n)] = True
    return rng, q, k, v, mask


def close(result, wanted):
    np.testing.assert_allclose(np.asarray(result), wanted, rtol=1e-10, atol=1e-12)


# ---- equal where every row allows a key and scores are moderate -----------------------------------------------------

@given(seeds, st.sampled_from([(), (2,), (2, 3)]), sizes, sizes, sizes, sizes)
def test_attend_equals_pytorch(seed, batch, m, n, d, e):
    rng, q, k, v, mask = draw(seed, batch, m, n, d, e)
    q3, k3, v3 = (tensor(x) for x in (q, k, v))
    close(core.attend(q, k, v)[0], F.scaled_dot_product_attention(q3, k3, v3).numpy())
    close(core.attend(q, k, v, mask)[0], F.scaled_dot_product_attention(q3, k3, v3, attn_mask=tensor(mask)).numpy())
    causal = np.tril(np.ones((m, n), bool))
    close(core.attend(q, k, v, causal)[0], F.scaled_dot_product_attention(q3, k3, v3, is_causal=True).numpy())


@given(seeds, sizes, sizes, sizes, sizes)
def test_gradients_of_numpy_by_differences_are_those_of_pytorch(seed, m, n, d, e):
    rng, q, k, v, mask = draw(seed, (), m, n, d, e)
    c = rng.normal(size=(m, e))
    leaves = [tensor(x.copy()).requires_grad_() for x in (q, k, v)]
    (tensor(c) * F.scaled_dot_product_attention(*leaves, attn_mask=tensor(mask))).sum().backward()
    for place, leaf in enumerate(leaves):
        direction = rng.normal(size=leaf.shape)                      # one random direction tests all entries at once
        def along(step, place=place, direction=direction):
            moved = [x + step * direction if i == place else x for i, x in enumerate((q, k, v))]
            return (c * core.attend(*moved, mask)[0]).sum()
        np.testing.assert_allclose((along(1e-5) - along(-1e-5)) / 2e-5, (leaf.grad.numpy() * direction).sum(), rtol=1e-6, atol=1e-7)


def keras_arguments(q, v, k, mask, causal):
    """Keras' order is query, value, key; its mask says which values count, (batch, n)."""
    return dict(inputs=[q, v, k], mask=[None, mask], return_attention_scores=True, use_causal_mask=causal)


def padding(rng, n, causal):
    mask = rng.random((2, n)) < 0.5
    mask[:, 0 if causal else rng.integers(n)] = True                 # under a causal mask the first row sees the first key only
    return mask


@settings(max_examples=15)
@given(seeds, sizes, sizes, sizes, sizes, st.booleans())
def test_dot_scores_equal_keras_attention(seed, m, n, d, e, causal):
    rng, q, k, v, _ = draw(seed, (2,), m, n, d, e)
    mask = padding(rng, n, causal)
    output, weights = keras.layers.Attention(dtype="float64")(**keras_arguments(q, v, k, mask, causal))
    allowed = mask[:, None, :] & (np.tril(np.ones((m, n), bool)) if causal else True)
    wanted = core.masked_softmax(core.dot_scores(q, k), allowed)
    close(weights, wanted)
    close(output, wanted @ v)


@settings(max_examples=15)
@given(seeds, sizes, sizes, sizes, sizes, st.booleans())
def test_additive_scores_equal_keras_additive_attention(seed, m, n, d, e, causal):
    """Keras adds query and key as they are: its layer has the weights v alone, and identities for W_q and W_k."""
    rng, q, k, v, _ = draw(seed, (2,), m, n, d, e)
    mask, scale = padding(rng, n, causal), rng.normal(size=d)
    layer = keras.layers.AdditiveAttention(dtype="float64")
    layer.build([q.shape, v.shape, k.shape])
    layer.set_weights([scale])
    output, weights = layer(**keras_arguments(q, v, k, mask, causal))
    allowed = mask[:, None, :] & (np.tril(np.ones((m, n), bool)) if causal else True)
    wanted = core.masked_softmax(core.additive_scores(q, k, np.eye(d), np.eye(d), scale), allowed)
    close(weights, wanted)
    close(output, wanted @ v)


# ---- what they do elsewhere ------------------------------------------------------------------------------------------
# A subject takes q (1, m, D), k and v (1, n, D) and a mask (m, n), None or boolean, in its own polarity; it returns (m, D).

def attend(q, k, v, mask):
    return core.attend(q, k, v, mask)[0]


def sdpa(q, k, v, mask):
    return F.scaled_dot_product_attention(tensor(q), tensor(k), tensor(v), attn_mask=None if mask is None else tensor(mask)).numpy()


def sdpa_4(q, k, v, mask):
    """With an axis for heads PyTorch may choose another kernel."""
    return sdpa(q[None], k[None], v[None], mask)[0]


def sdpa_causal(q, k, v):
    return F.scaled_dot_product_attention(*map(tensor, (q, k, v)), is_causal=True).numpy()


def torch_layer(dtype=torch.float64):
    """Two heads, with identities for all its matrices."""
    layer = torch.nn.MultiheadAttention(D, HEADS, batch_first=True, dtype=dtype)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.eye(D).repeat(3, 1))
        layer.out_proj.weight.copy_(torch.eye(D))
        layer.in_proj_bias.zero_()
        layer.out_proj.bias.zero_()
    return layer


def torch_heads(training, need_weights, fast=False):
    def subject(q, k, v, mask):
        layer = torch_layer().train(training)
        x = [tensor(q)] * 3 if fast else [tensor(q), tensor(k), tensor(v)]
        with torch.set_grad_enabled(not fast), mock.patch.object(
                torch, "_native_multi_head_attention", wraps=torch._native_multi_head_attention) as native:
            output, _ = layer(*x, attn_mask=None if mask is None else tensor(mask), need_weights=need_weights)
        assert native.called == fast                                 # PyTorch's fast path needs eval mode, no gradient, q = k = v
        return output.detach().numpy()
    subject.same = fast
    return subject


def keras_mask(mask):
    """These layers take a mask of the values, (1, n): the first row's."""
    return None if mask is None else [None, mask[:1]]


def keras_attention(q, k, v, mask):
    return keras.layers.Attention(dtype="float64")([q, v, k], mask=keras_mask(mask)).numpy()


def keras_additive(q, k, v, mask, scale=1.0):
    layer = keras.layers.AdditiveAttention(dtype="float64")
    layer.build([q.shape, v.shape, k.shape])
    layer.set_weights([np.full(D, scale)])
    return layer([q, v, k], mask=keras_mask(mask)).numpy()


def keras_heads_layer(shape, dtype="float64", **kind):
    layer = keras.layers.MultiHeadAttention(HEADS, D // HEADS, use_bias=False, dtype=dtype, **kind)
    layer.build(shape, shape, shape)
    layer.set_weights([np.eye(D).reshape(w.shape) for w in layer.get_weights()])
    return layer


def keras_heads(return_weights=False, further_axis=False, dropout=0.0):
    """In inference, so that dropout itself changes nothing."""
    def subject(q, k, v, mask, causal=False, dtype="float64"):
        q, k, v = (x[:, None] if further_axis else x for x in (q, k, v))
        layer = keras_heads_layer(q.shape, dtype, dropout=dropout, attention_axes=(2,) if further_axis else None)
        mask = None if mask is None else mask[None, None] if further_axis else mask[None]
        result = layer(q, v, k, attention_mask=mask, use_causal_mask=causal, return_attention_scores=return_weights)
        result = np.asarray(result[0] if return_weights else result)
        return result[:, 0] if further_axis else result
    return subject


SUBJECTS = {
    ("attnlib.core.attend", ""): attend,
    ("torch scaled_dot_product_attention", "3 axes"): sdpa,
    ("torch scaled_dot_product_attention", "4 axes"): sdpa_4,
    ("torch nn.MultiheadAttention", "train; need_weights"): torch_heads(True, True),
    ("torch nn.MultiheadAttention", "train; no weights"): torch_heads(True, False),
    ("torch nn.MultiheadAttention", "eval; need_weights"): torch_heads(False, True),
    ("torch nn.MultiheadAttention", "eval; no weights"): torch_heads(False, False),
    ("torch nn.MultiheadAttention", "eval; fast path; need_weights"): torch_heads(False, True, fast=True),
    ("torch nn.MultiheadAttention", "eval; fast path; no weights"): torch_heads(False, False, fast=True),
    ("keras Attention", ""): keras_attention,
    ("keras AdditiveAttention", ""): keras_additive,
    ("keras MultiHeadAttention", "return_attention_scores"): keras_heads(True),
    ("keras MultiHeadAttention", "no weights"): keras_heads(),
    ("keras MultiHeadAttention", "no weights; built with dropout"): keras_heads(dropout=0.1),
    ("keras MultiHeadAttention", "no weights; a further axis"): keras_heads(further_axis=True),
}


def reference(scale, q, k, v, allowed):
    """The output under each rule for the score, from attnlib's parts; several heads attend to their own columns."""
    if scale == "tanh":
        return core.masked_softmax(core.additive_scores(q, k, np.eye(D), np.eye(D), np.ones(D)), allowed) @ v
    factor = {"1": 1.0, "1/sqrt(d)": D**-0.5, "1/sqrt(d/heads)": (D / HEADS)**-0.5}[scale]
    heads = HEADS if "heads" in scale else 1
    parts = [np.split(x, heads, axis=-1) for x in (q, k, v)]
    return np.concatenate([core.masked_softmax(factor * core.dot_scores(a, b), allowed) @ c for a, b, c in zip(*parts)], axis=-1)


def one_of(candidates, result):
    """The name of the one candidate that the result equals."""
    names = [name for name, value in candidates.items() if np.allclose(result, value, rtol=1e-6, atol=1e-6, equal_nan=True)]
    assert len(names) == 1, (names, result)
    return names[0]


def dtype_out(subject, dtype, layer):
    """What comes out when numbers of this dtype go into a subject as the library makes it (its parameters in float32)."""
    x = np.ones((1, 3, D), dtype)
    try:
        if subject in (attend, sdpa, sdpa_4):
            return str(subject(x, x, x, None).dtype)
        if isinstance(layer, torch.nn.Module):
            return str(layer(*[tensor(x)] * 3)[0].detach().numpy().dtype)
        return str((layer(x, x) if isinstance(layer, keras.layers.MultiHeadAttention) else layer([x, x])).numpy().dtype)
    except RuntimeError:
        return "error"


def causal_flag(name, mode, subject, scale, rng):
    """What the library's own flag for a causal mask does in this mode: where weights are shown, to them as well."""
    q, k, v = rng.normal(size=(3, 1, 3, D))
    lower = np.tril(np.ones((3, 3), bool))
    try:
        if name == "torch scaled_dot_product_attention":
            result = sdpa_causal(q[None], k[None], v[None])[0] if mode == "4 axes" else sdpa_causal(q, k, v)
        elif name == "torch nn.MultiheadAttention":
            layer = torch_layer().train("train" in mode)
            result = layer(*map(tensor, (q, k, v)), is_causal=True, need_weights="need_weights" in mode)[0].detach().numpy()
        elif name == "keras MultiHeadAttention":
            result = subject(q, k, v, None, causal=True)
        elif name in ("keras Attention", "keras AdditiveAttention"):
            layer = fresh(name).__class__(dtype="float64")
            if name == "keras AdditiveAttention":
                layer.build([q.shape, v.shape, k.shape])
                layer.set_weights([np.ones(D)])
            result = np.asarray(layer([q, v, k], use_causal_mask=True))
        else:
            return "no flag"
    except RuntimeError:
        return "refused without a mask"
    return one_of({"hides the future": reference(scale, q, k, v, lower), "is ignored": reference(scale, q, k, v, lower | True)}, result)


def large_product(name, mode, subject, scale):
    """float16, q k beyond 65504 but the scaled score within: the row of the larger score, or nan."""
    if scale in ("1", "tanh"):
        return "scores are not scaled" if scale == "1" else "no product"     # unscaled, they lie beyond by themselves
    size = 160 if scale == "1/sqrt(d)" else 200
    q, k, v = np.full((1, 2, D), size, np.float16), np.full((1, 2, D), size, np.float16), np.ones((1, 2, D), np.float16)
    k[:, 1], v[:, 1] = 0.9 * size, 2
    if getattr(subject, "same", False):
        q, v = k, k
    if name == "torch nn.MultiheadAttention":
        layer = torch_layer(torch.float16).train("train" in mode)
        x = [tensor(k)] * 3 if subject.same else [tensor(q), tensor(k), tensor(v)]
        with torch.set_grad_enabled(not subject.same):
            result = layer(*x, need_weights="need_weights" in mode)[0].detach().numpy()
    elif name == "keras MultiHeadAttention":
        result = subject(q, k, v, None, dtype="float16")
    else:
        result = subject(q, k, v, None)
    return one_of({"the right row": np.broadcast_to(v[:, :1], v.shape), "nan": np.full(v.shape, np.nan)}, result)


def fresh(name):
    """The layer as the library makes it."""
    return {"torch nn.MultiheadAttention": lambda: torch_layer(torch.float32), "keras Attention": keras.layers.Attention,
            "keras AdditiveAttention": keras.layers.AdditiveAttention,
            "keras MultiHeadAttention": lambda: keras.layers.MultiHeadAttention(HEADS, D // HEADS)}.get(name, lambda: None)()


def measure(name, mode):
    """One row of the table."""
    subject, rng = SUBJECTS[name, mode], np.random.default_rng(0)
    same = getattr(subject, "same", False)
    q = rng.normal(size=(1, 3, D))
    k, v = (q, q) if same else rng.normal(size=(2, 1, 3, D))
    everything, mask, nothing = np.ones((3, 3), bool), np.array([[True, True, False]] * 3), np.zeros((3, 3), bool)
    scale = one_of({s: reference(s, q, k, v, everything) for s in ("1", "1/sqrt(d)", "1/sqrt(d/heads)", "tanh")}, subject(q, k, v, None))
    polarity = one_of({"may attend": reference(scale, q, k, v, mask), "is ignored": reference(scale, q, k, v, ~mask)},
                      subject(q, k, v, mask))

    def own(mask):
        return mask if polarity == "may attend" else ~mask
    empty = one_of({"zeros": 0, "nan": np.nan, "as without a mask": reference(scale, q, k, v, everything),
                    "plain mean": v.mean(axis=1, keepdims=True)}, subject(q, k, v, own(nothing)))
    last = np.array([[[False], [False], [True]]])                     # the state that nobody may attend to

    def influence(q, k, v, **more):
        """What the last state does to the outputs of the other two."""
        quiet = [np.where(last, 0, x) for x in (q, k, v)]
        result, without = (subject(*x, own(mask), **more)[:, :2] for x in ((q, k, v), quiet))
        return one_of({"no influence": without, "takes the weight": np.nan_to_num(v[:, 2:], nan=1e9), "nan": np.nan}, result)
    if same:
        x = [np.where(last, 1e12, np.abs(q))] * 3
        huge, nan_key, nan_value = influence(*x), "as value", influence(*[np.where(last, np.nan, q)] * 3)
    else:
        ones = np.ones((1, 3, D))
        huge = influence(ones, np.where(last, 1e12, -ones), v, **({"scale": 1e12} if subject is keras_additive else {}))
        nan_key, nan_value = influence(q, np.where(last, np.nan, k), v), influence(q, k, np.where(last, np.nan, v))
    layer = fresh(name)
    if isinstance(layer, torch.nn.Module):
        layer.train("train" in mode)
    return {"function": name, "mode": mode, "scale": scale, "mask_true_means": polarity, "row_without_a_key": empty,
            "huge_score_under_a_mask": huge, "nan_in_a_masked_key": nan_key, "nan_in_a_masked_value": nan_value,
            "causal_flag": causal_flag(name, mode, subject, scale, rng),
            "float16_large_product": large_product(name, mode, subject, scale),
            "float16_becomes": dtype_out(subject, np.float16, layer), "float64_becomes": dtype_out(subject, np.float64, layer)}


def table():
    rows = [measure(*key) for key in SUBJECTS]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def test_the_table_of_behaviour_is_what_the_libraries_do():
    assert table() == TABLE.read_text(encoding="utf-8")


def test_an_empty_row_in_keras_depends_on_dropout_and_axes_and_on_being_shown():
    """The faster route is taken only by a layer without dropout, for three axes, when no weights are asked for."""
    name = "keras MultiHeadAttention"
    rows = {mode: measure(name, mode)["row_without_a_key"] for other, mode in SUBJECTS if other == name}
    assert rows == {"return_attention_scores": "zeros", "no weights": "plain mean", "no weights; built with dropout": "zeros",
                    "no weights; a further axis": "zeros"}


class ForgetsWhenShown(keras.layers.MultiHeadAttention):
    """The fault of Keras issue 23038, put in on purpose."""
    def call(self, query, value, key=None, return_attention_scores=False, use_causal_mask=False, **more):
        flag = use_causal_mask and not return_attention_scores
        return super().call(query, value, key, return_attention_scores=return_attention_scores, use_causal_mask=flag, **more)


def causal_layers(n):
    x = np.random.default_rng(0).normal(size=(1, n, D))
    faulty = ForgetsWhenShown(HEADS, D // HEADS, dtype="float64")
    return {"Attention": (keras.layers.Attention(dtype="float64"), ([x, x],)), "heads": (keras_heads_layer(x.shape), (x, x)),
            "dropout": (keras_heads_layer(x.shape, dropout=0.1), (x, x)), "faulty": (faulty, (x, x))}


@pytest.mark.parametrize("name", ["Attention", "heads", "dropout", "faulty"])
def test_the_causal_flag_reaches_the_weights_that_are_shown(name):
    """A library that dropped the flag when it shows its weights would show the future in them: the faulty layer does."""
    layer, arguments = causal_layers(5)[name]
    for more in ({}, {"training": False}):
        weights = np.asarray(layer(*arguments, use_causal_mask=True, return_attention_scores=True, **more)[1])
        assert weights[..., ~np.tril(np.ones((5, 5), bool))].any() == (name == "faulty") and (weights[..., 0] > 0).all()


def test_attend_keeps_its_own_promises_in_the_table():
    row = measure("attnlib.core.attend", "")
    assert row == {"function": "attnlib.core.attend", "mode": "", "scale": "1/sqrt(d)",
                   "mask_true_means": "may attend", "row_without_a_key": "zeros",
                   "huge_score_under_a_mask": "no influence", "nan_in_a_masked_key": "no influence", "nan_in_a_masked_value": "nan",
                   "causal_flag": "no flag", "float16_large_product": "the right row",
                   "float16_becomes": "float16", "float64_becomes": "float64"}


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
    print(TABLE.read_text(encoding="utf-8"), end="")
