"""Reasons that 13_masks gives and does not run."""
import pytest
import torch

from attnlib.pytorch import attend


@pytest.mark.parametrize("filler", [0.0, 7.0, float("nan")])
def test_a_masked_key_that_is_nan_ruins_the_slopes_of_the_queries_and_any_number_does_not(filler):
    seeded = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(3, 4, generator=seeded, dtype=torch.float64) for _ in range(3))
    k[2] = filler
    q.requires_grad_()
    output, _ = attend(q, k, v, torch.tensor([True, True, False]))
    assert output.isfinite().all()
    output.sum().backward()
    assert q.grad.isfinite().all() == (filler == filler)
