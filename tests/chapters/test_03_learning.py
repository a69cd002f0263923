"""03_learning: the tables by hand, in fractions; the printed loop and its explanation; `fit` against a loop that clips;
the ten neurons against PyTorch, and their expected error against new examples."""
import inspect
import json
import re
from fractions import Fraction

import book
import numpy as np
import pytest
import torch

from attnlib import check, train

CELLS = json.loads((book.NOTEBOOKS / "03_learning.ipynb").read_text(encoding="utf-8"))["cells"]
PROSE = "\n".join("".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown")
X, Y = [-2, -1, 0, 1, 2], [1, 1, 3, 7, 8]


def row(name):
    """The numbers of a table's row that begins with this name, as fractions."""
    line = next(x for x in PROSE.splitlines() if x.startswith(f"| {name} |"))
    return [Fraction(x.replace("−", "-")) for x in re.findall(r"[−\d/]+", line.split("|", 2)[2])]


def slopes(w, b):
    errors = [w * x + b - y for x, y in zip(X, Y)]
    return 2 * sum(e * x for e, x in zip(errors, X)) / Fraction(5), 2 * sum(errors) / Fraction(5)


def test_the_first_table_is_right():
    errors = [-y for y in Y]
    assert row("sensor $x$") == [*X, 0] and row("wanted $y$") == [*Y, 4] and row("error $e$") == [*errors, -4]
    assert row("$e^2$") == [*(e**2 for e in errors), Fraction(124, 5)]
    assert row("$e\\,x$") == [*(e * x for e, x in zip(errors, X)), -4]


def test_the_three_steps_are_right():
    w = b = Fraction(0)
    for step in range(4):
        loss = sum((w * x + b - y) ** 2 for x, y in zip(X, Y)) / Fraction(5)
        assert row(str(step)) == [w, b, loss, *slopes(w, b)], step
        w, b = (p - slope / 8 for p, slope in zip((w, b), slopes(w, b)))


@pytest.mark.parametrize("rate", ["1/50", "1/8", "1/4", "1/2", "13/25"])
def test_the_factors_of_the_rates_are_what_one_step_does(rate):
    slope_w, slope_b = slopes(Fraction(3), Fraction(5))              # one away from the best (2, 4)
    assert row(rate)[:2] == [1 - Fraction(rate) * slope_w, 1 - Fraction(rate) * slope_b]


def test_each_line_of_the_loop_is_explained():
    loop = inspect.getsource(train.fit).partition("losses = []")[2]
    table = PROSE.partition("| line | what it does |")[2].partition("\n\n")[0]
    explained = [name for line in table.splitlines() if "`" in line for name in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(explained) >= 9 and all(name in loop for name in explained), explained
    for line in loop.strip().splitlines():
        assert any(name in line for name in [*explained, "return losses"]), line


@pytest.mark.parametrize("seed", range(3))
def test_fit_is_the_loop_of_the_chapter_also_where_it_clips(seed):
    torch.manual_seed(seed)
    wanted, norms = 100 * torch.randn(4, dtype=torch.float64), []
    models = [torch.nn.Embedding(1, 4, dtype=torch.float64) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    losses = train.fit(models[0], lambda step: ((models[0].weight[0] - wanted) ** 2).mean(), 20, 0.1)
    optimiser = torch.optim.Adam(models[1].parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 20)
    for step in range(20):
        loss = ((models[1].weight[0] - wanted) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(models[1].parameters(), 1.0))
        optimiser.step()
        schedule.step()
        assert losses[step] == loss.item()
    assert min(norms) > 1 and torch.equal(models[0].weight, models[1].weight) and not models[0].training


def test_the_threshold_of_the_first_exercise_is_where_steps_stop_shrinking():
    x, y, threshold = 10 * np.array(X), np.array(Y), check.find("03.1")["answer"]
    for rate, shrinks in ((0.99 * threshold, True), (1.01 * threshold, False)):
        w, b = 0.0, 0.0
        for _ in range(2000):
            error = w * x + b - y
            w, b = w - rate * 2 * np.mean(error * x), b - rate * 2 * np.mean(error)
        assert (abs(w - 0.2) < 0.2) == shrinks


def three_kinds_of_data():
    names = {"np": np}
    for cell in CELLS:
        source = "".join(cell["source"])
        if source.startswith(("def draw(", "rates = 2.0", "def error_on", "def once")):
            exec(source, names)
    return names


def test_each_column_is_a_neuron_that_pytorch_trains_too():
    taught = three_kinds_of_data()
    seen, wanted = taught["draw"](np.random.default_rng(1), np.ones((20, 1)), 25, 1)
    found = taught["trained"]((seen, wanted))
    for column in (0, 4, 8):
        w = torch.zeros(20, 1, dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.SGD([w], lr=float(taught["rates"][column]))
        for _ in range(100):
            optimiser.zero_grad()
            ((torch.tensor(seen) @ w - torch.tensor(wanted)) ** 2).mean().backward()
            optimiser.step()
        np.testing.assert_allclose(found[:, [column]], w.detach(), rtol=1e-6, atol=1e-9)


def test_the_expected_error_is_that_on_many_new_examples():
    taught, kept = three_kinds_of_data(), {}
    taught["trained"] = lambda data, trained=taught["trained"]: kept.setdefault("w", trained(data))
    taught["draw"] = lambda rng, truth, *more, draw=taught["draw"]: draw(rng, kept.setdefault("truth", truth), *more)
    expected = taught["once"](5)["new"][:9]
    new = taught["error_on"](taught["draw"](np.random.default_rng(6), kept["truth"], 100_000, 1), kept["w"])[:9]
    np.testing.assert_allclose(new, expected, rtol=0.03)
    assert np.ptp(expected) > 0.1


def test_above_the_threshold_the_first_step_helps_and_the_others_do_not():
    def losses(rate, steps=8):
        w = b = Fraction(0)
        for _ in range(steps):
            yield sum((w * x + b - y) ** 2 for x, y in zip(X, Y)) / Fraction(5)
            w, b = (p - rate * slope for p, slope in zip((w, b), slopes(w, b)))
    changes = np.diff([float(loss) for loss in losses(Fraction(13, 25))])
    assert changes[0] < 0 and (changes[1:] > 0).all()
    changes = np.diff([float(loss) for loss in losses(Fraction(1, 2))])
    assert changes[0] < 0 and (changes[1:] == 0).all()


def test_with_a_constant_rate_the_walk_never_comes_to_rest():
    """Sixteen times the steps leave it as far from the best line; with a falling rate they bring it nearer."""
    names = {"np": np}
    for cell in CELLS:
        source = "".join(cell["source"])
        if source.startswith(("rng = np.random.default_rng(0)", "best = np.polyfit")):
            exec(source, names)

    def far(rates):
        return np.hypot(*(names["noisy_walks"](rates) - names["best"][:, None])).mean()

    def cosine(steps):
        return (1 + np.cos(np.pi * np.arange(steps) / steps)) / 16
    assert far(np.full(6400, 1 / 8)) > 0.85 * far(np.full(400, 1 / 8)) and far(cosine(6400)) < 0.6 * far(cosine(400))
