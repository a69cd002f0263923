"""Draw the customers' sentences of 78_privacy out of VADER's source archive.

python experiments/78_make_sentences.py vaderSentiment-3.3.2.tar.gz

The archive holds 3,708 pieces of customers' reviews, each rated by twenty people from -4 to 4.  Kept are those of 4 to 14 words whose mean
rating is at least 0.8 away from zero; all pieces of one review lie in one split.
"""
import re
import sys

import common
import numpy as np
import vader_archive

from attnlib.data import data_path

POOL, VALID, LENGTHS, CLEAR = 600, 160, range(4, 15), 0.8


def pieces(archive):
    """The rated pieces of reviews: number, mean rating, text."""
    text, = vader_archive.lines(archive, "amazonReviewSnippets_GroundTruth")
    return [line.split("\t") for line in text if line.count("\t") == 2]


def chosen(rows):
    """Clear sentences of a fitting length, no text twice, review by review in a random order."""
    kept, seen = [], set()
    for number, mean, text in rows:
        words = re.findall(r"[a-z0-9']+", text.lower())
        if len(words) in LENGTHS and abs(float(mean)) >= CLEAR and tuple(words) not in seen and "@" not in text:
            seen.add(tuple(words))
            kept.append((number, float(mean), text.strip()))
    reviews = list(dict.fromkeys(number.split("_")[0] for number, _, _ in kept))
    place = {reviews[i]: k for k, i in enumerate(np.random.default_rng(78).permutation(len(reviews)))}
    return sorted(kept, key=lambda row: place[row[0].split("_")[0]])


if __name__ == "__main__":
    rows = chosen(pieces(sys.argv[1]))
    ends = []
    for wanted in (POOL, POOL + VALID):                       # on to the end of a review
        while rows[wanted][0].split("_")[0] == rows[wanted - 1][0].split("_")[0]:
            wanted += 1
        ends.append(wanted)
    splits = ["pool" if i < POOL else "" if i < ends[0] else "valid" if i < ends[1] else "test" for i in range(len(rows))]
    common.write_table(data_path("78", "sentences.csv"), [{"number": number, "split": split, "rating": mean, "text": text}
                                                          for (number, mean, text), split in zip(rows, splits) if split])
