"""14: what its extras say of trainings that are too long for a page."""
import common
import pandas as pd
import pytest

from attnlib.data import data_path

torch = pytest.importorskip("torch")
CHAPTER = common.taught("14", "people", "Person", "Attention", "chosen", "tested", "ceiling")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


class ColourBlind(CHAPTER.Person):
    """raw + network, whose scores do not see the colours."""

    def weights(self, x):
        seen = x[..., :16]
        return (self.factor * seen @ seen.mT / 20**0.5).softmax(dim=-1)


def right(make, steps):
    from attnlib import train
    train.reproducible(0)
    random, model = torch.Generator().manual_seed(0), make("raw + network")

    def batch_loss(step):
        x, colour = CHAPTER.people(64, random)
        return torch.nn.functional.cross_entropy(model(x).flatten(0, 1), colour.flatten())

    train.fit(model, batch_loss, steps, 0.03)
    x, colour = CHAPTER.people(2000, torch.Generator().manual_seed(100))
    return (model(x).argmax(dim=-1) == colour).to(torch.float64).mean().item(), CHAPTER.ceiling(x, colour)


def test_what_raw_and_a_network_gain_by_more_steps_comes_from_the_colours():
    seeing, ceiling = right(CHAPTER.Person, 3000)
    assert 0.6 < seeing < ceiling
    assert right(ColourBlind, 3000)[0] < 0.53


@pytest.mark.parametrize("low, high, trained, held", [(0.05, 1, 18, 16), (10, 1000, 5, 0)])
def test_without_the_value_in_the_key_most_seeds_hold_and_those_with_exchanged_roles_do_not(low, high, trained, held):
    rows = pd.read_csv(data_path("14", "runs.csv"))
    rows = rows[(rows.model == "Attention") & (rows.steps == 400) & (rows.split == "test") & (rows.error < 0.05)]
    seeds = rows[(low < rows.leak) & (rows.leak < high)]
    found = []
    for seed in seeds.seed:
        model = CHAPTER.chosen(CHAPTER.Attention, seed, seeds.rate.iloc[0])
        with torch.no_grad():
            model.W[1, 2] = 0
        found.append(max(CHAPTER.tested(model)[:2]) < 0.01)
    assert (len(found), sum(found)) == (trained, held)
