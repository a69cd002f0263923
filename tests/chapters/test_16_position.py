"""The comparison of 16_position: its table is whole, its tasks ask what they say, its readers know what they are told and no more."""
import csv
import importlib
from pathlib import Path

import fair_play
import made_from
import numpy as np
import pytest
import torch

from attnlib import core, data
from attnlib.train import parameters, reproducible

script = importlib.import_module("16_position")
ROOT = Path(__file__).parents[2]


def test_the_table_is_whole():
    with open(data.data_path("16", "runs.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(script.TASKS) * len(script.ARMS) * 6
    for task in script.TASKS:
        for arm in script.ARMS:
            mine = [r for r in rows if (r["task"], r["arm"]) == (task, arm)]
            valid, test = ([r for r in mine if r["split"] == name] for name in ("valid", "test"))
            assert sorted(float(r["rate"]) for r in valid) == list(script.RATES) and [r["seed"] for r in test] == ["0", "1", "2"]
            assert {r["rate"] for r in test} == {fair_play.chosen({r["rate"]: [r] for r in valid}, script.right)}
            assert {int(r["steps"]) for r in mine} == {script.STEPS}
            assert all(r["from_16"] == "" for r in valid) and all(0 <= float(r[f"from_{i}"]) <= 1 for r in test for i in range(4, 32, 4))
            assert {int(r["parameters"]) for r in mine} == {parameters(reader(arm))}


def test_the_notebook_shows_the_script():
    """Word for word; where a docstring's lines end does not count."""
    cells, own = ({n.name: made_from.spelt(n) for n in made_from.plain(ROOT / path) if hasattr(n, "name")}
                  for path in ("notebooks/16_position.ipynb", "experiments/16_position.py"))
    for name in ("draw", "turn", "Layer", "Reader", "train", "score"):
        assert cells[name] == own[name], name


def test_the_answers_are_right():
    for task in script.TASKS:
        tokens, answers, asked = (x.numpy() for x in script.draw(task, 40, 20, seed=0))
        assert (tokens[:, 0] == 0).all() and tokens[:, 1:].min() >= 1 and tokens.max() == 9 and not asked[:, :4].any()
        assert (tokens[:, 1:] == 1).any() == (task == "nearest")
        for text, answer, is_asked in zip(tokens, answers, asked):
            for i in range(4, 20):
                before = [t for t in text[1:i] if t > 1]
                if task == "nearest":
                    assert is_asked[i] == (text[i] == 1 and bool(before))
                    wanted = before[-1] if before else None
                else:
                    assert is_asked[i]
                    wanted = text[3] if task == "place 3" else text[i - 2]
                assert not is_asked[i] or answer[i] == wanted - 2


def test_turn_is_rotate():
    reproducible(0)                                          # float64, or the angles are rounded
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8))
    np.testing.assert_allclose(script.turn(torch.tensor(x), torch.arange(5)).numpy(), core.rotate(x, np.arange(5)), rtol=1e-12)


def reader(arm):
    reproducible(0)
    return script.Reader(arm.split(",")[0], layers=2 if "2" in arm else 1)


@pytest.mark.parametrize("arm", script.ARMS)
def test_readers_do_not_see_the_future_and_know_what_they_are_told(arm):
    model = reader(arm)
    if arm == "relative":
        torch.nn.init.normal_(model.layers[0].bias)
    tokens = script.draw("place 3", 5, 12, seed=1)[0]
    later, shuffled = tokens.clone(), tokens.clone()
    later[:, 7:] = 2 + (later[:, 7:] - 1) % 8
    shuffled[:, 1:11] = tokens[:, torch.randperm(10) + 1]
    with torch.no_grad():
        scores, unmoved, moved = (model(x) for x in (tokens, later, shuffled))
    torch.testing.assert_close(unmoved[:, :7], scores[:, :7])
    assert (unmoved[:, 7:] - scores[:, 7:]).abs().max() > 0.01
    assert ((moved[:, -1] - scores[:, -1]).abs().max() < 1e-10) == (arm == "none")        # one layer knows the set, all others the order
    weights = model.layers[0].weights
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(5, 4, 12))
    assert (weights.triu(1) == 0).all()


def test_the_relative_bias_is_one_number_for_a_distance():
    model = reader("relative")
    layer, x = model.layers[0], torch.randn(1, 14, script.DIM)
    layer(x)
    plain = layer.weights.log()
    torch.nn.init.normal_(layer.bias)
    layer(x)
    for i in range(14):
        added = (layer.weights.log() - plain)[0, :, i, :i + 1]                           # the bias, up to a constant of the row
        wanted = layer.bias[:, [min(i - j, 8) for j in range(i + 1)]]
        torch.testing.assert_close(added - added[:, -1:], wanted.detach() - wanted[:, -1:].detach())


def test_without_content_the_weights_are_those_of_the_price():
    model = reader("alibi")
    layer = model.layers[0]
    for p in (*layer.W_q.parameters(), *layer.W_k.parameters()):
        torch.nn.init.zeros_(p)
    layer(torch.randn(1, 14, script.DIM))
    np.testing.assert_allclose(layer.weights[0].numpy(), core.masked_softmax(core.alibi_bias(14, 4), core.causal_mask(14)), atol=1e-12)


def test_the_trials_are_whole():
    """Five times the steps, a larger rate, six more seeds: what the chapter's reasons were tried with."""
    with open(data.data_path("16", "trials.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["task"], r["arm"], float(r["rate"]), int(r["steps"]), int(r["seed"])) for r in rows] == script.TRIALS
    assert all(0 <= float(r[f"from_{i}"]) <= 1 for r in rows for i in range(4, 32, 4))


def test_another_seed_shows_what_the_extras_say_of_one():
    """The extras draw, project, lengthen and squeeze readers of seed 0; here those of seed 1."""
    table = {(r["task"], r["arm"]): float(r["rate"]) for r in csv.DictReader(open(data.data_path("16", "runs.csv"), encoding="utf-8"))
             if r["split"] == "test"}

    def reader_of(task, arm):
        return script.train(task, arm, table[task, arm], seed=1)[0]

    def shares(model, task="two back", n=2 * script.N):
        return script.score(model, task, n, seed=2)
    sines, rope, near = reader_of("two back", "sinusoidal"), reader_of("two back", "rope"), reader_of("nearest", "rope")
    codes = core.sinusoidal_positions(2 * script.N, script.DIM)
    directions = np.linalg.svd(codes[:script.N])[2]
    for kept in (32, 12, 6):
        sines.kept = torch.tensor(directions[:kept].T @ directions[:kept])
        found = shares(sines)
        assert min(found[:3]) > 0.99 and max(found[3:]) < 0.7
    sines.kept = torch.eye(script.DIM)
    for model, low, high in ((sines, 0.05, 0.3), (rope, 0.4, 1)):
        with torch.no_grad():
            model(script.draw("two back", 200, 2 * script.N, seed=2)[0])
        back = np.diagonal(model.layers[0].weights.mean(dim=0).numpy(), offset=-2, axis1=1, axis2=2)
        head = back[:, 2:14].mean(axis=-1).argmax()
        assert back[head, 2:14].mean() > 0.5 and low < back[head, 14:].mean() < high
    rope.layers[0].step = near.layers[0].step = 0.5
    assert max(shares(rope)) < 0.25 and min(shares(near, "nearest")) > 0.9
