"""The counts of 71_cost by other routes: matrices of ones, a loop over kernels' shapes, known chains; what is no size is refused."""
import functools
from pathlib import Path

import common
import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

CHAPTER = common.taught("71", "operations", "share", "parts", "attention", "layer", "counted", "tally", "kept", "exponent", "crossing",
                        "milliseconds", "my_cost", "softmax_in", "even", "fused", "MATRICES", "BYTES", "Tally")
SIZES = [(32, 64), (96, 128), (7, 192)]


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)


def tokens(n, d, batch=1, **how):
    return torch.randn(batch, n, d, **how)


@pytest.mark.parametrize("kind", CHAPTER.MATRICES)
@pytest.mark.parametrize("n, d", SIZES)
def test_operations_are_those_that_the_counter_sees_for_each_text(kind, n, d):
    f = CHAPTER.layer(kind, d)
    for batch in (1, 3):
        x = tokens(n, d, batch)
        assert CHAPTER.counted(functools.partial(f, x)) == batch * CHAPTER.operations(kind, n, d)


@pytest.mark.parametrize("n, d", SIZES)
def test_the_parts_make_up_the_whole(n, d):
    heads = d // 64
    parts = CHAPTER.parts(n, d, heads)
    products = parts["operations"][["four projections", "scores", "averages"]]
    assert products.sum() == CHAPTER.operations("attention", n, d)
    assert (products["scores"] + products["averages"]) / products.sum() == pytest.approx(CHAPTER.share(n, d))
    f, x = CHAPTER.layer("attention", d), tokens(n, d)
    numbers = parts["numbers moved"].sum()
    if heads == 1:                                              # one head has nothing to join
        numbers -= parts.loc["join heads", "numbers moved"]
    assert CHAPTER.tally(lambda: f(x))["bytes"].sum() == 8 * numbers


def test_the_layer_is_attention():
    """Beside PyTorch's own module."""
    W = [torch.randn(128, 128) / 12 for _ in range(4)]
    theirs, x = torch.nn.MultiheadAttention(128, 2, bias=False, batch_first=True), tokens(9, 128, 2)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([matrix.T for matrix in W[:3]]))
        theirs.out_proj.weight.copy_(W[3].T)
        torch.testing.assert_close(CHAPTER.attention(x, *W, 2), theirs(x, x, x)[0])


def test_chains_are_counted_along_what_waits():
    a, b = torch.ones(4, 4), torch.ones(4, 4)

    def side_by_side():
        return (a @ b).T, a + b

    def in_turn():
        c = a
        for _ in range(5):
            c = (c @ b).T.reshape(4, 4).T                       # views add no link
        c.add_(1)                                               # in place, it does
        return c

    assert CHAPTER.tally(side_by_side)["chain"].tolist() == [1, 1]
    found = CHAPTER.tally(in_turn)
    assert found["chain"].max() >= 6 and found["kernel"].tolist().count("mm") == 5
    assert CHAPTER.tally(side_by_side)["bytes"].tolist() == [3 * 16 * 8] * 2


def test_what_is_kept_counts_once():
    x = torch.ones(10, 10, requires_grad=True)
    assert CHAPTER.kept(lambda: x * x) == 800
    assert CHAPTER.kept(lambda: (x * x).exp()) == 1600
    assert CHAPTER.kept(lambda: x + 1) == 0


def test_an_exponent_is_found_in_its_range_alone():
    n = 2.0 ** np.arange(4, 12)
    y = pd.Series(np.where(n < 200, n, n**2), n)
    assert CHAPTER.exponent(y, 16, 128) == pytest.approx(1)
    assert CHAPTER.exponent(y, 256, 2048) == pytest.approx(2)


def test_a_crossing_is_found_where_it_was_put_or_said_to_be_below():
    n = 2.0 ** np.arange(5, 12)
    clock = pd.DataFrame({"attention": n**2, "late": 300.0 * n, "never": 1.0 * n}, n)
    assert CHAPTER.crossing(clock, "late") == pytest.approx(300)
    assert CHAPTER.crossing(clock, "never") == 0


def test_the_clock_tells_more_work_from_less():
    a = np.ones((300, 300))
    found = CHAPTER.milliseconds(lambda: a @ a, lambda: [a @ a for _ in range(8)], rounds=3)
    assert found.shape == (3, 2) and (found > 0).all()
    assert 3 < found[:, 1].min() / found[:, 0].min() < 24


@pytest.mark.parametrize("dtype", CHAPTER.BYTES)
def test_my_cost_says_what_one_run_keeps_and_counts(dtype):
    said = CHAPTER.my_cost(96, 128, 2, layers=3, batch=2, dtype=dtype)
    kind = getattr(torch, dtype)
    f, x = CHAPTER.layer("attention", 128, kind), tokens(96, 128, 2, dtype=kind, requires_grad=True)
    assert said["operations, forward"] == f"{3 * CHAPTER.counted(lambda: f(x)):,}"
    assert said["operations, training step"] == f"{3 * CHAPTER.counted(lambda: f(x).sum().backward()):,}"
    assert said["MiB kept for the backward pass"] == f"{3 * CHAPTER.kept(lambda: f(x)) / 2**20:,.2f}"


WHOLE = "expected a whole number from 1 to 10**12, got "
DTYPE = "dtype: expected one of float64, float32, bfloat16, float16, got "


@pytest.mark.parametrize("sizes, said", [
    *[({name: value}, f"{name}: {WHOLE}{value!r}") for name, value in [
        ("n", 0), ("n", -5), ("n", 2.5), ("n", float("nan")), ("n", float("inf")), ("n", "100"), ("n", None), ("n", True), ("d", []),
        ("layers", 0), ("batch", 1.0), ("n", b"3"), ("n", np.array([3, 4]))]],
    *[({name: value}, f"{name}: {WHOLE}more") for name, value in [("n", 10**12 + 1), ("n", 10**400), ("d", 10**5000)]],
    *[({"dtype": value}, f"{DTYPE}{value!r}") for value in ["int8", ["float32"], None, torch.float32, np.array(["a", "b"])]],
    ({"heads": 3}, "heads: expected a divisor of d = 64, got 3"), ({"heads": 100}, "heads: expected a divisor of d = 64, got 100")])
def test_what_is_no_size_gets_a_sentence(sizes, said):
    assert CHAPTER.my_cost(**({"n": 10, "d": 64, "heads": 2} | sizes)) == said


def test_the_largest_sizes_are_answered():
    most = 10**12
    assert CHAPTER.my_cost(most, most, most, most, most)["share of the pairs"] == "0.333"


@pytest.mark.parametrize("n, d, heads", [(50, 48, 1), (33, 60, 5), (128, 64, 8), (1, 1, 1)])
def test_my_cost_by_counting_shapes_and_what_the_graph_saved(n, d, heads):
    """Product by product and head by head; the tensors that the backward graph's nodes hold, in place of the hooks."""
    W = [torch.randn(d, d).requires_grad_() for _ in range(4)]
    nodes, seen, held = [CHAPTER.attention(tokens(n, d).requires_grad_(), *W, heads).grad_fn], set(), {}
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        for name in dir(node):
            saved = getattr(node, name) if name.startswith("_saved_") else None
            if torch.is_tensor(saved):
                held[saved.untyped_storage().data_ptr()] = saved.untyped_storage().nbytes()
        nodes += [after for after, _ in node.next_functions]
    products = 4 * [(n, d, d)] + heads * [(n, d // heads, n), (n, n, d // heads)]
    said = CHAPTER.my_cost(n, d, heads, dtype="float64")
    assert said["operations, forward"] == f"{sum(2 * a * b * c for a, b, c in products):,}"
    assert said["MiB kept for the backward pass"] == f"{sum(held.values()) / 2**20:,.2f}"


@pytest.mark.parametrize("matrices", [6, 8, 12, 16])
def test_the_lengths_are_even_where_it_is_said(matrices):
    d = 64
    n = CHAPTER.even(matrices, d)
    assert CHAPTER.operations("attention", n, d) == 2 * matrices * n * d**2
    assert CHAPTER.operations("attention", n + 1, d) > 2 * matrices * (n + 1) * d**2
    assert CHAPTER.even(2, d) == 0


def test_the_one_kernel_is_the_same_layer():
    W = [torch.randn(128, 128) / 12 for _ in range(4)]
    x = tokens(9, 128, 2)
    torch.testing.assert_close(CHAPTER.fused(x, *W, 2), CHAPTER.attention(x, *W, 2))


def test_huge_sizes_are_counted_without_rounding():
    said = CHAPTER.my_cost(10**7, 16384, 128, layers=100)
    assert said["operations, forward"] == f"{100 * (8 * 10**7 * 16384**2 + 4 * 10**14 * 16384):,}"


@pytest.mark.parametrize("dtype, last", [(torch.bfloat16, 256), (torch.float16, 2048)])
def test_the_total_stops_where_the_format_ends(dtype, last):
    assert CHAPTER.softmax_in(dtype, last).sum().item() == 1
    assert CHAPTER.softmax_in(dtype, 2 * last).sum().item() == 2


# ---- reasons that the text gives, with the cause taken away ---------------------------------------------------------

def test_one_token_takes_most_of_what_thirty_two_take():
    f = CHAPTER.layer("attention", 64, torch.float32)
    x, y = (tokens(n, 64, dtype=torch.float32) for n in (1, 32))
    with torch.no_grad():
        one, many = CHAPTER.milliseconds(lambda: f(x), lambda: f(y)).min(axis=0)
    assert one > 0.4 * many


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_asked_for_the_slope_of_its_first_state_a_recurrence_takes_three_times(kind):
    cell, x = getattr(torch.nn, kind)(16, 16, batch_first=True, bias=False), torch.randn(1, 9, 16, requires_grad=True)
    first = [torch.zeros(1, 1, 16, requires_grad=True) for _ in range(2)]
    step = CHAPTER.counted(lambda: cell(x, tuple(first) if kind == "LSTM" else first[0])[0].sum().backward())
    assert step == 3 * CHAPTER.operations(kind, 9, 16)


def test_a_step_of_a_gru_is_no_three_times_the_kernels_of_its_forward_pass():
    f, x, found = CHAPTER.layer("GRU", 64), torch.randn(1, 64, 64, requires_grad=True), []
    for job in (lambda: f(x), lambda: f(x).sum().backward()):
        with CHAPTER.Tally() as tally:
            job()
        found.append(len(tally.rows))
    assert 2 < found[1] / found[0] < 2.5


def test_bfloat16_is_slower_where_the_processor_has_no_instructions_for_it():
    about = Path("/proc/cpuinfo")
    flags = set(about.read_text(encoding="utf-8").split()) if about.exists() else set()
    if "avx2" not in flags:
        pytest.skip("asks an x86 processor under Linux")
    if flags & {"amx_bf16", "avx512_bf16", "avx_ne_convert"}:
        pytest.skip("this processor has them")
    square = torch.randn(512, 512, dtype=torch.float32)
    half = square.bfloat16()
    single, slow = CHAPTER.milliseconds(lambda: square @ square, lambda: half @ half, rounds=2).min(axis=0)
    assert slow > 3 * single
