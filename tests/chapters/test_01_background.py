"""01: what its core says of attention without the summary, on further seeds and with the list's length told."""
import common
import numpy as np
import pytest

torch = pytest.importorskip("torch")

CHAPTER = common.taught("01", "surprise", "score", "OnlyAttention")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


class ToldTheLength(CHAPTER.OnlyAttention):
    """Its decoder's first state holds the length of the list, and nothing else of it."""

    def forward(self, source, before):
        memory, last = self.encoder(self.embed(source))
        start = torch.zeros_like(last)
        start[..., 0] = source.shape[1] / 10
        states, _ = self.decoder(self.embed(before), start)
        weights = (self.ask(states) @ memory.mT).softmax(dim=-1)
        return self.out(torch.cat([states, weights @ memory], dim=-1)), weights


def lists_of_ten(make, task, seed):
    from attnlib.train import fit, reproducible
    reproducible(seed)
    model, rng = make("RNN", True), np.random.default_rng(seed)
    fit(model, lambda step: CHAPTER.surprise(model, task, rng), 500, 0.01)
    return CHAPTER.score(model, task, 10, "test")[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_copying_needs_no_summary(seed):
    assert lists_of_ten(CHAPTER.OnlyAttention, "copy", seed) > 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_the_length_alone_does_not_replace_the_summary_in_reverse(seed):
    assert 0.3 < lists_of_ten(CHAPTER.OnlyAttention, "reverse", seed) < 0.5
    assert 0.4 < lists_of_ten(ToldTheLength, "reverse", seed) < 0.6
