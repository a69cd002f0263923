"""What 32 says of a forgotten mask: large scores make the layer good and hide the bug; with smaller ones it is worse, and the bug shows."""
import common
import torch

from attnlib import train


def test_with_its_scores_made_smaller_the_better_layer_is_worse_and_shows_the_missing_mask():
    chapter = common.taught("32", "LookUp", "error", "padded", "price_lists", "price_loss")
    train.reproducible(0)
    model = chapter.LookUp()
    train.fit(model, lambda step: chapter.price_loss(model, step), steps=300, rate=0.1)
    torch.manual_seed(100)
    lists = chapter.price_lists(500, 5)
    wide = chapter.padded(lists, 512)

    before = chapter.error(model, False, *lists)
    assert chapter.error(model, True, *wide) < 2 * before
    with torch.no_grad():
        model.attention.W.weight.mul_(0.4)
    after = chapter.error(model, False, *lists)
    assert after > 5 * before and chapter.error(model, True, *wide) > 4 * after
