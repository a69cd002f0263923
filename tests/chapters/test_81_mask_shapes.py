"""Which masks each layer takes: each is called with masks of nine shapes, and what has influence is compared with what the mask says.

python tests/chapters/test_81_mask_shapes.py writes the table, notebooks/data/81_questions/mask_shapes.csv, anew; a test compares it
with what is measured.  Sizes are all different (3 sentences, 2 heads, 4 queries, 5 keys), so that no shape is taken for another.
"""
import csv
import io
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import pytest

keras = pytest.importorskip("keras")
torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from attnlib import core, tensorflow  # noqa: E402
from attnlib import pytorch as ours  # noqa: E402

TABLE = Path(__file__).parents[2] / "notebooks" / "data" / "81_questions" / "mask_shapes.csv"
SENTENCES, HEADS, M, N, D = 3, 2, 4, 5, 4
ATTENDS, IGNORED = "may attend", "is ignored"


def shapes(m):
    """Each shape by its name: the axes of the mask, and how it is meant for (sentences, heads, queries, keys)."""
    return {"(n,)": ((N,), (1, 1, 1, N)), "(m, n)": ((m, N), (1, 1, m, N)),
            "(b, n)": ((SENTENCES, N), (SENTENCES, 1, 1, N)), "(b, 1, n)": ((SENTENCES, 1, N), (SENTENCES, 1, 1, N)),
            "(b, m, n)": ((SENTENCES, m, N), (SENTENCES, 1, m, N)), "(b, 1, 1, n)": ((SENTENCES, 1, 1, N), (SENTENCES, 1, 1, N)),
            "(b, 1, m, n)": ((SENTENCES, 1, m, N), (SENTENCES, 1, m, N)),
            "(b, h, m, n)": ((SENTENCES, HEADS, m, N), (SENTENCES, HEADS, m, N)),
            "(b·h, m, n)": ((SENTENCES * HEADS, m, N), (SENTENCES, HEADS, m, N))}


# ---- subjects: queries (b, m, D), memory (b, n, D) and a mask of any shape in the layer's own polarity; they return (b, m, D) -----------

def tensor(x):
    return torch.from_numpy(np.array(x))


def made(layer):
    return layer.double().eval()


def functional(axes):
    def call(x, memory, mask):
        q, kv = tensor(x), tensor(memory)
        if axes == 4:
            q, kv = (ours.split_heads(t, HEADS) for t in (q, kv))
        out = F.scaled_dot_product_attention(q, kv, kv, attn_mask=tensor(mask))
        return (out.transpose(1, 2).flatten(2) if axes == 4 else out).numpy()
    return call


def layer_of_torch(argument):
    layer = made(nn.MultiheadAttention(D, HEADS, batch_first=True))
    return lambda x, memory, mask: layer(tensor(x), tensor(memory), tensor(memory), **{argument: tensor(mask)})[0].detach().numpy()


def encoder_of_torch(argument):
    layer = made(nn.TransformerEncoderLayer(D, HEADS, 8, batch_first=True))
    return lambda x, memory, mask: layer(tensor(x), **{argument: tensor(mask)}).detach().numpy()


def decoder_of_torch(argument):
    layer = made(nn.TransformerDecoderLayer(D, HEADS, 8, batch_first=True))
    return lambda x, memory, mask: layer(tensor(x), tensor(memory), **{argument: tensor(mask)}).detach().numpy()


def layer_of_keras(argument):
    layer = keras.layers.MultiHeadAttention(HEADS, D // HEADS, dtype="float64", seed=0)
    return lambda x, memory, mask: np.array(layer(x, memory, memory, **{argument: mask}))


def scored_by_keras(kind):
    layer = kind(dtype="float64")
    return lambda x, memory, mask: np.array(layer([x, memory], mask=[None, mask]))


def our_keras_layer(argument):
    layer = tensorflow.MultiHeadAttention(D, HEADS, dtype="float64")
    return lambda x, memory, mask: np.array(layer(x, memory, memory, **{argument: mask})[0])


def our_layer():
    layer = made(ours.MultiHeadAttention(D, HEADS))
    return lambda x, memory, mask: layer(tensor(x), tensor(memory), tensor(memory), tensor(mask))[0].detach().numpy()


def our_encoder():
    layer = made(ours.EncoderLayer(D, HEADS, 8))
    return lambda x, memory, mask: layer(tensor(x), tensor(mask))[0].detach().numpy()


def our_decoder():
    layer = made(ours.DecoderLayer(D, HEADS, 8))
    return lambda x, memory, mask: layer(tensor(x), tensor(memory), None, tensor(mask))[0].detach().numpy()


def our_pooling():
    layer = made(ours.AttentionPooling(D))
    return lambda x, memory, mask: layer(tensor(memory), tensor(mask))[0].detach().numpy()[:, None].repeat(M, 1)


def our_attend(x, memory, mask):
    return core.attend(x, memory, memory, mask)[0]


def our_torch_attend(x, memory, mask):
    return ours.attend(tensor(x), tensor(memory), tensor(memory), tensor(mask))[0].numpy()


SUBJECTS = [                                                 # layer, argument, what True says, how it is made, does it read itself?
    ("F.scaled_dot_product_attention, (b, h, m, d)", "attn_mask", ATTENDS, lambda: functional(4), False),
    ("F.scaled_dot_product_attention, (b, m, d)", "attn_mask", ATTENDS, lambda: functional(3), False),
    ("nn.MultiheadAttention", "attn_mask", IGNORED, lambda: layer_of_torch("attn_mask"), False),
    ("nn.MultiheadAttention", "key_padding_mask", IGNORED, lambda: layer_of_torch("key_padding_mask"), False),
    ("nn.TransformerEncoderLayer", "src_mask", IGNORED, lambda: encoder_of_torch("src_mask"), True),
    ("nn.TransformerEncoderLayer", "src_key_padding_mask", IGNORED, lambda: encoder_of_torch("src_key_padding_mask"), True),
    ("nn.TransformerDecoderLayer", "memory_mask", IGNORED, lambda: decoder_of_torch("memory_mask"), False),
    ("nn.TransformerDecoderLayer", "memory_key_padding_mask", IGNORED, lambda: decoder_of_torch("memory_key_padding_mask"), False),
    ("keras MultiHeadAttention", "attention_mask", ATTENDS, lambda: layer_of_keras("attention_mask"), False),
    ("keras MultiHeadAttention", "value_mask", ATTENDS, lambda: layer_of_keras("value_mask"), False),
    ("keras Attention", "mask[1]", ATTENDS, lambda: scored_by_keras(keras.layers.Attention), False),
    ("keras AdditiveAttention", "mask[1]", ATTENDS, lambda: scored_by_keras(keras.layers.AdditiveAttention), False),
    ("attnlib.core.attend, (b, m, d)", "mask", ATTENDS, lambda: our_attend, False),
    ("attnlib.pytorch.attend, (b, m, d)", "mask", ATTENDS, lambda: our_torch_attend, False),
    ("attnlib.pytorch.MultiHeadAttention", "mask", ATTENDS, our_layer, False),
    ("attnlib.pytorch.EncoderLayer", "mask", ATTENDS, our_encoder, True),
    ("attnlib.pytorch.DecoderLayer", "memory_mask", ATTENDS, our_decoder, False),
    ("attnlib.pytorch.AttentionPooling", "mask", ATTENDS, our_pooling, False),
    ("attnlib.tensorflow.MultiHeadAttention", "attention_mask", ATTENDS, lambda: our_keras_layer("attention_mask"), False),
    ("attnlib.tensorflow.MultiHeadAttention", "k_mask", ATTENDS, lambda: our_keras_layer("k_mask"), False),
]


def drawn(rng, given, meant):
    """A random mask of the shape `given`, True = may attend, in which every row allows a key and forbids one, and what it means."""
    while True:
        mask = rng.random(given) < 0.5
        rows = mask.reshape(meant)
        if rows.any(-1).all() and (~rows).any(-1).all() and (mask.ndim == 1 or len(np.unique(mask.reshape(-1, N), axis=0)) > 1):
            return mask, rows


def influence(call, x, memory, mask, itself):
    """Whether the output of query i changes when key and value j of its sentence are another vector (b, m, n)."""
    before, found = call(x, memory, mask), np.zeros((SENTENCES, x.shape[1], N), bool)
    if before.shape != x.shape:
        return None
    for j in range(N):
        other = memory.copy()
        other[:, j] += np.linspace(1, 2, D)
        after = call(other if itself else x, other, mask)
        found[:, :, j] = np.abs(after - before).max(-1) > 1e-9
    return found


def judged(call, says, shape, itself, draws=3):
    """right; refused; or accepted, with another effect than the shape says."""
    m, rng = (N if itself else M), np.random.default_rng(0)
    given, meant = shapes(m)[shape]
    for _ in range(draws):
        memory = rng.normal(size=(SENTENCES, N, D))
        x = memory if itself else rng.normal(size=(SENTENCES, M, D))
        mask, rows = drawn(rng, given, meant)
        wanted = np.broadcast_to(rows, (SENTENCES, HEADS, m, N)).any(1)
        try:
            found = influence(call, x, memory, mask if says == ATTENDS else ~mask, itself)
        except Exception:                                         # each library has its own
            return "refused"
        if itself and found is not None:                          # a token always reaches itself, by the way around
            found, wanted = (np.where(np.eye(N, dtype=bool), True, a) for a in (found, wanted))
        if found is None or not np.array_equal(found, wanted):
            return "other"
    return "right"


def measured():
    torch.manual_seed(0)
    rows = []
    for layer, argument, says, make, itself in SUBJECTS:
        call = make()
        verdicts = {shape: judged(call, says, shape, itself) for shape in shapes(M)}
        rows.append({"layer": layer, "argument": argument, "true_means": says} | verdicts)
    return rows


def text(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_the_table_of_mask_shapes_is_what_the_layers_do():
    assert TABLE.read_text(encoding="utf-8") == text(measured()), "python tests/chapters/test_81_mask_shapes.py writes it anew"


def test_without_gradients_one_shape_more_is_accepted():
    """PyTorch's encoder layer has another path then; the chapter says so, of this layer alone."""
    table = {(row["layer"], row["argument"]): row for row in csv.DictReader(TABLE.open(encoding="utf-8"))}
    other = []
    torch.manual_seed(0)
    for layer, argument, says, make, itself in SUBJECTS:
        if layer.startswith(("nn.", "F.")):
            with torch.no_grad():
                found = {shape: judged(make(), says, shape, itself) for shape in shapes(M)}
            other += [(layer, argument, shape) for shape in found if found[shape] != table[layer, argument][shape]]
    assert other == [("nn.TransformerEncoderLayer", "src_key_padding_mask", "(b, h, m, n)")]


if __name__ == "__main__":
    TABLE.write_text(text(measured()), encoding="utf-8", newline="\n")
