"""77 by other routes: the loop against fit, a look-up by hand, the tests of its table on other models, `diagnose` on made curves."""
import math

import common
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("mlxtend")

CHAPTER = common.taught("77", "rows", "lookups", "Stack", "Reader", "Recurrent", "train", "batches", "judged", "glorot", "deep", "reader",
                        "first_bad", "unmoved", "evenness", "Writer", "sees_the_future", "diagnose", "rises", "Checkpointed", "Held")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)


@pytest.mark.parametrize("ramp, rate", [(5, 0.01), (1, 0.03)])
def test_the_loop_is_fit(ramp, rate):
    from attnlib.train import fit
    data, losses = CHAPTER.rows("valid"), []
    for loop in (CHAPTER.train, fit):
        model = CHAPTER.reader("GRU", "rows", 3)
        with torch.no_grad():                                  # slopes long enough to be cut
            model.out.weight.mul_(20)
        losses.append(loop(model, CHAPTER.batches(model, data, 1), 12, rate, ramp))
    assert list(losses[0][0]) == losses[1]
    assert (np.diff(losses[0][1]) > 0).all()


def test_a_look_up_by_hand():
    from attnlib.tasks.pictures import digits
    x, y = CHAPTER.lookups("test", 200, 5)
    images, labels = digits("test", 7)
    known = {image.tobytes(): set(labels[(images == image).all((1, 2))]) for image in images}
    for places, answer in zip(x.numpy(), y.tolist()):
        tags, asked = places[:4, 49:53].argmax(1), places[4, 49:53].argmax()
        (at,) = np.nonzero(tags == asked)[0]
        assert sorted(tags) == [0, 1, 2, 3] and (places[4, :49] == 0).all() and places[4, 53] == 1 and (places[:4, 53] == 0).all()
        assert answer in known[places[at, :49].tobytes()]


def test_no_row_and_no_list_of_one_split_is_in_another():
    rows = {split: {x.numpy().tobytes() for x in CHAPTER.rows(split)[0]} for split in ("train", "valid", "test")}
    assert not rows["train"] & rows["valid"] and not rows["train"] & rows["test"] and not rows["valid"] & rows["test"]
    lists = {split: {x[0, :49].numpy().tobytes() for x in CHAPTER.lookups(split, 300, 1)[0]} for split in ("train", "test")}
    assert not lists["train"] & lists["test"]


def test_a_model_that_moves_does_and_one_that_is_frozen_in_part_is_named():
    data, model = CHAPTER.rows("valid"), CHAPTER.reader("attention", "rows", 0)
    assert CHAPTER.unmoved(model, model, CHAPTER.batches(model, data)) == []
    model.enter.requires_grad_(False)
    assert CHAPTER.unmoved(model, model, CHAPTER.batches(model, data)) == ["enter.weight", "enter.bias"]
    other = CHAPTER.reader("attention", "rows", 1)
    assert len(CHAPTER.unmoved(other, model, CHAPTER.batches(model, data))) == len(list(model.parameters()))


def test_the_first_module_that_is_not_finite_is_found_with_its_examples():
    x = CHAPTER.rows("valid")[0][:5]
    model = CHAPTER.reader("attention", "rows", 0)
    assert CHAPTER.first_bad(model, x) is None
    bad = x.clone()
    bad[3, 0, 0] = math.nan
    assert CHAPTER.first_bad(model, bad) == ("enter", [3])
    with torch.no_grad():
        model.body.layers[0].network.narrow.bias[0] = math.inf
    assert CHAPTER.first_bad(model, x) == ("body.layers.0.network.narrow", [0, 1, 2, 3, 4])
    assert not any(m._forward_hooks for m in model.modules())


def test_evenness_of_even_and_of_sharp_weights():
    assert CHAPTER.evenness(torch.full((2, 3, 7), 1 / 7)).item() == pytest.approx(1)
    assert CHAPTER.evenness(torch.eye(5)).item() == 0
    assert CHAPTER.evenness(torch.tensor([[0.5, 0.5, 0, 0]])).item() == pytest.approx(0.5)


def test_a_mask_that_hides_too_little_is_seen():
    from attnlib.core import causal_mask
    mask = torch.as_tensor(causal_mask(14))
    symbols = torch.randint(10, (4, 14))
    assert not CHAPTER.sees_the_future(CHAPTER.Writer(mask), symbols)
    loose = mask.clone()
    loose[12, 13] = True
    assert CHAPTER.sees_the_future(CHAPTER.Writer(loose), symbols)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_checkpoints_change_no_slope_and_hold_less(pre_norm):
    slopes, most = [], []
    for kind in (CHAPTER.Stack, CHAPTER.Checkpointed):
        torch.manual_seed(0)
        body, x = kind(16, 6, pre_norm), torch.randn(2, 40, 16)
        with CHAPTER.Held() as held:
            body(x).square().sum().backward()
        slopes.append([p.grad for p in body.parameters()])
        most.append(held.most)
    assert all(map(torch.equal, *slopes)) and most[1] < most[0] / 2


def test_held_counts_what_is_alive_and_lets_go():
    with CHAPTER.Held() as held:
        a = torch.ones(1000)
        b = a + 1
        assert held.now == 16000
        del b
        assert held.now == 8000
        a.view(10, 100).add_(1)
        assert held.now == 8000 and held.most == 16000


STEPS = np.arange(200)
NOISE = np.random.default_rng(0).normal(0, 0.05, 200)
FALLING = 0.5 + 1.8 * np.exp(-STEPS / 30) + NOISE


@pytest.mark.parametrize("line, losses, more", [
    ("-", FALLING, {}), ("-", FALLING, {"classes": 10}), ("-", FALLING, {"validation": FALLING[::10] + 0.1}),
    ("a", FALLING + 6 * np.exp(-STEPS / 5), {"classes": 10}),
    ("b", np.where(STEPS < 90, FALLING, np.nan), {}), ("b", np.where(STEPS < 90, FALLING, np.inf), {}),
    ("b", FALLING, {"validation": [2.0, 1.9, np.nan, 1.0, 1.0, 1.0]}),
    ("c", 2.3 + NOISE, {"classes": 10}), ("c", np.full(200, 2.3), {}), ("c", 2.3 + NOISE + 0.3 * np.exp(-STEPS / 9), {"classes": 10}),
    ("e", 2.3 + 5 * np.exp(-(STEPS - 100) ** 2 / 900) + NOISE, {}), ("e", 2.3 * 1.02 ** STEPS, {"classes": 10}),
    ("g", FALLING, {"validation": 1 + (np.arange(20) - 6) ** 2 / 100}),
    ("h", FALLING, {"least": 1.2}), ("h", FALLING, {"least": math.log(10), "classes": 10})])
def test_diagnose_names_the_line(line, losses, more):
    said = CHAPTER.diagnose(losses, **more)
    assert said.startswith({"-": "none of the lines", "c": "c or d:"}.get(line, f"{line}:")), said
    assert "Test" in said


@pytest.mark.parametrize("more", [{}, {"classes": 10}, {"validation": list(FALLING[::10])}, {"least": 0.1}])
def test_diagnose_reads_lists_tensors_and_frames(more):
    import pandas as pd
    said = {CHAPTER.diagnose(kind(FALLING), **more) for kind in (list, tuple, torch.tensor, pd.Series, np.array)}
    said.add(CHAPTER.diagnose(torch.tensor(FALLING, requires_grad=True), **more))
    assert len(said) == 1


def test_diagnose_says_whether_it_still_falls():
    assert "end is level" in CHAPTER.diagnose(FALLING) and "still falls" in CHAPTER.diagnose(np.linspace(3, 1, 100))
    assert "still falls" in CHAPTER.diagnose(2.3 - 0.07 * STEPS / 200 + NOISE / 10, classes=10)


HEALTHY = {
    "one spike": np.where(STEPS == 100, 6, FALLING), "late fall": 2.3 - 1.8 / (1 + np.exp((150 - STEPS) / 8)) + NOISE,
    "to zero": 2.3 * np.exp(-STEPS / 20), "lucky first batch": np.concatenate([[1.0], FALLING]),
    "batches of one": np.abs(2 * np.exp(-STEPS / 50) + np.random.default_rng(1).exponential(0.8, 200)),
    "just below ln 2": 0.66 + 0.1 * np.exp(-STEPS / 30) + NOISE / 5, "fine-tuning": 0.12 + 0.05 * np.exp(-STEPS / 60) + NOISE / 5,
    "long": 0.9 + 1.4 * np.exp(-np.arange(10000) / 1500) + np.random.default_rng(2).normal(0, 0.1, 10000)}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_is_not_called_a_failing_one(name):
    losses = HEALTHY[name]
    validation = losses[::len(losses) // 20] + np.random.default_rng(3).normal(0, 0.02, len(losses[::len(losses) // 20]))
    for more in ({}, {"classes": 2 if "ln 2" in name else 10}, {"validation": np.abs(validation)}):
        assert CHAPTER.diagnose(losses, **more).startswith("none of the lines"), (name, more)


def test_jumping_validation_losses_are_no_rise_and_a_slow_rise_is_one():
    for seed in range(30):
        flat = 0.6 + 1.5 * np.exp(-np.arange(20) / 4) + np.random.default_rng(seed).normal(0, 0.08, 20)
        assert not CHAPTER.rises(flat)
    assert CHAPTER.rises(np.linspace(2, 3, 20)) and not CHAPTER.rises(np.linspace(3, 2, 20))


@pytest.mark.parametrize("losses, more, told", [
    ([0.0] * 50, {"classes": 10}, "c or d: it does not fall"), ([math.log(10)] * 50, {"classes": 10}, "c or d: it stands at ln K"),
    ([1e308] * 30, {}, "b: not finite from step 0"), (FALLING, {"classes": 10.0, "least": np.float32(0.1)}, "none of the lines"),
    (FALLING, {"classes": np.int64(10), "least": np.int64(0)}, "none of the lines"),
    (FALLING, {"least": 5.0}, "h: below the least possible")])
def test_odd_numbers_get_a_verdict_that_means_something(losses, more, told):
    assert CHAPTER.diagnose(losses, **more).startswith(told)


def test_losses_that_carry_slopes_are_read_without_a_warning(recwarn):
    said = CHAPTER.diagnose([torch.tensor(loss, requires_grad=True) for loss in FALLING])
    assert said.startswith("none of the lines") and not recwarn


@pytest.mark.parametrize("losses, more, told", [
    ("losses", {}, "losses: expected a list of numbers"), (None, {}, "losses: expected a list of numbers"), (3.0, {}, "losses: expected a"),
    ([None] * 30, {}, "losses: expected a list of numbers"), ([[1.0, 2.0]] * 30, {}, "losses: expected a list of numbers"),
    ([], {}, "losses: expected at least 20 losses in a row, got 0"), ([2.0] * 19, {}, "losses: expected at least 20"),
    ([-1.0] * 30, {}, "losses: expected losses such as cross-entropies"), ({"loss": 1}, {}, "losses: expected a list of numbers"),
    ("2" * 30, {}, "losses: expected a list of numbers"), (b"2" * 30, {}, "losses: expected a list of numbers"),
    (dict.fromkeys(range(30)), {}, "losses: expected a list of numbers"), ({1.5, 2.5}, {}, "losses: expected a list of numbers"),
    (FALLING, {"validation": [1.0]}, "validation: expected at least 5"), (FALLING, {"validation": "x"}, "validation: expected a list"),
    *[(FALLING, {"classes": value}, "classes: expected a whole number from 2 on") for value in (1, 0, -3, 2.5, "ten", True, [10])],
    *[(FALLING, {"least": value}, "least: expected a loss, 0 or more") for value in (-1, math.nan, math.inf, "2", None, [0])]])
def test_what_is_no_list_of_losses_gets_a_sentence(losses, more, told):
    assert CHAPTER.diagnose(losses, **more).startswith(told)


def test_the_table_holds_what_the_chapter_says():
    import csv

    from attnlib.data import data_path
    with open(data_path("77", "runs.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for task in ("rows", "lookups"):
        for kind in ("attention", "GRU", "linear"):
            for n in {r["examples"] for r in rows if r["run"] == "data" and r["task"] == task}:
                tried = {float(r["rate"]): float(r["error"]) for r in rows
                         if (r["run"], r["task"], r["model"], r["examples"]) == ("rates", task, kind, n)}
                best = min(tried, key=tried.get)
                used = {float(r["rate"]) for r in rows if (r["run"], r["task"], r["model"], r["examples"]) == ("data", task, kind, n)}
                assert len(used) == 1 and tried[used.pop()] == tried[best]
                assert best not in (min(tried), max(tried)) or len(tried) > 7, (task, kind, n)


def test_the_ramp_holds_the_first_thirty_steps_back():
    data, late = CHAPTER.rows("train"), {}
    for ramp in (20, 0):
        model = CHAPTER.reader("attention", "rows", 0)
        late[ramp] = CHAPTER.train(model, CHAPTER.batches(model, data), 120, 0.01, ramp=ramp)[0][25:35].mean()
    assert late[20] > 2.1 and late[0] < 2.0


def test_with_as_many_steps_the_large_batch_is_ahead():
    data, test, errors = CHAPTER.rows("train"), CHAPTER.rows("test"), {}
    for size, rate in ((32, 0.02), (128, 0.04)):
        model = CHAPTER.reader("attention", "rows", 0)
        CHAPTER.train(model, CHAPTER.batches(model, data, 0, size), 240, rate)
        errors[size] = CHAPTER.judged(model, test)[1]
    np.testing.assert_allclose((errors[32], errors[128]), (0.15, 0.09), atol=0.02)
    assert errors[128] < errors[32] - 0.03
