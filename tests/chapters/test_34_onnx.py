"""An independent judge: the published conformance cases of the ONNX operator Attention, run against attnlib.core.

Each of the 93 cases in onnx 1.23 brings inputs, wanted outputs and its own tolerance, which is kept;
for bfloat16 it is 2^-6, as in the runner that the package brings along.  All apply.  attnlib computes in float64, and the
answer is rounded to the case's own type, as the operator's would be.  What the operator has and attnlib has not is put around
attnlib's functions here, in `answer`: a scale of its own (the query times scale·√d), additive masks (added to the scores;
-inf is a key that is not allowed), a cap on the scores, groups of heads that share keys, keys that were kept from before.
"""

import warnings

import numpy as np
import pytest

from attnlib.core import length_mask, masked_softmax, scaled_dot_scores, split_heads

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # cases of other operators overflow on purpose
    import onnx
    from onnx.backend.test.case.node import collect_testcases

    CASES = [c for c in collect_testcases("Attention") if len(c.model.graph.node) == 1]  # the others expand these

NAMES = {"Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"}
SETTINGS = {
    "scale",
    "is_causal",
    "softcap",
    "q_num_heads",
    "kv_num_heads",
    "qk_matmul_output_mode",
    "softmax_precision",
    "left_window_size",
    "right_window_size",
}


def parts(case):
    """A case's inputs and outputs by the operator's names for them, and its settings."""
    node = case.model.graph.node[0]
    schema = onnx.defs.get_schema("Attention")
    settings = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    inputs, outputs = case.data_sets[0]
    given = dict(zip([s.name for s, i in zip(schema.inputs, node.input) if i], inputs))
    return given, dict(zip([s.name for s, o in zip(schema.outputs, node.output) if o], outputs)), settings


def allowed(given, settings, m, n):
    """Where a query may attend, (m, n) or (b, 1, m, n): causal, windows and lengths; places count from the oldest key kept."""
    lengths = given.get("nonpad_kv_seqlen")
    before = given["past_key"].shape[-2] if "past_key" in given else 0
    if lengths is not None:
        before = (lengths - m)[:, None, None, None]
    ahead = np.arange(n) - (before + np.arange(m)[:, None])  # key's place minus query's
    mask = np.ones(ahead.shape, dtype=bool)
    if settings.get("is_causal"):
        mask &= ahead <= 0
    if settings.get("left_window_size", -1) >= 0:
        mask &= ahead >= -settings["left_window_size"]
    if settings.get("right_window_size", -1) >= 0:
        mask &= ahead <= settings["right_window_size"]
    return mask if lengths is None else mask & length_mask(lengths, n)[:, None]


def answer(given, settings):
    """The operator's outputs, in float64, by attnlib's functions."""
    q, k, v = (given[name].astype(np.float64) for name in "QKV")
    if q.ndim == 3:
        q = split_heads(q, settings["q_num_heads"])
        k, v = (split_heads(x, settings["kv_num_heads"]) for x in (k, v))
    if "past_key" in given:
        k, v = (np.concatenate([given[f"past_{name}"], x], axis=-2) for name, x in (("key", k), ("value", v)))
    present = {"present_key": k, "present_value": v}
    k, v = (np.repeat(x, q.shape[1] // k.shape[1], axis=1) for x in (k, v))
    d, (m, n) = q.shape[-1], (q.shape[-2], k.shape[-2])
    modes = [scaled_dot_scores(q * settings.get("scale", d**-0.5) * d**0.5, k)]
    cap = settings.get("softcap")
    modes.append(cap * np.tanh(modes[0] / cap) if cap else modes[0])
    mask = allowed(given, settings, m, n)
    bias = given.get("attn_mask", np.zeros(n))
    bias = np.where(bias, 0.0, -np.inf) if bias.dtype == bool else bias.astype(np.float64)
    bias = np.concatenate([bias, np.full((*bias.shape[:-1], n - bias.shape[-1]), -np.inf)], axis=-1)
    mask = mask & (bias > -np.inf)
    biased = modes[1] + np.where(bias > -np.inf, bias, 0)
    weights = masked_softmax(biased, np.broadcast_to(mask, biased.shape))
    modes += [np.where(mask, biased, -np.inf), weights]
    output = weights @ v
    if given["Q"].ndim == 3:
        output = np.swapaxes(output, -2, -3).reshape(*given["Q"].shape[:2], -1)
    return {"Y": output, "qk_matmul_output": modes[settings.get("qk_matmul_output_mode", 0)], **present}


def test_all_cases_are_here_and_none_asks_for_something_new():
    assert len(CASES) == 93
    for case in CASES:
        given, wanted, settings = parts(case)
        assert set(given) <= NAMES and set(settings) <= SETTINGS and "Y" in wanted, case.name


@pytest.mark.parametrize("case", CASES, ids=[c.name.removeprefix("test_attention_") for c in CASES])
def test_attnlib_agrees_with_the_published_case(case):
    given, wanted, settings = parts(case)
    got = answer(given, settings)
    for name, value in wanted.items():
        narrow = value.dtype.name == "bfloat16"
        np.testing.assert_allclose(
            got[name].astype(value.dtype).astype(np.float64),
            value.astype(np.float64),
            rtol=2**-6 if narrow else case.rtol,
            atol=case.atol,
            err_msg=name,
        )
