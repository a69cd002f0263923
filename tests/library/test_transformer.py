"""The Transformer of attnlib.pytorch: against PyTorch's own layers, by behaviour, and through the searches of 35."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import nn  # noqa: E402

from attnlib import seq2seq  # noqa: E402
from attnlib.core import causal_mask  # noqa: E402
from attnlib.pytorch import DecoderLayer, EncoderLayer  # noqa: E402
from attnlib.seq2seq import BOS, EOS, PAD, Transformer, beam_search, greedy, placed, translation_loss  # noqa: E402
from attnlib.train import fit, parameters  # noqa: E402

torch.set_num_threads(1)
few = settings(max_examples=25, derandomize=True, deadline=None, database=None)
both_orders = pytest.mark.parametrize("pre_norm", [True, False])
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@pytest.fixture(autouse=True)
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def shuffled(layer):
    """A layer whose norms and biases are not at their first values, so that each of them matters."""
    with torch.no_grad():
        for p in layer.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return layer


def copy_attention(theirs, ours):
    for kind in ("weight", "bias"):
        getattr(theirs, f"in_proj_{kind}").data = torch.cat([getattr(w, kind) for w in (ours.W_q, ours.W_k, ours.W_v)])
    theirs.out_proj.load_state_dict(ours.W_o.state_dict())


def copy_rest(theirs, ours):
    theirs.linear1.load_state_dict(ours.network.widen.state_dict())
    theirs.linear2.load_state_dict(ours.network.narrow.state_dict())
    for i, norm in enumerate(ours.norms, 1):
        getattr(theirs, f"norm{i}").load_state_dict(norm.state_dict())


@st.composite
def cases(draw):
    heads = draw(st.integers(1, 3))
    b, m, n, d = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 5)), heads * draw(st.integers(1, 3))
    torch.manual_seed(draw(st.integers(0, 10**6)))
    seen = torch.rand(b, n) < 0.7
    seen[:, 0] = True                                       # PyTorch's answer to a row without a key is nan
    return heads, torch.randn(b, m, d), torch.randn(b, n, d), seen, draw(st.booleans())


@few
@given(cases())
def test_the_encoder_layer_is_pytorchs(case):
    heads, _, x, seen, pre_norm = case
    ours = shuffled(EncoderLayer(x.shape[-1], heads, 7, pre_norm))
    theirs = nn.TransformerEncoderLayer(x.shape[-1], heads, 7, dropout=0.0, batch_first=True, norm_first=pre_norm)
    copy_attention(theirs.self_attn, ours.attention)
    copy_rest(theirs, ours)
    output, weights = ours(x, seen.unsqueeze(1))
    torch.testing.assert_close(output, theirs(x, src_key_padding_mask=~seen), **CLOSE)
    assert weights.shape == (len(x), heads, x.shape[1], x.shape[1])


@few
@given(cases())
def test_the_decoder_layer_is_pytorchs(case):
    heads, x, memory, seen, pre_norm = case
    ours = shuffled(DecoderLayer(x.shape[-1], heads, 7, pre_norm))
    theirs = nn.TransformerDecoderLayer(x.shape[-1], heads, 7, dropout=0.0, batch_first=True, norm_first=pre_norm)
    copy_attention(theirs.self_attn, ours.attention)
    copy_attention(theirs.multihead_attn, ours.cross)
    copy_rest(theirs, ours)
    causal = torch.as_tensor(causal_mask(x.shape[1]))
    output, weights = ours(x, memory, causal, seen.unsqueeze(1))
    torch.testing.assert_close(output, theirs(x, memory, tgt_mask=~causal, memory_key_padding_mask=~seen), **CLOSE)
    assert weights.shape == (len(x), heads, x.shape[1], memory.shape[1])
    assert (weights.sum(-1) - 1).abs().max() < 1e-12 and not weights.masked_select(~seen[:, None, None]).any()


@both_orders
def test_gradients_are_those_of_pytorchs_layer(pre_norm):
    ours = shuffled(EncoderLayer(6, 2, 7, pre_norm))
    theirs = nn.TransformerEncoderLayer(6, 2, 7, dropout=0.0, batch_first=True, norm_first=pre_norm)
    copy_attention(theirs.self_attn, ours.attention)
    copy_rest(theirs, ours)
    slopes = []
    for layer in (lambda x: ours(x)[0], theirs):
        x = torch.ones(2, 3, 6).cumsum(1).sin().requires_grad_()
        slopes.append(torch.autograd.grad(layer(x).pow(3).sum(), x)[0])
    torch.testing.assert_close(*slopes, **CLOSE)


def words(*shape):
    return torch.randint(3, 13, shape)


@few
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.integers(1, 6))
def test_step_by_step_is_the_parallel_pass(seed, pre_norm, tied, m):
    torch.manual_seed(seed)
    model, source, target = shuffled(Transformer(13, 14, 8, 2, 2, pre_norm, tied)), words(3, 5), words(3, m)
    source[1, 3:] = PAD
    scores, weights = model(source, target)
    assert scores.shape == (3, m, 14) and weights.shape == (3, m, 5)
    state, memory = model.read(source)
    assert state.shape == (3, 0)
    shifted, steps = nn.functional.pad(target, (1, -1), value=BOS), []
    for t in range(m):
        *step, state = model.decoder(shifted[:, t:t + 1], state, *memory)
        steps.append(step)
    assert torch.equal(state, shifted)
    for ours, parallel in zip((torch.cat(x, dim=1) for x in zip(*steps)), (scores, weights)):
        torch.testing.assert_close(ours, parallel, **CLOSE)


@both_orders
@pytest.mark.parametrize("t", range(6))
def test_later_words_have_no_influence_to_the_last_bit(pre_norm, t):
    model, source, target = shuffled(Transformer(13, 13, 8, pre_norm=pre_norm)), words(2, 5), words(2, 6)
    spoilt = target.clone()
    spoilt[:, t:] = 3 + (spoilt[:, t:] - 2) % 10            # every later word is another one
    for a, b in zip(model(source, spoilt), model(source, target)):
        assert torch.equal(a[:, :t + 1], b[:, :t + 1])      # row t is written before word t is read
    if t < 5:
        assert not torch.allclose(model(source, spoilt)[0][:, t + 1:], model(source, target)[0][:, t + 1:])


@few
@given(st.integers(0, 10**6), st.booleans(), st.integers(1, 5))
def test_more_padding_changes_nothing(seed, pre_norm, more):
    torch.manual_seed(seed)
    model, source, target = shuffled(Transformer(13, 13, 8, pre_norm=pre_norm)), words(2, 4), words(2, 3)
    scores, weights = model(source, target)
    padded, there = model(nn.functional.pad(source, (0, more), value=PAD), target)
    torch.testing.assert_close(padded, scores, **CLOSE)
    torch.testing.assert_close(there[..., :4], weights, **CLOSE)
    assert not there[..., 4:].any()


def test_order_matters_to_the_encoder_by_its_positions_alone(monkeypatch):
    model, source = Transformer(13, 13, 8), words(1, 6)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    assert not torch.allclose(model.read(source[:, order])[1][0], model.read(source)[1][0][:, order])
    monkeypatch.setattr(seq2seq, "placed", lambda table, numbers: table(numbers))
    torch.testing.assert_close(model.read(source[:, order])[1][0], model.read(source)[1][0][:, order], **CLOSE)


@both_orders
def test_a_source_of_padding_alone_has_finite_results_and_gradients(pre_norm):
    model, source, target = Transformer(13, 13, 8, pre_norm=pre_norm), words(2, 4), words(2, 3)
    source[1] = PAD
    scores, weights = model(source, target)
    assert scores.isfinite().all() and not weights[1].any()
    scores.pow(2).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("pre_norm, tied", [(True, False), (True, True), (False, False)])
def test_the_count_is_the_formula(pre_norm, tied):
    d, layers, s, t = 12, 3, 17, 19
    model = Transformer(s, t, d, 3, layers, pre_norm, tied)
    assert parameters(model) == layers * (28 * d * d + 32 * d) + 4 * d * pre_norm + (s + (2 - tied) * t) * d
    assert (model.out.weight is model.target.weight) == tied


@pytest.mark.parametrize("pre_norm, side", [(True, 0), (True, 1), (False, 0), (False, 1)])
def test_each_stack_ends_in_its_own_norm(pre_norm, side):
    model, source, target = shuffled(Transformer(13, 13, 8, 2, 2, pre_norm)), words(2, 5), words(2, 4)
    inner = (model.encoders if side == 0 else model.decoders)[-1].norms[-1]
    for p in (model.norms[side] if pre_norm else inner).parameters():
        p.data.zero_()                                      # what leaves this stack is zero, and the other stack is not touched
    memory, scores = model.read(source)[1][0], model(source, target)[0]
    assert memory.any() == (side == 1) and scores.any() == (side == 0)


def test_a_subclass_exchanges_layers_and_entrance():
    class Marked(EncoderLayer):
        pass

    class Own(Transformer):
        encoder_layer = Marked

        def enter(self, table, numbers):
            entered.append(table)
            return super().enter(table, numbers)

    entered, model = [], Own(13, 13, 8)
    model(words(2, 4), words(2, 3))
    assert [type(layer) for layer in (*model.encoders, *model.decoders)] == [Marked, Marked, DecoderLayer, DecoderLayer]
    assert entered == [model.source, model.target]


def test_word_vectors_are_scaled_and_placed():
    model = Transformer(13, 13, 8)
    model.source.weight.data.zero_()
    places = placed(model.source, words(1, 4))
    i, pair = np.arange(4)[:, None], np.arange(4)
    np.testing.assert_allclose(places[0, :, 0::2].detach(), np.sin(i / 10000 ** (2 * pair / 8)), atol=1e-12)
    model.source.weight.data.fill_(1.0)
    torch.testing.assert_close(placed(model.source, words(1, 4)) - places, torch.full((1, 4, 8), 8 ** 0.5))


def test_first_tables_have_the_spread_that_the_factor_undoes():
    model = Transformer(4000, 4000, 16)
    for table in (model.source, model.target, model.out):
        assert table.weight.std().item() == pytest.approx(16 ** -0.5, rel=0.02)


def test_greedy_and_beam_write_what_the_parallel_pass_would():
    model, source = shuffled(Transformer(13, 13, 8)), words(4, 5)
    written = greedy(model, source, 6)
    own = model(source, written)[0].argmax(-1)
    for row, best in zip(written, own):
        end = row.tolist().index(EOS) + 1 if EOS in row else len(row)
        assert torch.equal(row[:end], best[:end])
    for one, row in zip(source, written):
        end = row.tolist().index(EOS) + 1 if EOS in row else len(row)
        assert beam_search(model, one.unsqueeze(0), 1, 6)[1] == row[:end].tolist()
    total, best = beam_search(model, source[:1], 5, 6)
    logs = model(source[:1], torch.tensor([best]))[0].log_softmax(-1)[0, range(len(best)), best].sum()
    assert total == pytest.approx(logs.item())


def test_it_learns_with_the_loss_and_loop_of_the_book():
    model, rows = Transformer(8, 8, 8), torch.tensor([[3, 4, 5, EOS], [5, 3, EOS, PAD], [4, 4, 3, EOS]])
    losses = fit(model, lambda step: translation_loss(model, rows, rows), 80, 0.02, warmup=5)
    assert losses[-1] < 0.1 < 1 < losses[0]
    assert torch.equal(greedy(model, rows, 4), rows)


def test_the_ramp_of_the_rate():
    weight = nn.Linear(1, 1, bias=False)
    weight.weight.data.zero_()
    path = []

    def loss(step):
        path.append(weight.weight.item())
        return weight.weight.sum()                          # a constant gradient: Adam moves by the rate itself

    fit(weight, loss, 8, 1.0, warmup=4)
    wanted = [min((s + 1) / 4, 1) * (1 + np.cos(np.pi * s / 8)) / 2 for s in range(7)]
    np.testing.assert_allclose(-np.diff(path), wanted, rtol=1e-6)


def test_errors_name_what_came():
    layer = DecoderLayer(8, 2, 16)
    x, memory = torch.zeros(1, 3, 8), torch.zeros(1, 4, 8)
    with pytest.raises(ValueError, match="^num_heads: expected a divisor of the width 8"):
        EncoderLayer(8, 3, 16)
    with pytest.raises(ValueError, match="memory: expected shape"):
        layer(x, torch.zeros(1, 4, 6))
    with pytest.raises(ValueError, match="x: expected shape"):
        EncoderLayer(8, 2, 16)(torch.zeros(1, 3, 6))
    with pytest.raises(ValueError, match="mask: expected a tensor of booleans"):
        layer(x, memory, None, torch.ones(1, 4))
    with pytest.raises(ValueError, match="mask: expected shape"):
        layer(x, memory, torch.ones(2, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="x: expected dtype torch.float64"):
        layer(x.float(), memory)
