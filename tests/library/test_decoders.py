"""The decoders that read a memory, each against the sums of its definition, written out in NumPy one word after the other."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from attnlib.seq2seq import BahdanauDecoder, LuongDecoder, SummaryDecoder  # noqa: E402

DECODERS = (SummaryDecoder, LuongDecoder, BahdanauDecoder)
E, H, M, WORDS = 5, 6, 4, 11                                # widths of words, state and memory; words


@pytest.fixture(params=DECODERS, ids=lambda d: d.__name__)
def case(request, default_dtype):
    """A decoder and what it is given: words, a first state that is none of its own making, memory, summary and a mask."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(3)
    given = (torch.randint(3, WORDS, (2, 3)), torch.randn(2, H), torch.randn(2, 5, M), torch.randn(2, M),
             torch.tensor([[True] * 5, [True] * 3 + [False] * 2]))
    return request.param(WORDS, E, H, M), given


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def shares(scores, mask):
    amounts = np.exp(scores) * mask
    return amounts / amounts.sum()


def gru(p, prefix, x, h):
    """One step of a gated recurrent unit in PyTorch's arrangement: reset, update, new."""
    suffix = "_l0" if f"{prefix}.weight_ih_l0" in p else ""
    read, kept = (np.split(p[f"{prefix}.weight_{side}{suffix}"] @ v + p[f"{prefix}.bias_{side}{suffix}"], 3)
                  for side, v in (("ih", x), ("hh", h)))
    reset, update = sigmoid(read[0] + kept[0]), sigmoid(read[1] + kept[1])
    return (1 - update) * np.tanh(read[2] + reset * kept[2]) + update * h


def by_hand(decoder, words, state, memory, summary, mask):
    """Scores, weights and last state of one row."""
    p = {name: value.numpy() for name, value in decoder.state_dict().items()}
    scores, looks = [], []
    for word in p["embed.weight"][words]:
        weights = None
        if isinstance(decoder, LuongDecoder):
            state = gru(p, "gru", word, state)
            weights = shares(memory @ p["attention.W.weight"] @ state, mask)
            context = weights @ memory
        elif isinstance(decoder, BahdanauDecoder):
            hidden = np.tanh(p["attention.W_q.weight"] @ state + memory @ p["attention.W_k.weight"].T)
            weights = shares(hidden @ p["attention.v.weight"][0], mask)
            context = weights @ memory
            state = gru(p, "gru", np.concatenate([word, context]), state)
        else:
            context = summary
            state = gru(p, "gru", np.concatenate([word, context]), state)
        mixed = np.tanh(p["mix.weight"] @ np.concatenate([state, context]) + p["mix.bias"])
        scores.append(p["out.weight"] @ mixed + p["out.bias"])
        looks.append(weights)
    return np.array(scores), np.array(looks), state


def test_a_decoder_is_its_definition(case):
    decoder, (words, state, memory, summary, mask) = case
    with torch.no_grad():
        scores, weights, last = decoder(words, state, memory, summary, mask)
    for i in range(len(words)):
        wanted = by_hand(decoder, *(x[i].numpy() for x in (words, state, memory, summary, mask)))
        np.testing.assert_allclose(scores[i], wanted[0], atol=1e-12)
        np.testing.assert_allclose(last[i], wanted[2], atol=1e-12)
        if weights is not None:
            np.testing.assert_allclose(weights[i], wanted[1], atol=1e-12)
            assert not weights[1, :, 3:].any(), "a masked place weighs nothing"


def test_the_hidden_layer_of_bahdanaus_score_is_half_as_wide_as_the_state():
    widths = [BahdanauDecoder(WORDS, E, h, M).attention.W_q.out_features for h in (H, H + 1)]
    assert widths == [H // 2, H // 2]
