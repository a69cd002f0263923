"""Exercises of 53_segmentation."""
import numpy as np
from scipy.optimize import linear_sum_assignment

from attnlib.check import choice, function, mistake, number

number("53.1", 3 / 7,
       "Both hold 3 pixels. Together they cover 6 + 4 - 3 = 7, since the 3 would otherwise count twice: 3/7.",
       [(3 / 6, "That is the share of the region that was found. The pixel marked outside must count too."),
        (3 / 4, "That is the share of the marked pixels that lie inside. The region's missed pixels must count too."),
        (3 / 10, "The union counts the 3 shared pixels once, not twice."),
        (6 / 10, "That is Dice, twice the intersection over the sum of both sizes."),
        (4 / 6, "That compares the sizes alone. How many pixels do both hold, and how many either?"),
        (4 / 7, "One of the 4 marked pixels lies outside. The intersection is smaller.")],
       first="How many pixels do both hold? How many does at least one of the two hold?")


def draw_layers(rng):
    n = int(rng.integers(1, 5))
    return (np.stack([rng.integers(1, 6, n), rng.integers(1, 4, n), rng.integers(1, 5, n)], axis=1),)


@function("53.2", draw_layers)
def receptive(layers):
    """A window of width k with gaps d spans (k - 1) d steps more; a step is as many pixels as the strides before it multiply to."""
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * dilation * step
        step *= stride
    return side


@mistake("53.2", "The strides are missing: after a stride of 2, one step to the side is two pixels of the picture.")
def _(layers):
    return 1 + sum((k - 1) * d for k, _, d in layers)


@mistake("53.2", "A layer's own stride moves the layers after it, not its own window. Add first, multiply then.")
def _(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        side += (kernel - 1) * dilation * step
    return side


@mistake("53.2", "The gaps are missing: a window of 3 with dilation 2 reaches 2 to each side.")
def _(layers):
    side, step = 1, 1
    for kernel, stride, _ in layers:
        side, step = side + (kernel - 1) * step, step * stride
    return side


@mistake("53.2", "A window of width k adds k - 1, not k: its middle was there already.")
def _(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side, step = side + kernel * dilation * step, step * stride
    return side


@mistake("53.2", "Begin with 1: without any layer an output sees its own pixel.")
def _(layers):
    return receptive(layers) - 1


@mistake("53.2", "That is how far it reaches to one side. The whole side of the square was asked for.")
def _(layers):
    return (receptive(layers) - 1) / 2


@mistake("53.2", "That is the number of pixels. The side of the square was asked for.")
def _(layers):
    return receptive(layers) ** 2


def draw_classes(rng):
    n, kinds = int(rng.integers(3, 12)), int(rng.integers(3, 6))
    return rng.integers(0, kinds - 1, n), rng.integers(0, kinds - 1 - rng.integers(0, 2), n), kinds


@function("53.3", draw_classes)
def mean_iou(said, truth, kinds):
    """A class that occurs in neither has 0/0, so it has no IoU and is left out of the mean; one that was said wrongly has 0."""
    found = []
    for kind in range(kinds):
        a, b = said == kind, truth == kind
        if (a | b).any():
            found.append((a & b).sum() / (a | b).sum())
    return np.mean(found)


@mistake("53.3", "A class that nobody has seen or said counts as 0 in your mean. Leave it out.")
def _(said, truth, kinds):
    return np.mean([((said == c) & (truth == c)).sum() / max(((said == c) | (truth == c)).sum(), 1) for c in range(kinds)])


@mistake("53.3", "A class that nobody has seen or said counts as 1 in your mean. That is a gift; leave it out.")
def _(said, truth, kinds):
    tables = [((said == c) & (truth == c), (said == c) | (truth == c)) for c in range(kinds)]
    return np.mean([a.sum() / o.sum() if o.any() else 1 for a, o in tables])


@mistake("53.3", "You leave out each class that is not in the truth. One that was said where it is not has an IoU of 0, and must count.")
def _(said, truth, kinds):
    return np.mean([((said == c) & (truth == c)).sum() / ((said == c) | (truth == c)).sum() for c in range(kinds) if (truth == c).any()])


@mistake("53.3", "You leave out each class that was not said. One that was missed altogether has an IoU of 0, and must count.")
def _(said, truth, kinds):
    found = [((said == c) & (truth == c)).sum() / ((said == c) | (truth == c)).sum() for c in range(kinds) if (said == c).any()]
    return np.mean(found)


@mistake("53.3", "That is the share of pixels that are right. IoU is taken class by class.")
def _(said, truth, kinds):
    return (said == truth).mean()


@mistake("53.3", "That is Dice. IoU has the union below.")
def _(said, truth, kinds):
    found = [2 * ((said == c) & (truth == c)).sum() / ((said == c).sum() + (truth == c).sum())
             for c in range(kinds) if ((said == c) | (truth == c)).any()]
    return np.mean(found)


number("53.4", 3 / 4,
       "Write i for the intersection and u for the union. The two sizes add up to u + i, so Dice = 2i/(u + i) = 2J/(1 + J).\n"
       "For J = 3/5: (6/5)/(8/5) = 6/8 = 3/4. Dice is never below IoU, so a paper's Dice cannot be set beside another's IoU.",
       [(3 / 5, "They are equal at 0 and at 1 only."),
        (3 / 8, "The 2 is missing above."),
        (3 / 7, "That is the way back: J = D/(2 - D)."),
        (6 / 5, "Divide by 1 + J, since the sizes add up to union plus intersection."),
        (3, "Below stands 1 + J, not 1 - J.")],
       first="Let the union be 5 pixels and the intersection 3. What do the two sizes add up to?")

choice("53.5", "b",
       "A row that allows no key has weights zero, and so a context of zero before the last matrix (13, 32). A softmax of -inf\n"
       "alone would be 0/0, hence the rule.",
       [("a", "A bare softmax over -inf gives that. What does `masked_softmax` do where a row allows no key?"),
        ("c", "That is what a large negative number in place of -inf would give: nothing is hidden then. The book's rule is another."),
        ("d", "Then hiding would have had no effect. True means: may attend.")])


def draw_maps(rng):
    m = int(rng.integers(1, 4))
    k, n = m + int(rng.integers(0, 3)), int(rng.integers(5, 10))
    weights = rng.exponential(size=(k, n))
    masks = np.arange(m) == rng.integers(0, m + 1, n)[:, None]
    masks[np.arange(m), np.arange(m)] = True
    weights /= weights.sum(axis=1, keepdims=True)
    if rng.random() < 0.3:
        weights[-1] = 1 / n                                              # an even map outlines nothing
    return weights, masks.T


@function("53.6", draw_maps)
def matched(weights, masks):
    """A query's mask is where its weight is above the even share; IoU of all pairs; the best assignment; its mean over the objects."""
    said = weights > 1 / weights.shape[1]
    both = (said[:, None] & masks).sum(axis=-1)
    either = (said[:, None] | masks).sum(axis=-1)
    iou = both / either
    return iou[linear_sum_assignment(iou, maximize=True)].mean()


@mistake("53.6", "Each object takes its best query, so one query may serve two. Each may be used once: hence the assignment.")
def _(weights, masks):
    said = weights > 1 / weights.shape[1]
    return ((said[:, None] & masks).sum(axis=-1) / (said[:, None] | masks).sum(axis=-1)).max(axis=0).mean()


@mistake("53.6", "`linear_sum_assignment` looks for the smallest sum. Ask for the largest: `maximize=True`.")
def _(weights, masks):
    said = weights > 1 / weights.shape[1]
    iou = (said[:, None] & masks).sum(axis=-1) / (said[:, None] | masks).sum(axis=-1)
    return iou[linear_sum_assignment(iou)].mean()


@mistake("53.6", "You divided by the number of queries. Queries without an object cost nothing; divide by the number of objects.")
def _(weights, masks):
    return matched(weights, masks) * len(masks) / len(weights)


@mistake("53.6", "You took the first query for the first object, and so on. Which query belongs to which object is to be found.")
def _(weights, masks):
    said = (weights > 1 / weights.shape[1])[:len(masks)]
    return ((said & masks).sum(axis=-1) / (said | masks).sum(axis=-1)).mean()


@mistake("53.6", "That is the sum over the objects. The mean was asked for.")
def _(weights, masks):
    return matched(weights, masks) * len(masks)


@mistake("53.6", "You matched by the weight that lies on the object, and did not make masks. Say which cells are above 1/n first.")
def _(weights, masks):
    on = weights @ masks.T
    return on[linear_sum_assignment(on, maximize=True)].mean()


@mistake("53.6", "You cut at half of the largest weight. The task cuts at the even share, 1/n.")
def _(weights, masks):
    said = weights > weights.max(axis=1, keepdims=True) / 2
    iou = (said[:, None] & masks).sum(axis=-1) / (said[:, None] | masks).sum(axis=-1)
    return iou[linear_sum_assignment(iou, maximize=True)].mean()
