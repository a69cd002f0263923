"""A test that asks PyTorch for float64 leaves the next one as it found it, whichever worker runs them."""
import sys

import pytest


@pytest.fixture(autouse=True)
def default_dtype():
    before = sys.modules["torch"].get_default_dtype() if "torch" in sys.modules else None
    yield
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.set_default_dtype(before or torch.float32)
