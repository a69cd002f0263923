"""The layers of attnlib.pytorch: against the NumPy reference, against PyTorch's own two, and by behaviour."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from attnlib import core
from attnlib.pytorch import (
    AdditiveAttention,
    AttentionPooling,
    MultiHeadAttention,
    MultiplicativeAttention,
    attend,
    masked_softmax,
    split_heads,
)

torch.set_num_threads(1)
few = settings(max_examples=40, derandomize=True, deadline=None, database=None)
CLOSE = {torch.float32: {"rtol": 1e-4, "atol": 1e-5}, torch.float64: {"rtol": 1e-9, "atol": 1e-12}}
KINDS = ["attend", "multiplicative", "additive", "heads"]
each_kind = pytest.mark.parametrize("kind", KINDS)


@st.composite
def cases(draw, heads=None):
    """Shapes, a dtype, a mask of some shape that broadcasts, and a generator."""
    h = draw(st.just(1) if heads is None else heads)
    batch = draw(st.sampled_from([(), (1,), (3,), (2, 3)]))
    m, n, d = draw(st.integers(1, 5)), draw(st.integers(1, 5)), h * draw(st.integers(1, 3))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    shape = draw(st.sampled_from([None, (n,), (1, n), (m, 1), (m, n), (*batch, 1, n), (*batch, m, n)]))
    mask = None if shape is None else torch.rand(shape, generator=generator) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    return batch, m, n, d, h, draw(st.sampled_from([torch.float32, torch.float64])), mask, generator


def tensors(generator, dtype, *shapes):
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes]


def layer(kind, d, dtype, heads=1):
    """A callable (q, k, v, mask) -> output, weights with all widths d."""
    torch.manual_seed(0)
    made = {"attend": lambda: attend, "multiplicative": lambda: MultiplicativeAttention(d, d),
            "additive": lambda: AdditiveAttention(d, d, 4), "heads": lambda: MultiHeadAttention(d, heads)}[kind]()
    return made if kind == "attend" else made.to(dtype)


def open_rows(mask, scores):
    """Which queries see at least one key, for weights or scores of a shape."""
    return torch.ones(scores[:-1], dtype=torch.bool) if mask is None else mask.broadcast_to(scores).any(dim=-1)


def array(x):
    return x.detach().numpy()


# ---- against the NumPy reference ---------------------------------------------------------------------------------

@few
@given(cases())
def test_attend_is_the_reference(case):
    batch, m, n, d, _, dtype, mask, generator = case
    q, k, v = tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d + 1))
    for ours, reference in zip(attend(q, k, v, mask), core.attend(*map(array, (q, k, v)), None if mask is None else array(mask))):
        assert ours.dtype == dtype
        np.testing.assert_allclose(array(ours), reference, **CLOSE[dtype])


@few
@given(cases())
def test_scores_with_parameters_are_the_reference(case):
    batch, m, n, d, _, dtype, mask, generator = case
    q, k, v = tensors(generator, dtype, (*batch, m, d), (*batch, n, d + 1), (*batch, n, 2))
    multiplicative, additive = MultiplicativeAttention(d, d + 1).to(dtype), AdditiveAttention(d, d + 1, 3).to(dtype)
    W_q, W_k, u = (array(p).T for p in additive.parameters())
    scores = {multiplicative: core.multiplicative_scores(array(q), array(k), array(multiplicative.W.weight).T),
              additive: core.additive_scores(array(q), array(k), W_q, W_k, u[:, 0])}
    for module, wanted in scores.items():
        output, weights = module(q, k, v, mask)
        wanted = core.masked_softmax(wanted, np.ones((1, 1), bool) if mask is None else array(mask))
        np.testing.assert_allclose(array(weights), wanted, **CLOSE[dtype])
        np.testing.assert_allclose(array(output), wanted @ array(v), **CLOSE[dtype])


@few
@given(cases(heads=st.integers(1, 4)))
def test_heads_are_a_loop_over_slices(case):
    batch, m, n, d, h, dtype, mask, generator = case
    q, k, v = tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d))
    module = MultiHeadAttention(d, h).to(dtype)
    output, weights = module(q, k, v, mask)
    parts = [[part[..., i * d // h:(i + 1) * d // h] for i in range(h)] for part in (module.W_q(q), module.W_k(k), module.W_v(v))]
    loop = [attend(*slices, mask) for slices in zip(*parts)]
    np.testing.assert_allclose(array(output), array(module.W_o(torch.cat([o for o, _ in loop], dim=-1))), **CLOSE[dtype])
    for i, (_, wanted) in enumerate(loop):
        np.testing.assert_allclose(array(weights[..., i, :, :]), array(wanted), **CLOSE[dtype])


# ---- against PyTorch's own ----------------------------------------------------------------------------------------

@few
@given(cases())
def test_attend_is_scaled_dot_product_attention_with_gradients(case):
    batch, m, n, d, _, dtype, mask, generator = case
    free = [x.requires_grad_() for x in tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d))]
    whole = mask if mask is None else mask.broadcast_to(*batch, m, n)            # the library refuses a mask with one axis
    ours, theirs = attend(*free, mask)[0], F.scaled_dot_product_attention(*free, attn_mask=whole)
    np.testing.assert_allclose(array(ours), array(theirs), **CLOSE[dtype])       # fully masked rows are 0 in both
    pull, = tensors(generator, dtype, ours.shape)
    for a, b in zip(torch.autograd.grad(ours, free, pull), torch.autograd.grad(theirs, free, pull)):
        np.testing.assert_allclose(array(a), array(b), **CLOSE[dtype])


def twin(ours, dtype):
    """nn.MultiheadAttention with our parameters."""
    theirs = nn.MultiheadAttention(ours.W_q.in_features, ours.num_heads, batch_first=True, dtype=dtype)
    projections = ours.W_q, ours.W_k, ours.W_v
    theirs.in_proj_weight.data = torch.cat([p.weight.data for p in projections])
    theirs.in_proj_bias.data = torch.cat([p.bias.data for p in projections])
    theirs.out_proj.load_state_dict(ours.W_o.state_dict())
    return theirs


@few
@given(cases(heads=st.integers(1, 4)), st.booleans(), st.booleans())
def test_heads_are_multihead_attention_with_opposite_masks(case, average, padded):
    batch, m, n, d, h, dtype, mask, generator = case
    q, k, v = tensors(generator, dtype, (2, m, d), (2, n, d), (2, n, d))
    mask = torch.ones(m, n, dtype=torch.bool) if mask is None or len(mask.shape) > 2 else mask.broadcast_to(m, n).clone()
    mask[:, 0] = True                                                            # what a row without a key does is tested below
    real = torch.rand(2, n, generator=generator) < 0.6 if padded else torch.ones(2, n, dtype=torch.bool)
    real[:, 0] = True
    ours = MultiHeadAttention(d, h).to(dtype)
    theirs = twin(ours, dtype)
    output, weights = ours(q, k, v, mask & real[:, None])
    wanted, wanted_weights = theirs(q, k, v, attn_mask=~mask, key_padding_mask=~real, average_attn_weights=average)
    np.testing.assert_allclose(array(output), array(wanted), **CLOSE[dtype])
    np.testing.assert_allclose(array(weights.mean(dim=1) if average else weights), array(wanted_weights), **CLOSE[dtype])
    pull, = tensors(generator, dtype, output.shape)
    (output * pull).sum().backward()
    (wanted * pull).sum().backward()
    parts = ours.W_q, ours.W_k, ours.W_v
    np.testing.assert_allclose(torch.cat([p.weight.grad for p in parts]), theirs.in_proj_weight.grad, **CLOSE[dtype])
    np.testing.assert_allclose(torch.cat([p.bias.grad for p in parts]), theirs.in_proj_bias.grad, **CLOSE[dtype])
    np.testing.assert_allclose(ours.W_o.weight.grad, theirs.out_proj.weight.grad, **CLOSE[dtype])


def test_what_the_libraries_do_with_a_sentence_of_padding():
    x, empty = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0)), torch.ones(1, 3, dtype=torch.bool)
    theirs = nn.MultiheadAttention(4, 2, batch_first=True).eval()
    bias = theirs.out_proj.bias.expand(1, 3, 4)
    assert (F.scaled_dot_product_attention(x, x, x, attn_mask=~empty[:, None]) == 0).all()
    assert theirs(x, x, x, key_padding_mask=empty)[0].isnan().all()
    assert torch.equal(theirs(x, x, x, key_padding_mask=empty, need_weights=False)[0], bias)
    with torch.no_grad():
        assert theirs(x, x, x, key_padding_mask=empty, need_weights=False)[0].isnan().all()


def test_the_function_aligns_is_causal_at_the_top_left():
    weights = F.scaled_dot_product_attention(torch.zeros(2, 4), torch.zeros(5, 4), torch.eye(5), is_causal=True)
    np.testing.assert_allclose(weights, [[1, 0, 0, 0, 0], [1 / 2, 1 / 2, 0, 0, 0]])


# ---- behaviour ----------------------------------------------------------------------------------------------------

@few
@given(cases(heads=st.integers(1, 3)), st.sampled_from(KINDS))
def test_rows_sum_to_one_or_are_zero_and_gradients_are_finite(case, kind):
    batch, m, n, d, h, dtype, mask, generator = case
    free = [x.requires_grad_() for x in tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d))]
    module = layer(kind, d, dtype, h)
    output, weights = module(*free, mask)
    rows = open_rows(mask, (*batch, m, n))
    sums = weights.sum(dim=-1)
    rows_of_heads = rows.unsqueeze(-2).broadcast_to(sums.shape) if kind == "heads" else rows
    np.testing.assert_allclose(array(sums), array(rows_of_heads.to(dtype)), **CLOSE[dtype])
    assert (weights[~rows_of_heads] == 0).all() and (weights >= 0).all()
    nothing = module.W_o.bias if kind == "heads" else torch.zeros(d, dtype=dtype)
    assert torch.equal(output[~rows], nothing.expand_as(output[~rows]))
    output.square().sum().backward()
    assert all(x.grad.isfinite().all() for x in free)
    if kind != "attend":
        assert all(p.grad.isfinite().all() for p in module.parameters())


@each_kind
def test_gradients_are_the_slopes(kind):
    generator = torch.Generator().manual_seed(0)
    free = [x.requires_grad_() for x in tensors(generator, torch.float64, (2, 3, 4), (2, 5, 4), (2, 5, 4))]
    mask = torch.rand(2, 3, 5, generator=generator) < 0.5
    mask[0, 1] = False
    module = layer(kind, 4, torch.float64, 2)
    assert torch.autograd.gradcheck(lambda *args: module(*args, mask), free)


@few
@given(cases(heads=st.integers(1, 3)), st.sampled_from(KINDS))
def test_a_causal_mask_hides_the_future(case, kind):
    batch, _, n, d, h, dtype, _, generator = case
    x, = tensors(generator, dtype, (*batch, n, d))
    module, causal = layer(kind, d, dtype, h), torch.ones(n, n, dtype=torch.bool).tril()
    before = module(x, x, x, causal)[0]
    for i in range(1, n):
        broken = x.clone()
        broken[..., i:, :] += 1000
        after = module(broken, broken, broken, causal)[0]
        assert torch.equal(after[..., :i, :], before[..., :i, :])
        assert not torch.equal(after[..., i:, :], before[..., i:, :])


@few
@given(cases(heads=st.integers(1, 3)), st.sampled_from(KINDS), st.integers(1, 4))
def test_padding_changes_nothing(case, kind, more):
    batch, m, n, d, h, dtype, _, generator = case
    q, k, v = tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d))
    module, mask = layer(kind, d, dtype, h), (torch.arange(n + more) < n)[None]
    long = [torch.cat([x, 1e3 * torch.ones(*batch, more, d, dtype=dtype)], dim=-2) for x in (k, v)]
    output, weights = module(q, *long, mask)
    wanted, wanted_weights = module(q, k, v, None)
    np.testing.assert_allclose(array(output), array(wanted), **CLOSE[dtype])
    np.testing.assert_allclose(array(weights[..., :n]), array(wanted_weights), **CLOSE[dtype])
    assert (weights[..., n:] == 0).all()


@few
@given(cases(heads=st.integers(1, 3)), st.sampled_from(KINDS))
def test_the_order_of_keys_does_not_matter_and_that_of_queries_is_kept(case, kind):
    batch, m, n, d, h, dtype, _, generator = case
    q, k, v = tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d))
    mask = torch.rand(m, n, generator=generator) < 0.6
    rows, columns = torch.randperm(m, generator=generator), torch.randperm(n, generator=generator)
    module = layer(kind, d, dtype, h)
    moved, weights = module(q[..., rows, :], k[..., columns, :], v[..., columns, :], mask[rows][:, columns])
    wanted, wanted_weights = module(q, k, v, mask)
    np.testing.assert_allclose(array(moved), array(wanted[..., rows, :]), **CLOSE[dtype])
    np.testing.assert_allclose(array(weights), array(wanted_weights[..., rows, :][..., columns]), **CLOSE[dtype])


@few
@given(cases(heads=st.integers(1, 3)), st.sampled_from(KINDS))
def test_arguments_are_left_alone(case, kind):
    batch, m, n, d, h, dtype, mask, generator = case
    arguments = [*tensors(generator, dtype, (*batch, m, d), (*batch, n, d), (*batch, n, d)), mask]
    copies = [x if x is None else x.clone() for x in arguments]
    layer(kind, d, dtype, h)(*arguments)
    assert all(a is b or torch.equal(a, b) for a, b in zip(arguments, copies))


@each_kind
@pytest.mark.parametrize("extreme", [1e30, -1e30, torch.inf, -torch.inf, torch.nan])
def test_what_a_masked_key_holds_does_not_matter(kind, extreme):
    generator, mask = torch.Generator().manual_seed(0), torch.tensor([[True, True, False]])
    q, k, v = tensors(generator, torch.float64, (2, 4), (3, 4), (3, 4))
    module, broken = layer(kind, 4, torch.float64, 2), k.clone()
    broken[2] = extreme
    assert all(map(torch.equal, module(q, broken, v, mask), module(q, k, v, mask)))


def test_nan_in_a_masked_value_spreads_and_in_a_masked_key_reaches_the_gradient_of_the_query():
    q, k, v = tensors(torch.Generator().manual_seed(0), torch.float64, (2, 4), (3, 4), (3, 4))
    mask, broken = torch.tensor([True, True, False]), k.clone()
    broken[2] = torch.nan
    assert attend(q, k, broken, mask)[0].isnan().all() and attend(q, k, broken, mask)[1].isfinite().all()
    attend(q.requires_grad_(), broken, v, mask)[0].sum().backward()
    assert q.grad.isnan().all()


@pytest.mark.parametrize("size", [0.0, 1e4, -1e4, 1e30, -1e30])
def test_huge_scores_and_shifts(size):
    scores = torch.log(torch.tensor([[1.0, 2, 3]], dtype=torch.float64))
    np.testing.assert_allclose(masked_softmax(scores + (size if abs(size) < 1e5 else 0)), [[1 / 6, 1 / 3, 1 / 2]])
    shares = masked_softmax(torch.tensor([[0.0, size, size]], dtype=torch.float64))
    np.testing.assert_allclose(shares, [[1 / 3] * 3 if size == 0 else [0, 1 / 2, 1 / 2] if size > 0 else [1, 0, 0]])


def test_a_masked_key_weighs_nothing_however_bad_the_others_are():
    scores, mask = torch.tensor([[-1e12, -1e30, 0.0]], dtype=torch.float64), torch.tensor([True, True, False])
    assert masked_softmax(scores, mask).tolist() == [[1, 0, 0]]


@each_kind
def test_no_keys_no_queries_and_one_key(kind):
    module, x = layer(kind, 4, torch.float64, 2), torch.ones(3, 4, dtype=torch.float64)
    for mask in (None, torch.ones(3, 0, dtype=torch.bool)):
        output, weights = module(x, x[:0], x[:0], mask)
        assert output.shape == (3, 4) and weights.shape[-2:] == (3, 0) and output.isfinite().all()
    assert module(x[:0], x, x)[0].shape == (0, 4)
    np.testing.assert_array_equal(array(module(x, x[:1], x[:1])[1]), np.ones_like(array(module(x, x[:1], x[:1])[1])))


def test_split_heads_keeps_tokens_together():
    x = torch.arange(24.0).reshape(2, 3, 4)
    assert split_heads(x, 2).shape == (2, 2, 3, 2)
    for h in range(2):
        assert torch.equal(split_heads(x, 2)[:, h], x[..., 2 * h:2 * h + 2])


# ---- modules ------------------------------------------------------------------------------------------------------

def test_dropout_acts_in_training_only_and_on_the_sum_alone():
    """Weights are shown as they were before dropout; a value that tells its key shows which of them were left out."""
    torch.manual_seed(0)
    module, x = MultiHeadAttention(6, 1, dropout=0.5).double(), torch.randn(8, 6, 6, dtype=torch.float64)
    with torch.no_grad():
        for matrix in (module.W_v, module.W_o):
            matrix.weight.copy_(torch.eye(6))
            matrix.bias.zero_()
    output, weights = module.train()(x, x, torch.eye(6, dtype=torch.float64).expand(8, 6, 6))
    plain_output, plain = module.eval()(x, x, torch.eye(6, dtype=torch.float64).expand(8, 6, 6))
    assert torch.equal(weights, plain) and torch.allclose(plain_output, plain[:, 0])
    kept = output != 0
    np.testing.assert_allclose(array(output[kept]), array(2 * plain_output[kept]))
    assert 0.4 < kept.double().mean() < 0.6
    without = MultiHeadAttention(6, 1).double()
    without.load_state_dict(module.state_dict())
    assert torch.equal(without(x, x, x)[0], module(x, x, x)[0])


@pytest.mark.parametrize("kind", KINDS[1:])
def test_state_survives_saving(kind, tmp_path):
    module, other = layer(kind, 4, torch.float64, 2), layer(kind, 4, torch.float64, 2)
    for p in other.parameters():
        p.data += 1
    torch.save(module.state_dict(), tmp_path / "state.pt")
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    x = torch.randn(2, 3, 4, dtype=torch.float64)
    assert torch.equal(module(x, x, x)[0], other(x, x, x)[0])


# ---- pooling with a learned query ----------------------------------------------------------------------------------

@st.composite
def pooled(draw):
    """A pooling layer with a random query, sequences (..., n, d), a mask (..., n) or None."""
    batch, n, d = draw(st.sampled_from([(), (1,), (3,), (2, 3)])), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    dtype, generator = draw(st.sampled_from([torch.float32, torch.float64])), torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    module = AttentionPooling(d).to(dtype)
    query, x = tensors(generator, dtype, (1, d), (*batch, n, d))
    module.query.data = query
    shape = draw(st.sampled_from([None, (n,), (*batch, n)]))
    return module, x, None if shape is None else torch.rand(shape, generator=generator) < draw(st.sampled_from([0.2, 0.6, 1.0]))


@few
@given(pooled())
def test_pooling_is_the_reference_with_one_query(case):
    module, x, mask = case
    output, weights = module(x, mask)
    d = x.shape[-1]
    wanted = core.attend(d ** 0.5 * array(module.query), array(x), array(x), None if mask is None else array(mask)[..., None, :])
    assert output.dtype == weights.dtype == x.dtype and output.shape == (*x.shape[:-2], d) and weights.shape == x.shape[:-1]
    for ours, reference in zip((output, weights), wanted):
        np.testing.assert_allclose(array(ours), reference[..., 0, :], **CLOSE[x.dtype])


@few
@given(pooled(), st.integers(1, 4))
def test_pooling_does_not_see_padding(case, more):
    module, x, mask = case
    mask = torch.ones(x.shape[:-1], dtype=torch.bool) if mask is None else mask.broadcast_to(x.shape[:-1])
    wide, shown = F.pad(x, (0, 0, 0, more), value=1e3), F.pad(mask, (0, more))
    output, weights = module(wide, shown)
    np.testing.assert_allclose(array(output), array(module(x, mask)[0]), **CLOSE[x.dtype])
    assert not weights[..., -more:].any() and not weights[~shown].any()
    broken = torch.where(shown.unsqueeze(-1), wide, -1e6)
    assert torch.equal(module(broken, shown)[0], output)


@few
@given(pooled())
def test_pooling_does_not_see_the_order(case):
    module, x, _ = case
    turned = module(x.flip(-2))
    np.testing.assert_allclose(array(turned[0]), array(module(x)[0]), **CLOSE[x.dtype])
    np.testing.assert_allclose(array(turned[1].flip(-1)), array(module(x)[1]), **CLOSE[x.dtype])


def test_pooling_starts_as_the_mean_and_leaves_it_along_the_spread():
    x, = tensors(torch.Generator().manual_seed(0), torch.float64, (2, 5, 3))
    module, mask = AttentionPooling(3).double(), torch.tensor([[True] * 5, [True, True, False, False, False]])
    output, weights = module(x, mask)
    np.testing.assert_allclose(array(output), np.stack([array(x)[0].mean(axis=0), array(x)[1, :2].mean(axis=0)]))
    output[0, 0].backward()
    np.testing.assert_allclose(array(module.query.grad)[0], np.cov(array(x)[0].T, bias=True)[0])


@few
@given(pooled())
def test_gradients_of_pooling_are_right_and_finite_without_a_place(case):
    module, x, mask = case
    module, x = module.double(), x.double().requires_grad_()

    def pool(query, x):
        return torch.func.functional_call(module, {"query": query}, (x, mask))
    assert torch.autograd.gradcheck(pool, (module.query.detach().requires_grad_(), x))
    output, weights = module(x, torch.zeros(x.shape[-2], dtype=torch.bool))
    (output.sum() + weights.sum()).backward()
    assert not output.any() and not weights.any() and not x.grad.any() and not module.query.grad.any()


@pytest.mark.parametrize("wrong, message", [
    (lambda x: (x.numpy(),), "^x: expected a tensor of shape .*, got a ndarray"),
    (lambda x: (x[0, 0],), r"^x: expected shape \(\.\.\., n, 4\), got \(4,\)"),
    (lambda x: (x[..., :2],), r"^x: expected shape \(\.\.\., n, 4\), got \(2, 3, 2\)"),
    (lambda x: (x.float(),), "^x: expected dtype torch.float64, got torch.float32"),
    (lambda x: (x, torch.ones(2, 3)), "^mask: expected a tensor of booleans .*, got dtype torch.float32"),
    (lambda x: (x, np.ones((2, 3), bool)), "^mask: .*, got a ndarray"),
    (lambda x: (x, True), "^mask: .*, got a bool"),
    (lambda x: (x, torch.ones(2, 1, 3, dtype=torch.bool)), r"^mask: expected shape \(2, 3\), where an axis may be 1, got \(2, 1, 3\)"),
    (lambda x: (x, torch.ones(2, 5, dtype=torch.bool)), r"^mask: expected shape \(2, 3\), where an axis may be 1, got \(2, 5\)")])
def test_pooling_names_a_wrong_argument(wrong, message):
    with pytest.raises(ValueError, match=message):
        AttentionPooling(4).double()(*wrong(GOOD))


# ---- errors -------------------------------------------------------------------------------------------------------

GOOD = torch.zeros(2, 3, 4, dtype=torch.float64)
OTHER = GOOD[:1].expand(3, 3, 4)
ONES = torch.ones(3, 3, dtype=torch.bool)
BIGGER = r"^mask: expected shape (\(3, 3\) or )?\(2, 3, 3\)( or \(2, 2, 3, 3\))?, where an axis may be 1, got "
WRONG = [({"q": GOOD[..., :3]}, "^[qk]: expected shape .*, got"),
         ({"k": GOOD[..., :3]}, "^k: expected shape .*, got"),
         ({"v": GOOD[:, :2]}, r"^v: expected shape \(\.\.\., n, .\) with n = 3, got \(2, 2, 4\)"),
         ({"q": GOOD[0, 0]}, r"^q: expected shape .*, got \(4,\)"),
         ({"k": GOOD.float()}, "^k: expected dtype torch.float64, got torch.float32"),
         ({"q": GOOD.long()}, "^q: expected numbers of floating point, got dtype torch.int64"),
         ({"v": GOOD.numpy()}, "^v: expected a tensor of shape .*, got a ndarray"),
         ({"k": OTHER, "v": OTHER}, r"^q, k, v: expected batch axes that broadcast, got q \(2,\), k \(3,\), v \(3,\)"),
         ({"mask": torch.ones(3, 3)}, "^mask: expected a tensor of booleans .*, got dtype torch.float32"),
         ({"mask": torch.ones(3, 3, dtype=torch.int64)}, "^mask: .*, got dtype torch.int64"),
         ({"mask": True}, "^mask: .*, got a bool"),
         ({"mask": np.ones((3, 3), bool)}, "^mask: .*, got a ndarray"),
         ({"mask": ONES[:, :2]}, BIGGER + r"\(3, 2\)"),
         ({"mask": ONES.expand(5, 2, 3, 3)}, BIGGER + r"\(5, 2, 3, 3\)"),
         ({"mask": ONES.expand(2, 3, 3, 3)}, BIGGER + r"\(2, 3, 3, 3\)"),
         ({"mask": ONES[:2]}, BIGGER + r"\(2, 3\); a mask of the keys alone .*: mask\[:, None\]"),
         ({"q": GOOD[:, :1], "mask": ONES}, r"^mask: expected shape .*\(2, 1, 3\).*, got \(3, 3\)"),
         ({"k": GOOD[:, :1], "v": GOOD[:, :1], "mask": ONES}, r"^mask: expected shape .*\(2, 3, 1\).*, got \(3, 3\)")]


@each_kind
@pytest.mark.parametrize("wrong, message", WRONG, ids=[f"{'-'.join(w)}-{i}" for i, (w, _) in enumerate(WRONG)])
def test_a_wrong_argument_is_named(kind, wrong, message):
    with pytest.raises(ValueError, match=message):
        layer(kind, 4, torch.float64, 2)(**{"q": GOOD, "k": GOOD, "v": GOOD, "mask": None, **wrong})


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="^num_heads: expected a divisor of the width 5, got 2"):
        MultiHeadAttention(5, 2)


def test_integers_are_no_scores():
    with pytest.raises(ValueError, match="^scores: expected numbers of floating point, got dtype torch.int64"):
        masked_softmax(torch.zeros(2, 2, dtype=torch.int64))
