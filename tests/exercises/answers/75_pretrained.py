"""Right answers to 75 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def offsets(maps, k, end=np.mean):
    n = maps.shape[-1]
    return np.array([end([m[i, i + k] for i in range(n) if 0 <= i + k < n]) for m in maps])


def norm(z, gain, shift, axis=-1):
    centred = z - z.mean(axis=axis, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-12) + shift


def followers(words):
    return [int(b) for a, b in zip(words, words[1:]) if a == words[-1]]


ANSWERS = {
    "75.1": (["1774464", "4*(384*384+384) + 2*384*1536 + 1536 + 384 + 4*384", 591360 + 1181568 + 1536], [1774460, 1, 22565376, 1774000]),
    "75.2": (
        [offsets, lambda maps, k: np.array([np.trace(m, k) for m in maps]) / (maps.shape[-1] - abs(k))],
        [
            lambda maps, k: offsets(maps, k, np.max),
            lambda maps, k: offsets(maps, 0),
            lambda maps, k: offsets(maps, k)[:, None],
            lambda maps, k: maps.mean(axis=(1, 2)),
            lambda maps, k: offsets(maps, k, np.median),
        ],
    ),
    "75.3": (
        [
            lambda x, y, gain, shift: norm(x + y, gain, shift),
            lambda x, y, gain, shift: np.array([norm(row, gain, shift) for row in x + y]),
        ],
        [
            lambda x, y, gain, shift: norm(x + y, gain, shift, axis=0),
            lambda x, y, gain, shift: norm(x + y, gain, 0),
            lambda x, y, gain, shift: norm(x + y, 1, shift),
            lambda x, y, gain, shift: norm(x, gain, shift) + y,
            lambda x, y, gain, shift: norm(x - y, gain, shift),
        ],
    ),
    "75.4": (["1/0.2", 5.0, "0.75*4 + 0.25*8"], [2, 3, 0, 8]),
    "75.5": (
        [lambda words: (followers(words) or [-1])[-1], lambda words: next((int(b) for a, b in zip(words[-2::-1], words[:0:-1])
                                                                           if a == words[-1]), -1)],
        [
            lambda words: (followers(words) or [0])[-1],
            lambda words: len(followers(words)),
            lambda words: int(words[0]),
            lambda words: max(followers(words), default=-1),
            lambda words: -1,
        ],
    ),
}

# Right letters come as "a", "(A)", "a)", "a. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "75.6": ["nothing", "post-norm", 1, "they leave a norm"],
}
