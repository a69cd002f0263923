"""72_efficient_attention: tiles against a loop over pairs, tiles that are skipped, what the comparison refuses, the delta rule by hand."""
import time

import common
import numpy as np
import pytest
import torch

from attnlib.train import fit, reproducible

CHAPTER = common.taught("72", "tiled", "tiled_attention", "key_blocks", "count", "compare", "fold", "START", "linear_steps", "linear_table",
                        "Method", "delta_steps", "delta_at_once", "block_sparse", "dilated", "pairs_of", "PAIRS", "random_features",
                        "delta_chunks", "in_tiles", "Tiled", "backward_tiles", "performer", "relative", "delta_written", "phi",
                        "Reader", "answer_loss", "accuracy")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


def by_pairs(q, k, v, back, ahead):
    """Attention over the allowed pairs, query by query, in whole sums."""
    output = np.zeros((len(q), v.shape[1]))
    for i in range(len(q)):
        seen = [j for j in range(len(k)) if i - back <= j <= i + ahead]
        if seen:
            amounts = np.exp([q[i] @ k[j] / len(q[i]) ** 0.5 for j in seen])
            output[i] = amounts @ v[seen] / amounts.sum()
    return output


@pytest.mark.parametrize("m, n", [(1, 1), (9, 9), (12, 5), (5, 12)])
@pytest.mark.parametrize("back, ahead", [(np.inf, np.inf), (np.inf, 0), (2, 1), (0, 0), (0, np.inf)])
@pytest.mark.parametrize("block", [1, 4, 100])
def test_tiles_give_what_the_pairs_give(m, n, back, ahead, block):
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((m, 3)), rng.standard_normal((n, 3)), rng.standard_normal((n, 2))
    wanted = by_pairs(q, k, v, back, ahead)
    np.testing.assert_allclose(CHAPTER.tiled(q, k, v, block, back, ahead)[0], wanted, atol=1e-12)
    np.testing.assert_allclose(CHAPTER.tiled_attention(*map(torch.tensor, (q, k, v)), block, back, ahead), wanted, atol=1e-12)


@pytest.mark.parametrize("back, ahead", [(np.inf, np.inf), (np.inf, 0), (3, 2), (0, 0), (7, np.inf)])
@pytest.mark.parametrize("n, block", [(12, 4), (13, 4), (5, 1), (6, 8)])
def test_a_tile_is_computed_if_and_only_if_it_holds_an_allowed_pair(n, block, back, ahead):
    for a in range(0, n, block):
        held = {j // block * block for i in range(a, min(a + block, n)) for j in range(n) if i - back <= j <= i + ahead}
        assert set(CHAPTER.key_blocks(a, n, block, back, ahead)) == held


def test_a_nan_in_a_tile_that_is_skipped_does_not_matter():
    q, k, v = torch.randn(3, 8, 2)
    k[4:], v[4:] = torch.nan, torch.nan
    output = CHAPTER.tiled_attention(q, k, v, 4, np.inf, 0)
    assert output[:4].isfinite().all() and output[4:].isnan().all()


def test_the_state_of_a_huge_score_after_a_tiny_one():
    state = CHAPTER.fold(CHAPTER.START, np.array([[-1e9]]), np.array([[1.0]]))
    top, total, gathered = CHAPTER.fold(state, np.array([[1e9]]), np.array([[5.0]]))
    assert (top, total, gathered) == (1e9, 1, 5)


@pytest.mark.parametrize("given, said", [
    ((0, 4), "whole numbers from 1"), ((4.0, 4), "whole numbers"), ((20000, 4), "16384"), ((True, 4), "whole numbers"),
    (3, "three arrays"), ("qkv", "three arrays"), (["a", "b", "c"], "arrays of numbers"), ([[1], [2], [3]], "one shape"),
    ((np.ones((2, 2)),) * 2 + (np.ones((3, 2)),), "expected"), ([torch.ones(2, 2, requires_grad=True)] * 3, "arrays of numbers"),
    ((np.ones((0, 2)),) * 3, "n from 1"), ((4, 2000), "1024"), (np.float64(3), "three arrays"),
    ((np.ones((2, 2)) * 1j,) * 3, "arrays of numbers"),
    ([[["1", "2"]]] * 3, "arrays of numbers"), ([np.full((4, 2), 1e200)] * 3, "overflows"),
    ((np.full((2, 2), np.nan),) * 3, "nan"), (None, "three arrays")])
def test_the_comparison_refuses_in_a_sentence(given, said):
    answer = CHAPTER.compare(given)
    assert isinstance(answer, str) and said in answer


@pytest.mark.parametrize("options, said", [({"window": -1}, "window"), ({"window": 2.5}, "window"), ({"dtype": "int64"}, "dtype")])
def test_the_comparison_refuses_options(options, said):
    assert said in CHAPTER.compare((4, 4), **options)


def test_the_comparison_answers_for_one_token_and_for_tensors_of_float32():
    assert list(CHAPTER.compare((1, 1))["error"])[:2] == ["< 1e-6", "< 1e-6"]
    q, k, v = torch.randn(3, 20, 4)
    found = CHAPTER.compare((q.float(), k.float(), v.float()), 50, "float32")
    assert found.loc["tiled", "error"] == "< 1e-6" and found.loc["window", "error"] == "< 1e-6"


def test_the_comparison_takes_one_stacked_array_and_sizes_from_an_array():
    given = torch.randn(3, 20, 4)
    assert CHAPTER.compare(given).equals(CHAPTER.compare(list(given.numpy())))
    assert CHAPTER.compare(np.array([20, 4])).equals(CHAPTER.compare((20, 4)))


def test_a_method_that_overflows_is_not_called_nearly_right():
    found = CHAPTER.compare(torch.full((3, 20, 4), 1e30), dtype="float32")
    assert found.loc["tiled", "error"] == "nan"


def test_the_gradient_of_a_gradient_is_refused():
    q, k, v = (torch.randn(5, 2, requires_grad=True) for _ in range(3))
    (first,) = torch.autograd.grad(CHAPTER.tiled_attention(q, k, v, 2).square().sum(), q, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


@pytest.mark.parametrize("m, n, block, back, ahead", [(5, 3, 2, 1, 0), (7, 7, 3, np.inf, 0), (6, 2, 4, 0, 0), (9, 4, 4, 2, np.inf)])
def test_the_backward_pass_in_tiles_where_some_rows_see_nothing(m, n, block, back, ahead):
    q, k, v = (torch.randn(2, *s, requires_grad=True) for s in ((m, 3), (n, 3), (n, 2)))
    assert torch.autograd.gradcheck(lambda *x: CHAPTER.tiled_attention(*x, block, back, ahead), (q, k, v))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_tiles_keep_the_dtype(dtype):
    q, k, v = (x.to(dtype).requires_grad_() for x in torch.randn(3, 9, 4))
    output = CHAPTER.tiled_attention(q, k, v, 4)
    output.sum().backward()
    assert output.dtype == q.grad.dtype == v.grad.dtype == dtype


def test_scores_of_a_million_in_tiles():
    q, k, v = torch.randn(3, 30, 4)
    wanted = (1e6 * q @ k.mT / 2).softmax(dim=-1) @ v
    np.testing.assert_allclose(CHAPTER.tiled_attention(1e6 * q, k, v, 7), wanted, atol=1e-8)


def test_the_delta_rule_in_chunks_that_do_not_divide_the_text():
    q, k, v = torch.randn(3, 29, 5)
    k, beta = k / k.norm(dim=-1, keepdim=True), torch.rand(29)
    np.testing.assert_allclose(CHAPTER.delta_chunks(q, k, v, beta, 8), CHAPTER.delta_steps(q, k, v, beta), atol=1e-12)


def test_both_forms_of_the_recurrent_ones_agree_on_one_token_and_on_many():
    for n in (1, 2, 33):
        q, k, v = torch.randn(3, n, 5)
        np.testing.assert_allclose(CHAPTER.linear_steps(q, k, v), CHAPTER.linear_table(q, k, v), atol=1e-12)
        k = k / k.norm(dim=-1, keepdim=True)
        beta = torch.rand(n)
        np.testing.assert_allclose(CHAPTER.delta_steps(q, k, v, beta), CHAPTER.delta_at_once(q, k, v, beta), atol=1e-12)


def test_the_delta_rule_reads_back_orthogonal_keys_exactly_and_the_newest_value():
    k, v = torch.eye(4)[[0, 1, 2, 0]], torch.arange(4.0)[:, None] + 1
    read = CHAPTER.delta_steps(k, k, v, torch.ones(4))
    np.testing.assert_allclose(read[:, 0], [1, 2, 3, 4])
    np.testing.assert_allclose(CHAPTER.delta_steps(torch.eye(4)[[0] * 4], k, v, torch.ones(4))[-1, 0], 4)


def test_a_dilated_window_of_step_one_is_a_window():
    q, k, v = torch.randn(3, 30, 4)
    np.testing.assert_allclose(CHAPTER.dilated(q, k, v, 3, 1), CHAPTER.tiled_attention(q, k, v, 8, 3, 3), atol=1e-12)


def test_the_asked_key_is_among_the_pairs_once_and_its_value_is_the_answer():
    keys, values, asked, answer = CHAPTER.pairs_of(200, torch.Generator().manual_seed(3))
    hit = keys == asked[:, None]
    assert (hit.sum(dim=1) == 1).all() and (values[hit] == answer).all() and keys.shape[1] == CHAPTER.PAIRS
    assert len(hit.nonzero()[:, 1].unique()) > CHAPTER.PAIRS / 2


def test_random_features_are_right_on_average():
    q, k = torch.full((1, 3), 0.2), torch.full((1, 3), -0.1)
    W = torch.randn(200000, 3, generator=torch.Generator().manual_seed(0))
    found = CHAPTER.random_features(q, W) @ CHAPTER.random_features(k, W).mT
    assert abs(found.item() / np.exp((q * k).sum().item()) - 1) < 0.01


# ---- reasons that the text gives, with the cause taken away ---------------------------------------------------------

def folded_by_autograd(q, k, v, block):
    """The tiles without a backward pass of their own."""
    rows = []
    for a in range(0, len(q), block):
        top, total, gathered = -torch.inf, 0, 0
        for b in range(0, len(k), block):
            scores = q[a:a + block] @ k[b:b + block].T / q.shape[-1] ** 0.5
            new = torch.maximum(torch.as_tensor(top), scores.amax(dim=-1, keepdim=True)).detach()
            amounts, shrink = (scores - new).exp(), torch.exp(top - new)
            top, total = new, total * shrink + amounts.sum(dim=-1, keepdim=True)
            gathered = gathered * shrink + amounts @ v[b:b + block]
        rows.append(gathered / total)
    return torch.cat(rows)


def test_autograd_would_keep_the_whole_table_of_the_tiles():
    def kept(attention, n):
        free, seen = [torch.randn(n, 4, requires_grad=True) for _ in range(3)], {}

        def pack(x):
            seen[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes() // 8
            return x
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
            output = attention(*free, 32)
        np.testing.assert_allclose(output.detach(), CHAPTER.tiled_attention(*free, 32).detach(), atol=1e-12)
        return sum(seen.values())
    assert kept(folded_by_autograd, 256) > 256 ** 2 and kept(CHAPTER.tiled_attention, 256) < 256 ** 2 / 8
    assert kept(CHAPTER.tiled_attention, 512) < 2.1 * kept(CHAPTER.tiled_attention, 256)


def test_a_gradient_of_the_gradient_misses_the_way_through_the_logs():
    def second(attention):
        torch.manual_seed(1)
        q, k, v = (torch.randn(5, 3, requires_grad=True) for _ in range(3))
        (first,) = torch.autograd.grad(attention(q, k, v).square().sum(), q, create_graph=True)
        return torch.cat(torch.autograd.grad(first.square().sum(), (q, k, v)))

    def version(logs_again, in_place):
        class Twice(torch.autograd.Function):
            forward = staticmethod(CHAPTER.Tiled.forward)

            @staticmethod
            def backward(ctx, g):
                q, k, v, output, logs = ctx.saved_tensors
                scores = q @ k.mT / q.shape[-1] ** 0.5
                if logs_again:
                    logs = scores.logsumexp(dim=-1, keepdim=True)
                if in_place:
                    return *CHAPTER.backward_tiles(g, q, k, v, output, logs, *ctx.cut), None, None, None
                weights = (scores - logs).exp()
                g_scores = weights * (g @ v.mT - (g * output).sum(dim=-1, keepdim=True)) / q.shape[-1] ** 0.5
                return g_scores @ k, g_scores.mT @ q, weights.mT @ g, None, None, None
        return lambda *x: Twice.apply(*x, 2, np.inf, np.inf)
    wanted = second(lambda q, k, v: (q @ k.mT / 3 ** 0.5).softmax(dim=-1) @ v)
    for in_place in (True, False):
        np.testing.assert_allclose(second(version(True, in_place)), wanted, atol=1e-10)
        assert (second(version(False, in_place)) - wanted).abs().max() > 1


def test_eight_heads_in_a_call_pay_for_the_calls_once():
    def seconds(heads):
        x, spent = torch.randn(3, 1, heads, 1024, 64), []
        for _ in range(3):
            start = time.process_time()
            CHAPTER.tiled_attention(*x, 64)
            spent.append(time.process_time() - start)
        return min(spent) / heads
    assert seconds(8) < 0.8 * seconds(1)


def test_the_table_of_exponentials_has_full_rank_and_that_of_features_only_theirs():
    q, k = torch.arange(8.0)[:, None] / 2, torch.linspace(-1, 1, 8)[:, None]
    assert torch.linalg.matrix_rank((q @ k.T).exp()) == 8
    assert torch.linalg.matrix_rank(CHAPTER.phi(torch.randn(8, 3)) @ CHAPTER.phi(torch.randn(8, 3)).T) == 3


def test_it_is_the_one_that_swallows_a_small_exponential():
    x = torch.tensor([[-60.0, -50.0]])
    amounts = x.exp() @ CHAPTER.phi(torch.randn(4, 2)).T
    assert CHAPTER.phi(x).sum() == 0 and (amounts / amounts.sum()).isfinite().all() and amounts.sum() > 0


def test_random_features_err_more_for_longer_keys_though_softmax_stays_as_it_is():
    q, k, v = torch.randn(3, 256, 16) * 0.5
    shift = torch.nn.functional.normalize(torch.randn(16), dim=0) * 24 ** 0.5          # adds 6 to the mean of |q + k|^2
    wanted = (q @ k.T / 4).softmax(dim=-1) @ v
    np.testing.assert_allclose((q @ (k + shift).T / 4).softmax(dim=-1) @ v, wanted, atol=1e-12)
    here, longer = (np.mean([CHAPTER.relative(CHAPTER.performer(q, keys, v, torch.randn(4096, 16)), wanted) for _ in range(5)])
                    for keys in (k, k + shift))
    assert longer > 2.5 * here


def test_what_sixteen_dimensions_lose_and_what_the_delta_rule_loses():
    def read_back(p, times=1, best=False):
        k, v = torch.nn.functional.normalize(torch.randn(20, p, 16), dim=-1), torch.randn(20, p, 16)
        if best:
            return CHAPTER.relative(k @ torch.linalg.pinv(k) @ v, v)
        again = k.repeat(1, times, 1)
        written = CHAPTER.delta_written(again, v.repeat(1, times, 1), torch.ones(20, p * times))
        return CHAPTER.relative(k @ again.mT @ written, v)
    assert abs(read_back(64, best=True) - 0.75 ** 0.5) < 0.02 and read_back(16, best=True) < 1e-6
    assert read_back(16) > 0.6 and read_back(8) > 0.4 and read_back(8, times=50) < 0.02
    k, v = torch.nn.functional.normalize(torch.randn(64, 16), dim=-1), torch.randn(64, 16)
    assert CHAPTER.relative((300 * k @ k.T).softmax(dim=-1) @ v, v) < 1e-3


def test_features_gain_by_queries_and_keys_that_are_made_for_them():
    found = {}
    for frozen in (True, False):
        reproducible(0)
        reader = CHAPTER.Reader("linear")
        if frozen:                                                     # the look-up itself is given: each key asks for itself
            reader.key.weight.data.copy_(reader.ask.weight)
            reader.ask.weight.requires_grad_(False), reader.key.weight.requires_grad_(False)
        fit(reader, CHAPTER.answer_loss(reader, 1), 300, 0.1)
        found[frozen] = CHAPTER.accuracy(reader, 20000)
    assert found[True] < 0.3 and found[False] > 0.5
