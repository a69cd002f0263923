"""What every small training of the book shares: one thread, float64, Adam with a rate that falls along half a cosine to zero.

Sources: Adam, Kingma and Ba (2015), algorithm 1; cosine decay, Loshchilov and Hutter (2017), eq. (5) with one period.
"""
import math

import torch
from tqdm import tqdm


def reproducible(seed):
    """One thread, float64 from now on, and PyTorch's random numbers from `seed`; call it before a model is built."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)


def fit(model, batch_loss, steps, rate, warmup=0):
    """Minimise `batch_loss(step)`, a scalar tensor, over the model's parameters; return the losses as floats.

    Through the first `warmup` steps the rate is also multiplied by a ramp from 0 to 1.  The gradient's norm is clipped at 1.
    A progress bar is shown, so the notebook's cell is tagged `nbval-ignore-output` and prints nothing else.
    """
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    if warmup:
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / warmup, 1) * (1 + math.cos(math.pi * step / steps)) / 2)
    losses = []
    model.train()
    for step in tqdm(range(steps), leave=False):
        loss = batch_loss(step)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    model.eval()
    return losses


def parameters(model):
    """Number of trainable numbers in a model."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
