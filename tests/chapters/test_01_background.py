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


class LastStateHidden(CHAPTER.OnlyAttention):
    """While it is tested, the last state, the summary, is hidden from all symbols but the last."""

    def forward(self, source, before):
        if self.training:
            return super().forward(source, before)
        memory, _ = self.encoder(self.embed(source))
        states, _ = self.decoder(self.embed(before))
        scores = self.ask(states) @ memory.mT
        scores[:, :source.shape[1] - 1, -1] = -torch.inf
        weights = scores.softmax(dim=-1)
        return self.out(torch.cat([states, weights @ memory], dim=-1)), weights


def lists_of_ten(make, task, seed):
    from attnlib.train import fit, reproducible
    reproducible(seed)
    model, rng = make("RNN", True), np.random.default_rng(seed)
    fit(model, lambda step: CHAPTER.surprise(model, task, rng), 500, 0.01)
    return CHAPTER.score(model.eval(), task, 10, "test")[1]


@pytest.mark.parametrize("seed, make", [(1, CHAPTER.OnlyAttention), (2, CHAPTER.OnlyAttention), (1, LastStateHidden), (2, LastStateHidden)])
def test_copying_needs_no_summary(seed, make):
    assert lists_of_ten(make, "copy", seed) > 0.9


def test_sign_and_exponent_carry_four_more_symbols():
    """21 symbols of three bits in the 64 bits of one float64, all of them finite."""
    special = 0x7FF << 52                                      # from here on: infinite, or no number
    for row in np.random.default_rng(0).integers(0, 8, size=(1000, 21)).tolist():
        code = int("".join(map(str, row)), 8)
        bits = code if code < special else (1 << 63) + code - special
        number = np.array([bits], dtype=np.uint64).view(np.float64)
        assert np.isfinite(number).all()
        back = int(number.view(np.uint64)[0])
        back = back if back < special else back - (1 << 63) + special
        assert [int(digit) for digit in f"{back:021o}"] == row


@pytest.mark.parametrize("seed", [0, 1])
def test_the_length_alone_does_not_replace_the_summary_in_reverse(seed):
    assert 0.3 < lists_of_ten(CHAPTER.OnlyAttention, "reverse", seed) < 0.5
    assert 0.4 < lists_of_ten(ToldTheLength, "reverse", seed) < 0.6
