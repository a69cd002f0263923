"""The training loop that every chapter shares: seeds, threads, dtype, clipping, modes, the rate's path."""
import math

import pytest
import torch
from torch import nn

from attnlib.train import fit, parameters, reproducible


def test_reproducible_sets_the_seed_one_thread_and_float64():
    torch.set_num_threads(2)
    draws = []
    for seed in (0, 1, 0):
        reproducible(seed)
        draws.append(torch.rand(3))
    assert torch.equal(draws[0], draws[2]) and not torch.equal(draws[0], draws[1])
    assert torch.get_num_threads() == 1 and draws[0].dtype == torch.get_default_dtype() == torch.float64


class Watched(nn.Module):
    """One weight whose gradient is what we say, and a note of the mode at each step."""

    def __init__(self, gradient):
        super().__init__()
        self.weight, self.gradient, self.modes = nn.Parameter(torch.zeros(len(gradient))), torch.tensor(gradient), []

    def loss(self, step):
        self.modes.append(self.training)
        return self.weight @ self.gradient


def test_the_loop_trains_in_training_mode_and_ends_in_evaluation_mode():
    model = Watched([1.0]).eval()
    losses = fit(model, model.loss, 5, 0.1)
    assert model.modes == [True] * 5 and not model.training and len(losses) == 5 and all(isinstance(x, float) for x in losses)


def test_each_step_is_told_its_number_and_the_progress_bar_goes_when_it_is_done(monkeypatch):
    shown, steps, model = [], [], Watched([1.0])

    def bar(numbers, **how):
        shown.append(how)
        return numbers
    monkeypatch.setattr("attnlib.train.tqdm", bar)
    fit(model, lambda step: steps.append(step) or model.loss(step), 4, 0.1)
    assert steps == [0, 1, 2, 3] and shown == [{"leave": False}]


def test_the_gradient_is_clipped_at_norm_one():
    """Adam alone would not tell: it divides the length out.  The clipped gradient is left in the parameter after the last step."""
    for gradient, norm in (([30.0, 40.0], 1.0), ([0.3, 0.4], 0.5)):
        model = Watched(gradient)
        fit(model, model.loss, 3, 0.1)
        assert model.weight.grad.norm().item() == pytest.approx(norm, rel=1e-5)


def test_the_rate_falls_along_half_a_cosine_from_the_first_step():
    model, path = Watched([1.0]), []
    fit(model, lambda step: path.append(model.weight.item()) or model.loss(step), 8, 0.5)
    steps = [before - after for before, after in zip(path, path[1:])]
    assert steps == pytest.approx([0.5 * (1 + math.cos(math.pi * s / 8)) / 2 for s in range(7)], rel=1e-5)


def test_gradients_do_not_pile_up():
    model = Watched([0.25])
    fit(model, model.loss, 4, 0.1)
    assert model.weight.grad.item() == pytest.approx(0.25)


def test_only_what_is_trained_is_counted():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2, bias=False))
    assert parameters(model) == 3 * 4 + 4 + 4 * 2
    model[0].weight.requires_grad_(False)
    assert parameters(model) == 4 + 4 * 2
