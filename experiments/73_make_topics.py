"""Freeze the texts of this Python's `help("topics")` for 73_decoding: python experiments/73_make_topics.py

The shipped copy was made by Python 3.11.7; other versions hold other texts, so the chapter reads the copy.  Each paragraph stands once: the
topics repeat each other, and a paragraph of the test must not stand in training.  Topics that had shared a paragraph stay in one split.
"""
import random
import re

import common

from attnlib.data import data_path

ASCII = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "—": "-", "–": "-", "ß": "ss", "°": "o"})
SHARED, HELD_OUT, LARGEST = 60, 35_000, 12_000              # characters: shared paragraph, split, group


def cleaned(text):
    """ASCII alone; a run of more than four like signs or blanks, as in underlines and tables, becomes four."""
    return re.sub(r"([^\w\n])\1{4,}", lambda run: run[1] * 4, text.translate(ASCII))


def once(topics):
    """{topic: its paragraphs that stood in no topic before}, and the pairs of topics that share one."""
    first, left, pairs = {}, {}, set()
    for topic, text in sorted(topics.items()):
        left[topic] = []
        for paragraph in re.split(r"\n[ \n]*\n", text.strip("\n")):
            if paragraph in first:
                pairs |= {(first[paragraph], topic)} if len(paragraph) >= SHARED else set()
            else:
                first[paragraph] = topic
                left[topic].append(paragraph)
    return left, pairs


def split(left, pairs):
    """{topic: its split}: groups of linked topics, the large ones in train, the others dealt out until each held-out split is full."""
    group = {topic: {topic} for topic in left}
    for a, b in pairs:
        union = group[a] | group[b]
        group |= {topic: union for topic in union}
    groups = sorted({tuple(sorted(g)) for g in group.values()})
    sizes = {g: sum(len(p) for topic in g for p in left[topic]) for g in groups}
    random.Random(0).shuffle(groups)
    splits, room = {}, {"valid": HELD_OUT, "test": HELD_OUT}
    for g in groups:
        name = next((name for name, space in room.items() if sizes[g] <= min(space, LARGEST)), "train")
        room[name] = room.get(name, 0) - sizes[g]
        splits |= {topic: name for topic in g}
    return splits


if __name__ == "__main__":
    from pydoc_data.topics import topics
    left, pairs = once({topic: cleaned(text) for topic, text in topics.items()})
    splits = split(left, pairs)
    rows = [{"topic": topic, "split": splits[topic], "text": "\n\n".join(left[topic]) + "\n"} for topic in left if left[topic]]
    common.write_table(data_path("73", "topics.csv"), rows)
