"""What 13 says of nan behind a mask in training."""
import torch


def test_nan_in_a_masked_key_ruins_the_slopes_of_the_queries_and_zeros_do_not():
    """The weights do not notice it, the slope of a query does: a slope of 0 times nan is nan."""
    for filler, fine in ((float("nan"), False), (0.0, True)):
        q, k = (torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_() for _ in range(2))
        keys = torch.where(torch.tensor([True, True, False])[:, None], k, filler)
        weights = torch.where(torch.tensor([True, True, False]), q @ keys.mT, -torch.inf).softmax(dim=-1)
        (weights ** 2).sum().backward()
        assert weights.isfinite().all() and bool(q.grad.isfinite().all()) is fine
