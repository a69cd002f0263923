"""Exercises of 52_object_detection."""
import numpy as np
from scipy.optimize import linear_sum_assignment

from attnlib.check import choice, function, mistake, number

number("52.1", 2 / 7,
       "The overlap is 4 * 4 = 16 pixels, and both cover 36 + 36 - 16 = 56 together: 16/56 = 2/7. A third of the side in both directions,\n"
       "and the claim counts as wrong at 0.5.",
       [(4 / 9, "That is the overlap over one box. Divide by the area that either covers."),
        (2 / 9, "You divided by both areas added up, which counts the overlap twice."),
        (1 / 2, "That is the shift to the right alone. It moves down as well: the overlap is 4 by 4."),
        (4 / 7, "Twice too much: the overlap counts once above the line."),
        (16, "That is the overlap in pixels. Divide by the area that either box covers.")],
       first="How wide and how high is the part that both cover? And how much do they cover together?")


def draw_boxes(rng):
    low = rng.integers(0, 9, size=(2, 2))
    size = rng.integers(2, 8, size=(2, 2))
    return tuple(np.concatenate([low, size], axis=1).astype(float))


@function("52.2", draw_boxes)
def giou(a, b):
    """The overlap over the union, less the share of the enclosing box that neither covers: it goes on falling where boxes part."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    shared = np.prod(np.maximum(high - low, 0))
    union = np.prod(a[2:]) + np.prod(b[2:]) - shared
    outer = np.prod(np.maximum(a[:2] + a[2:], b[:2] + b[2:]) - np.minimum(a[:2], b[:2]))
    return shared / union - (outer - union) / outer


def parts(a, b, floor=0.0, far=None):
    """Overlap, union and enclosing area of two boxes, with the mistakes that people make."""
    end = (lambda x: x[2:]) if far else (lambda x: x[:2] + x[2:])
    shared = np.prod(np.maximum(np.minimum(end(a), end(b)) - np.maximum(a[:2], b[:2]), floor))
    union = np.prod(a[2:]) + np.prod(b[2:]) - shared
    return shared, union, np.prod(np.maximum(end(a), end(b)) - np.minimum(a[:2], b[:2]))


@mistake("52.2", "That is the plain IoU. Take off the share of the enclosing box that neither covers.")
def _(a, b):
    shared, union, _ = parts(a, b)
    return shared / union


@mistake("52.2", "Where the boxes do not meet, a negative width times a negative height makes an overlap. Cut both at zero first.")
def _(a, b):
    shared, union, outer = parts(a, b, -np.inf)
    return shared / union - (outer - union) / outer


@mistake("52.2", "The empty part is divided by the enclosing box, not by the union.")
def _(a, b):
    shared, union, outer = parts(a, b)
    return shared / union - (outer - union) / union


@mistake("52.2", "You added the empty part. It is a penalty: take it off.")
def _(a, b):
    shared, union, outer = parts(a, b)
    return shared / union + (outer - union) / outer


@mistake("52.2", "You took off the share of the enclosing box that is covered. The empty share is the rest.")
def _(a, b):
    shared, union, outer = parts(a, b)
    return shared / union - union / outer


@mistake("52.2", "The overlap is counted twice in your union: take it off once.")
def _(a, b):
    shared, union, outer = parts(a, b)
    union += shared
    return shared / union - (outer - union) / outer


@mistake("52.2", "The last two numbers of a box are its width and height, not its right and lower edge.")
def _(a, b):
    shared, _, outer = parts(a, b, far=True)
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
    return shared / union - (outer - union) / outer


@mistake("52.2", "The first two numbers of a box are its left and top edge here, not its centre as in the chapter's iou.")
def _(a, b):
    a, b = (np.concatenate([x[:2] - x[2:] / 2, x[2:]]) for x in (a, b))
    shared, union, outer = parts(a, b)
    return shared / union - (outer - union) / outer


def draw_cost(rng):
    slots, boxes = int(rng.integers(4, 7)), int(rng.integers(2, 4))
    return (np.round(rng.random((slots, boxes)) * rng.permutation([1.0, 3.0] * 3)[:slots, None], 4),)


@function("52.3", draw_cost)
def slot_of(cost):
    """SciPy gives slots in rising order, each with its box; sorted by box they answer the question."""
    slots, boxes = linear_sum_assignment(cost)
    return slots[np.argsort(boxes)]


@mistake("52.3", "That is the colleague's line: two boxes may get the same slot. A slot can be given away once.")
def _(cost):
    return cost.argmin(axis=0)


@mistake("52.3", "SciPy's first array is sorted by slot, so its entries do not stand in the order of the boxes. Sort them by the second.")
def _(cost):
    return linear_sum_assignment(cost)[0]


@mistake("52.3", "That is the box of each chosen slot. The slot of each box was asked for.")
def _(cost):
    return linear_sum_assignment(cost)[1]


@mistake("52.3", "You went box by box and took the cheapest slot left. An earlier box can take what a later one needs more.")
def _(cost):
    cost, chosen = cost.copy(), []
    for j in range(cost.shape[1]):
        chosen.append(int(cost[:, j].argmin()))
        cost[chosen[-1]] = np.inf
    return np.array(chosen)


@mistake("52.3", "That is the dearest pairing. The least total was asked for.")
def _(cost):
    slots, boxes = linear_sum_assignment(cost, maximize=True)
    return slots[np.argsort(boxes)]


@mistake("52.3", "You took the cheapest pair of the whole table first, and so on. The pairs must be chosen together.")
def _(cost):
    cost, chosen = cost.copy(), np.zeros(cost.shape[1], int)
    for _ in range(cost.shape[1]):
        i, j = np.unravel_index(cost.argmin(), cost.shape)
        chosen[j] = i
        cost[i], cost[:, j] = np.inf, np.inf
    return chosen


number("52.4", (51 + 50 * 2 / 3) / 101,
       "Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1. The 51 levels from 0 to 0.50 get the best precision still to come, 1;\n"
       "the other 50 get 2/3: (51 + 100/3)/101 = 253/303.",
       [(5 / 6, "That is the area under the steps. COCO takes 101 levels, and the level 0.50 itself is reached by the first claim."),
        (2 / 3, "That is the precision at the end of the list. Average over the levels of recall."),
        (13 / 18, "That is the mean of the three precisions. The mean is over levels of recall."),
        ((6 + 5 * 2 / 3) / 11, "That is the mean over 11 levels, as an older contest had it. COCO takes 101."),
        ((51 + 50 / 2) / 101, "After the second claim precision is 1/2, but a better one is still to come: 2/3."),
        ((50 + 51 * 2 / 3) / 101, "From 0 to 0.50 there are 51 levels, since both ends count."),
        (1, "Both boxes are found, but a wrong claim stands before the second.")],
       first="Write precision and recall after each claim, then ask each level of recall for the best precision still to come.")

choice("52.5", "a",
       "Without the code each cell is a bag of features with no place. A look is a weighted average of the cells; neither scores nor\n"
       "average know an order: the same cells in another order give the same answers, boxes included.",
       [("b", "The box is read off the same average as the class. If nothing in it says where a cell is, the box cannot follow."),
        ("c", "That is what the code is for: with it, features from another place would carry another code."),
        ("d", "The weights still add up to one, and the average is of the same vectors.")])
