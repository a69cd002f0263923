"""What only 78 needs tested: its rates are those of a count, its attacks read what was planted and nothing where nothing is, its private
step keeps its bound and is opacus', noise matches the formula, and the reader's cells refuse in words."""
import math

import common
import numpy as np
import pytest
import torch

from attnlib import train


@pytest.fixture(scope="module")
def chapter():
    before = torch.get_default_dtype()
    train.reproducible(0)
    yield common.taught("78", "SENTENCES", "encode", "part", "Reader", "train_reader", "halves", "rates", "area", "caught",
                        "likelihood_ratio", "read_map", "map_of", "gradient", "used_rows",
                        "read_gradient", "RowReader", "Plain", "pictures", "read_picture",
                        "each_gradient", "clipped_sum", "train_private", "noise_for", "delta_of", "federated", "right_side", "loss_of",
                        "name_loss", "wrong_sentence", "same_gradient", "my_budget")
    torch.set_default_dtype(before)


def test_no_sentence_and_no_review_lies_in_two_splits(chapter):
    rows = chapter.SENTENCES
    assert not rows["text"].duplicated().any()
    assert (rows.assign(review=rows["number"].str.split("_").str[0]).groupby("review")["split"].nunique() == 1).all()
    assert rows["split"].value_counts().to_dict() == {"pool": 600, "test": 409, "valid": 161}


def test_rates_are_those_of_a_count(chapter):
    rng = np.random.default_rng(0)
    score, member = rng.normal(size=50), rng.random(50) < 0.4
    pairs = [(a > b) for a in score[member] for b in score[~member]]
    assert math.isclose(chapter.area(score, member), np.mean(pairs))
    lines = [t for t in score if (score[~member] >= t).mean() <= 0.1]
    assert math.isclose(chapter.caught(score, member, 0.1), max((score[member] >= t).mean() for t in lines))


def test_each_sentence_is_in_half_of_the_models(chapter):
    inside = chapter.halves(6)
    assert (inside.sum(axis=0) == 3).all() and (inside.sum(axis=1) == 300).all()


def test_the_ratio_finds_planted_members_and_nothing_in_noise(chapter):
    rng, inside = np.random.default_rng(0), chapter.halves(8)
    base = 5 * rng.normal(size=600)
    noise = base + rng.normal(size=inside.shape)
    planted = noise + 2 * inside
    assert chapter.area(chapter.likelihood_ratio(planted, inside, 0), inside[0]) > 0.85 > chapter.area(planted[0], inside[0])
    assert 0.4 < chapter.area(chapter.likelihood_ratio(noise, inside, 0), inside[0]) < 0.6


def test_a_sentence_is_read_off_its_map_and_its_gradient(chapter):
    torch.manual_seed(3)
    model, (ids, good) = chapter.Reader(), chapter.part("pool")
    for i in (5, 77, 300):
        words = ids[i][ids[i] > 0]
        with torch.no_grad():
            assert torch.equal(chapter.read_map(chapter.map_of(model, ids[i]), model), words)
        sent = chapter.gradient(model, chapter.loss_of, ids[i:i + 1], good[i:i + 1])
        assert chapter.read_gradient(sent) == words.tolist() and chapter.used_rows(sent["words.weight"]) == sorted(set(words.tolist()))


def test_words_that_occur_twice_are_placed(chapter):
    model = chapter.Reader()
    ids = torch.tensor([[9, 4, 9, 4, 7, 9, 2] + [0] * 7])
    assert chapter.read_gradient(chapter.gradient(model, chapter.loss_of, ids, torch.ones(1))) == ids[0, :7].tolist()


def test_a_picture_is_read_off_its_gradient_whatever_the_label(chapter):
    torch.manual_seed(0)
    model = chapter.RowReader()
    x = torch.rand(1, 7, 7)
    for label in (0, 9):
        sent = chapter.gradient(model, chapter.name_loss, x, torch.tensor([label]))
        torch.testing.assert_close(chapter.read_picture(sent), x[0], atol=1e-8, rtol=0)
        assert sent["out.bias"].argmin() == label
    guess, _ = chapter.same_gradient(model, sent, torch.tensor([9]), 0)
    torch.testing.assert_close(guess, x[0], atol=0.05, rtol=0)


def test_no_record_moves_the_sum_by_more_than_the_bound(chapter):
    torch.manual_seed(0)
    model, (x, y) = chapter.RowReader(), [t[:6] for t in chapter.pictures("train")]
    x = x.clone()
    x[0] *= 1000
    each = chapter.each_gradient(model, chapter.name_loss, x, y)
    alone = chapter.gradient(model, chapter.name_loss, x[2:3], y[2:3])
    for name, g in each.items():
        torch.testing.assert_close(g[2], alone[name])
    whole, without = chapter.clipped_sum(each, 0.3), chapter.clipped_sum({k: g[1:] for k, g in each.items()}, 0.3)
    moved = torch.stack([(whole[k] - without[k]).norm() for k in whole]).norm()
    assert 0.29 < moved < 0.3 + 1e-9
    open_ = chapter.clipped_sum(each, 1e9)
    torch.testing.assert_close(open_["out.bias"], each["out.bias"].sum(dim=0))


def test_training_without_noise_is_gradient_descent_and_noise_is_reproducible(chapter):
    x, y = [t[:40] for t in chapter.pictures("train")]

    def trained(noise, most, seed=0):
        torch.manual_seed(0)
        return chapter.train_private(chapter.Plain(), chapter.name_loss, x, y, 3, 1.0, 0.1, most, noise, seed)

    torch.manual_seed(0)
    model = chapter.Plain()
    optimiser = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for _ in range(3):
        optimiser.zero_grad()
        chapter.name_loss(model(x), y).backward()
        optimiser.step()
    for a, b in zip(model.parameters(), trained(0.0, 1e9).parameters()):
        torch.testing.assert_close(a, b)
    first, again, other = (trained(1.0, 1.0, s).out.weight for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_account_of_full_batches_is_the_formula(chapter):
    for epsilon, steps in ((1.0, 1), (4.0, 20)):
        noise = chapter.noise_for(epsilon, 1e-4, 1.0, steps)
        assert chapter.delta_of(epsilon, noise, steps) <= 1e-4 * 1.01 and chapter.delta_of(epsilon - 0.05, noise, steps) > 1e-4
    assert chapter.noise_for(1.0, 1e-4, 0.25, 20) < chapter.noise_for(1.0, 1e-4, 1.0, 20)


def test_one_client_is_plain_training_and_the_average_is_one(chapter):
    ids, good = (t[:20] for t in chapter.part("pool"))

    def run(clients):
        torch.manual_seed(0)
        return chapter.federated(clients, chapter.Reader(), chapter.loss_of, 1, 2, 0.01).out.weight
    first, second, both = run([(ids[:10], good[:10])]), run([(ids[10:], good[10:])]), run([(ids[:10], good[:10]), (ids[10:], good[10:])])
    torch.testing.assert_close((first + second) / 2, both)


@pytest.mark.parametrize("text, side, told", [("", "good", "expected a sentence"), (None, "bad", "expected a sentence"),
                                              ("the phone is great", "fine", 'expected "good" or "bad"'), ("?!", "bad", "a sentence"),
                                              ("xyzzy plugh foo", "bad", "of yours none"), ("phone xyzzy", "good", "of yours 1"),
                                              (["the phone"], "good", "expected a sentence"), ("手机很好", "good", "expected a sentence"),
                                              ("the phone is great " * 10, "good", "at most 14 words, got 40"),
                                              ("the phone is great", ["good"], 'expected "good" or "bad"')])
def test_input_that_is_no_sentence_is_answered_in_words(chapter, text, side, told):
    assert told in chapter.wrong_sentence(text, side)


def test_a_sentence_of_the_pool_is_refused_and_another_is_not(chapter):
    first = chapter.SENTENCES["text"].iloc[0]
    assert "not in the pool already" in chapter.wrong_sentence(first, "bad")
    assert chapter.wrong_sentence("The screen broke after one week and the shop was rude.", "bad") is None


@pytest.mark.parametrize("epsilon, network, told", [(math.nan, "attention", "from 0.5 to 8"), (True, "attention", "from 0.5 to 8"),
                                                    ([3], "attention", "from 0.5 to 8"), (3, ["attention"], "network: expected")])
def test_a_budget_that_is_none_is_answered_in_words(chapter, epsilon, network, told):
    assert told in chapter.my_budget(epsilon, network)


# ---- reasons that the text gives, with the cause taken away ---------------------------------------------------------

def test_with_relu_some_starts_of_the_search_arrive_and_some_do_not(chapter):
    class Kinked(chapter.RowReader):
        def forward(self, x):
            x = self.rows(x) + self.places(torch.arange(7).expand(len(x), 7))
            return self.out(torch.relu(x + self.attention(x, x, x)[0]).flatten(1))
    x, y = chapter.pictures("test")
    misses = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        fresh = Kinked()
        sent = chapter.gradient(fresh, chapter.name_loss, x[500:501], y[500:501])
        misses += [(chapter.same_gradient(fresh, sent, y[500:501], start)[0] - x[500]).abs().max().item() for start in range(3)]
    assert min(misses) < 0.01 and max(misses) > 0.1


def test_opacus_refuses_pytorchs_layer_with_one_matrix_and_with_three():
    from opacus.layers import DPMultiheadAttention
    from opacus.validators import ModuleValidator
    for layer in (torch.nn.MultiheadAttention(16, 2), torch.nn.MultiheadAttention(16, 2, kdim=8, vdim=8)):
        assert ModuleValidator.validate(torch.nn.Sequential(layer))
    assert not ModuleValidator.validate(torch.nn.Sequential(DPMultiheadAttention(16, 2)))


@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_the_small_number_in_the_length_is_all_that_parts_our_step_from_opacus(chapter):
    import copy

    from opacus import GradSampleModule
    from opacus.optimizers import DPOptimizer
    torch.manual_seed(0)
    mine, (x, y) = chapter.RowReader(), [t[:8] for t in chapter.pictures("train")]
    theirs, gaps = GradSampleModule(copy.deepcopy(mine)), {}
    optimiser = DPOptimizer(torch.optim.SGD(theirs.parameters(), lr=1.0), noise_multiplier=2.0, max_grad_norm=1.0, expected_batch_size=8,
                            generator=torch.Generator().manual_seed(5))
    chapter.name_loss(theirs(x), y).backward()
    optimiser.step()
    each = chapter.each_gradient(mine, chapter.name_loss, x, y)
    lengths = sum(g.flatten(1).square().sum(dim=1) for g in each.values()).sqrt()
    for more in (0, 1e-6):
        factors, noise, gaps[more] = (1 / (lengths + more)).clamp(max=1), torch.Generator().manual_seed(5), 0
        for (name, p), other in zip(mine.named_parameters(), theirs.parameters()):
            total = torch.tensordot(factors, each[name], dims=1) + 2 * torch.randn(p.shape, generator=noise)
            gaps[more] = max(gaps[more], (p - total / 8 - other).abs().max().item())
    assert gaps[1e-6] < 1e-12 < 1e-9 < gaps[0]
