"""Small changes of a solution that give the same function on every valid input, each with the reason.

A key names the exercise and the change as `exercise_mutants` writes it: what stands around it, what it was, what it became.
"""
SAME_LENGTH = "Both have this length: "
ANY_NUMBER = "0 is divided by it, which is 0 for any number."
ANY_FINITE = "It is taken from minus infinity, which stays minus infinity."
LAST_AXIS = "The arrays have two axes, and the last one is the default."
ENOUGH = "More slopes than are needed are made, and cut off at the end; the last of them is never needed."
NO_MASK = "The parameter serves the bank's mistakes; the solution leaves it out."
NO_SHIFT = "Softmax does not see a shift, and the scores of this exercise stay small."
ANY_START = "The walk forgets where it began: each step keeps at most 0.9 of a difference."

CHOICE = "length_mask(lengths, n) & causal_mask(n) if mask is None else mask"
SHIFTED = "scores - scores.max(axis=-1, keepdims=True)"
TAKEN = "np.take_along_axis(relevant, best, axis=1)"

EQUIVALENT = {
    ("02.2", "np.errstate(invalid='ignore') -> np.errstate()"): "It silences a warning.",
    ("02.7", "np.maximum(t - i, 0): 0 -> -1"): "Later inputs get 0 whatever the power is.",
    ("11.2", "(q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None]: (k @ W[:, c:].T)[None] -> k @ W[:, c:].T"):
        "NumPy adds the axis in front.",
    ("14.2", "W_q.shape: W_q -> W_k"): SAME_LENGTH + "the last axes of W_q and W_k.",
    ("16.2", "np.arange(1, 2 * power + 1, 2): 2 * power + 1 -> 2 * power - 1"): ENOUGH,
    ("16.2", "np.arange(1, 2 * power + 1, 2): 2 * power + 1 -> 2 * power"): ENOUGH,
    ("16.2", "2 * power + 1: 1 -> 2"): ENOUGH,
    ("16.2", "2 * power + 1: 1 -> 0"): ENOUGH,
    ("16.2", "2 * power: 2 -> 3"): ENOUGH,
    ("16.7", "q.shape: q -> k"): SAME_LENGTH + "the places of q and of k.",
    ("16.7", f"masked_softmax(scores(q, k) - price, {CHOICE}): {CHOICE} -> length_mask(lengths, n) & causal_mask(n)"): NO_MASK,
    **{("16.7", f"{CHOICE}: mask -> {name}"): NO_MASK for name in ("q", "k", "m", "lengths", "scores")},
    ("21.5", "np.where(total == 0, 1, total): 1 -> 2"): ANY_NUMBER,
    ("22.3", "q.shape: q -> k"): SAME_LENGTH + "a head's queries and keys.",
    ("32.2", "(:, 0): 0 -> -1"): "The axis has one entry.",
    ("33.4", "np.where(top == -np.inf, 0, top): 0 -> 1"): ANY_FINITE,
    ("33.4", "np.where(top == -np.inf, 0, top): 0 -> -1"): ANY_FINITE,
    ("33.4", "np.where(total == 0, 1, total): 1 -> 2"): ANY_NUMBER,
    ("34.2", "w.reshape(len(w), -1).T: w.reshape(len(w), -1) -> w.reshape(-1, len(w))"): SAME_LENGTH + "heads times their width is d.",
    ("36.3", "len(x): x -> lost"): SAME_LENGTH + "x and lost.",
    ("37.5", "eps * loss.mean(axis=1): loss.mean(axis=1) -> loss.mean()"): "The mean of the rows' means is the mean of all.",
    ("37.5", "len(target): target -> scores"): SAME_LENGTH + "the rows of scores.",
    ("37.8", f"np.exp({SHIFTED}): {SHIFTED} -> scores + scores.max(axis=-1, keepdims=True)"): NO_SHIFT,
    ("37.8", f"np.exp({SHIFTED}): {SHIFTED} -> scores"): NO_SHIFT,
    ("37.8", "scores - scores.max(axis=-1, keepdims=True): scores.max(axis=-1, keepdims=True) -> scores.max(keepdims=True)"): NO_SHIFT,
    ("42.3", "len(weights): weights -> states"): SAME_LENGTH + "weights and states.",
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> 1 * len(x)"): ANY_START,
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> 1"): ANY_START,
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> len(x)"): ANY_START,
    ("43.5", "1 / len(x): 1 -> 2"): ANY_START,
    ("43.5", "1 / len(x): 1 -> 0"): ANY_START,
    ("43.5", "range(300): 300 -> 301"): ANY_START,
    ("43.5", "range(300): 300 -> 299"): ANY_START,
    ("44.3", "np.argsort(-scores, axis=1)[:, :k]: np.argsort(-scores, axis=1) -> np.argsort(-scores)"): LAST_AXIS,
    ("44.3", f"{TAKEN}.any: {TAKEN} -> np.take_along_axis(relevant, best)"): LAST_AXIS,
    ("44.8", "np.arange(weights.shape[1]) < lengths[:, None] -> np.arange(weights.shape[1]) <= lengths[:, None]"):
        "The place too many is beyond the row's own, where nothing is right.",
    ("44.8", "weights.shape: weights -> right"): SAME_LENGTH + "weights and right.",
}
