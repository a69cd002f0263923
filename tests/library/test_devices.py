"""The layers run where their input lies: on another device, under autocast, in half precision.

The other device is PyTorch's `meta`, which knows shapes and no numbers: a tensor made on the CPU by mistake meets one of it and raises.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import torch  # noqa: E402, I001
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from attnlib import core, pytorch, seq2seq  # noqa: E402
from attnlib import tensorflow as keras_attention  # noqa: E402
from attnlib.seq2seq import Transformer, Translator  # noqa: E402

WIDTH, WORDS = 8, 9
MASK = torch.tensor([[True, True, False], [True, True, True]])
LAYERS = {
    "attend": lambda: lambda x, mask: pytorch.attend(x, x, x, mask[:, None]),
    "multiplicative": lambda: three(pytorch.MultiplicativeAttention(WIDTH, WIDTH)),
    "additive": lambda: three(pytorch.AdditiveAttention(WIDTH, WIDTH, 4)),
    "heads": lambda: three(pytorch.MultiHeadAttention(WIDTH, 2)),
    "pooling": lambda: pytorch.AttentionPooling(WIDTH),
    "encoder layer": lambda: then_mask(pytorch.EncoderLayer(WIDTH, 2, 16)),
    "decoder layer": lambda: Twice(pytorch.DecoderLayer(WIDTH, 2, 16)),
}
MODELS = {"summary": lambda: Translator(seq2seq.SummaryDecoder, WORDS, WORDS, 8, 8),
          "luong": lambda: Translator(seq2seq.LuongDecoder, WORDS, WORDS, 8, 8),
          "bahdanau": lambda: Translator(seq2seq.BahdanauDecoder, WORDS, WORDS, 8, 8),
          "transformer": lambda: Transformer(WORDS, WORDS, 8)}
SOURCE, TARGET = torch.tensor([[3, 4, 5, 0], [3, 4, 5, 6]]), torch.tensor([[3, 4, 2], [5, 2, 0]])


class Wrapped(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer


class three(Wrapped):
    def forward(self, x, mask):
        return self.layer(x, x, x, mask[:, None])


class then_mask(Wrapped):
    def forward(self, x, mask):
        return self.layer(x, mask[:, None])


class Twice(Wrapped):
    def forward(self, x, mask):
        return self.layer(x, x, None, mask[:, None])


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_stays_on_the_device_of_its_input(name):
    layer = LAYERS[name]()
    layer = layer.to("meta") if isinstance(layer, nn.Module) else layer
    for result in layer(torch.empty(2, 3, WIDTH, device="meta"), MASK.to("meta")):
        assert result.device.type == "meta"


@pytest.fixture
def no_packing(monkeypatch):
    """On `meta` no length is known, so nothing can be packed there; that the lengths go to the CPU, as packing wants, is asserted."""
    on_cpu, asked = torch.Tensor.cpu, []

    def pack(x, lengths, **how):
        asked.append(lengths.device.type)
        return x
    monkeypatch.setattr(torch.Tensor, "cpu", lambda x: torch.full(x.shape, 4) if x.is_meta else on_cpu(x))
    monkeypatch.setattr(seq2seq.rnn, "pack_padded_sequence", pack)
    monkeypatch.setattr(seq2seq.rnn, "pad_packed_sequence", lambda x, **how: (x, None))
    yield asked
    assert set(asked) <= {"cpu"}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_stays_on_the_device_of_its_input(name, no_packing):
    model = MODELS[name]().to("meta")
    scores, weights = model(SOURCE.to("meta"), TARGET.to("meta"))
    assert scores.device.type == "meta" and (weights is None or weights.device.type == "meta")
    assert seq2seq.translation_loss(model, SOURCE.to("meta"), TARGET.to("meta")).device.type == "meta"
    assert bool(no_packing) == (name != "transformer")


def test_the_search_begins_on_the_device_of_its_source(monkeypatch):
    """The loops look at numbers, which `meta` lacks: what they make is asked for its device instead."""
    made = []
    for maker in ("zeros", "full", "full_like", "zeros_like", "ones", "arange", "tensor"):
        original = getattr(torch, maker)

        def told(*args, original=original, **how):
            result = original(*args, **how)
            made.append("device" in how or isinstance(args[0], torch.Tensor))
            return result
        monkeypatch.setattr(torch, maker, told)
    for make in MODELS.values():
        seq2seq.greedy(make(), SOURCE, 3)
        seq2seq.beam_search(make(), SOURCE[:1], 2, 3)
    assert made and all(made)


@pytest.mark.parametrize("default", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_behind_another_runs_under_autocast(name, default):
    torch.set_default_dtype(default)
    torch.manual_seed(0)
    first, layer, x = nn.Linear(WIDTH, WIDTH), LAYERS[name](), torch.randn(2, 3, WIDTH)
    plain, plain_weights = layer(first(x), MASK)
    with torch.autocast("cpu", torch.bfloat16):
        output, weights = layer(first(x), MASK)
    assert output.dtype == (torch.bfloat16 if default == torch.float32 else torch.float64) or name == "encoder layer"
    np.testing.assert_allclose(output.detach().double(), plain.detach().double(), atol=0.05)
    np.testing.assert_allclose(weights.detach().double(), plain_weights.detach().double(), atol=0.02)


def test_inputs_of_two_dtypes_are_refused_where_nothing_casts_them():
    x = torch.zeros(2, 3, 4)
    with pytest.raises(ValueError, match="^k: expected dtype torch.float32, got torch.bfloat16"):
        pytorch.attend(x, x.bfloat16(), x)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_trains_and_writes_under_autocast(name):
    torch.manual_seed(0)
    model = MODELS[name]()
    exact = seq2seq.translation_loss(model, SOURCE, TARGET)
    with torch.autocast("cpu", torch.bfloat16):
        loss = seq2seq.translation_loss(model, SOURCE, TARGET)
        assert seq2seq.greedy(model, SOURCE, 3).shape[0] == 2
        seq2seq.beam_search(model, SOURCE[:1], 2, 3)
    loss.backward()
    assert abs(loss - exact) < 0.05 and all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


# ---- half precision: q·k of 102,400 lies beyond float16, the scaled scores 12,800 and 12,480 do not -------------------------------

Q, K, V = np.full((1, 64), 40, np.float16), np.full((2, 64), 40, np.float16), np.eye(2, dtype=np.float16)
K[1] = 39


def in_keras():
    layer = keras_attention.DotAttention(dtype="float16")
    return [np.asarray(a) for a in layer(Q[None], K[None], V[None])]


def with_identities(layer):
    with torch.no_grad():
        for part in (layer.W_q, layer.W_k, layer.W_v, layer.W_o):
            part.weight.copy_(torch.eye(64))
            part.bias.zero_()
    return layer.half()


def test_the_row_of_large_scores_is_that_of_pytorch():
    q, k, v = map(torch.tensor, (Q, K, V))
    with np.errstate(over="ignore"):
        assert not np.isfinite(Q @ K.T).any(), "the product itself overflows"
    wanted = F.scaled_dot_product_attention(q, k, v)
    assert wanted.tolist() == [[1, 0]]
    for output, weights in (core.attend(Q, K, V), pytorch.attend(q, k, v), in_keras()):
        np.testing.assert_array_equal(np.asarray(output).reshape(1, 2), wanted)
        np.testing.assert_array_equal(np.asarray(weights).reshape(1, 2), wanted)


def test_several_heads_survive_it_too():
    layer = with_identities(pytorch.MultiHeadAttention(64, 1))
    keys = torch.tensor(K)
    assert layer(torch.tensor(Q), keys, keys)[1].tolist() == [[[1, 0]]]
    twin = keras_attention.MultiHeadAttention(64, 1, dtype="float16")
    twin.build((1, 1, 64), (1, 2, 64), (1, 2, 64))
    twin.set_weights([a for _ in range(4) for a in (np.eye(64), np.zeros(64))])
    assert np.asarray(twin(Q[None], K[None], K[None])[1]).tolist() == [[[[1, 0]]]]
    output, weights = core.multi_head_attention(Q, K, *(np.eye(64, dtype=np.float16) for _ in range(4)), 1)
    assert weights.tolist() == [[[1, 0]]] and (output == 40).all()
