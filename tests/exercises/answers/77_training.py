"""Right answers to 77 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def one_by_one(losses, tokens):
    """Every token's loss by itself."""
    return np.repeat(losses, tokens).mean()


def kept_by_slices(validation, patience):
    """The first look whose next `patience` looks are none below it, or else the best."""
    validation = np.asarray(validation)
    best = [i for i in range(len(validation)) if (validation[:i] > validation[i]).all()]
    for i in best:
        after = validation[i + 1:i + 1 + patience]
        if len(after) == patience and (after >= validation[i]).all():
            return i
    return best[-1]


def kept_by_a_count(validation, patience):
    best, since = 0, 0
    for i in range(1, len(validation)):
        best, since = (i, 0) if validation[i] < validation[best] else (best, since + 1)
        if since == patience:
            break
    return best


ANSWERS = {
    "77.1": (["ln(50257)", "log(50257)", 10.825], [10.8249 * 2, 50257, 2.303, 7.0]),
    "77.2": (
        [one_by_one, lambda losses, tokens: np.average(losses, weights=tokens)],
        [lambda losses, tokens: np.median(losses), lambda losses, tokens: losses.sum(),
         lambda losses, tokens: (losses * tokens).sum() / len(losses) ** 2,
         lambda losses, tokens: (losses * tokens**2).sum() / (tokens**2).sum()],
    ),
    "77.3": (
        [kept_by_slices, kept_by_a_count],
        [lambda validation, patience: len(validation) - 1, lambda validation, patience: kept_by_slices(validation, patience + 1),
         lambda validation, patience: float(np.min(validation)), lambda validation, patience: patience],
    ),
    "77.4": (["8+8", 16.0, "64/8+8"], [2, 4, 128, 24]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "77.5": ["shuffled", "labels", 2, "mixed"],
    "77.6": ["both", 3, "queries", "init"],
    "77.7": ["post", 1, "norm", "sum"],
}
