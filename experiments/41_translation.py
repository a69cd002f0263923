"""Train every arm of 41_translation and write notebooks/data/41_translation/runs.csv: python experiments/41_translation.py [ARM ...]

The notebook is the one place where training and measures are defined: this script takes the definitions that it needs from its cells.
First the learning rate of each arm and language is chosen on the validation split (rows `valid`, one seed each), then three
seeds are trained with it and the test split is looked at (rows `test`).  Three more arms ask why an arm failed: French without
attention with twice the width and four times the steps (`large`, one seed), Chinese after Luong with four times the steps
(`long`, one seed) or with input feeding (`feeding`).  One reads and writes numbers digit by digit (French after Luong, `luong-digits`),
two take their batches from the lists sorted by length: neighbours, each list once, in random order (`luong-buckets`), or windows
that start anywhere (`luong-windows`); these two and the plain arm get five more seeds on the test lists (rows `more`), since three did
not tell them apart.  About thirty-five minutes on one core.  Named arms are trained alone, all other rows stay.

`python experiments/41_translation.py parts` trains two of the Chinese runs again, Bahdanau's at the rates 0.005 and 0.01, and counts on the
validation lists of five, number by number, what is right and where the largest weight lies: notebooks/data/41_translation/parts.csv.

`python experiments/41_translation.py models` trains two test rows of seed 0 again, French without attention and Chinese after Bahdanau,
and keeps their weights, which the notebook loads, and the losses of the first: notebooks/data/41_translation/models.npz.

`python experiments/41_translation.py ledger` trains nothing: it computes the chapter's rows of notebooks/data/results.csv from the table.
"""
import sys
from unittest import mock

import common
import fair_play
import numpy as np
import torch
from sacrebleu.metrics import CHRF

from attnlib import pytorch, seq2seq
from attnlib.data import data_path
from attnlib.tasks import cldr
from attnlib.tasks.cldr import Vocabulary, held_out_lists, join, sentence, training_lists
from attnlib.train import parameters

CHAPTER = common.taught("41", "BATCH", "STEPS", "exact", "hits", "in_batches", "tensors", "train", "weights_of", "write")


class FeedingDecoder(seq2seq.Decoder):
    """Luong's decoder with input feeding: the last context stands beside the next word; the state carries it along."""

    def __init__(self, words, embed_dim, hidden_dim, memory_dim):
        super().__init__(words, embed_dim, hidden_dim, memory_dim)
        self.gru = torch.nn.GRUCell(embed_dim + memory_dim, hidden_dim)
        self.attention = pytorch.MultiplicativeAttention(hidden_dim, memory_dim)

    def begin(self, summary):
        return torch.cat([super().begin(summary), torch.zeros_like(summary)], dim=-1)

    def forward(self, words, state, memory, summary, mask):
        state, context = state.split([self.gru.hidden_size, memory.shape[-1]], dim=-1)
        steps = []
        for word in self.embed(words).unbind(dim=1):
            state = self.gru(torch.cat([word, context], dim=-1), state)
            context, weights = (x.squeeze(1) for x in self.attention(state.unsqueeze(1), memory, memory, mask.unsqueeze(1)))
            steps.append((state, context, weights))
        states, contexts, weights = (torch.stack(x, dim=1) for x in zip(*steps))
        return self.next_word(states, contexts), weights, torch.cat([state, context], dim=-1)


ARMS = {"none": seq2seq.SummaryDecoder, "luong": seq2seq.LuongDecoder, "bahdanau": seq2seq.BahdanauDecoder,
        "large": seq2seq.SummaryDecoder, "long": seq2seq.LuongDecoder, "feeding": FeedingDecoder,
        "luong-digits": seq2seq.LuongDecoder, "luong-buckets": seq2seq.LuongDecoder, "luong-windows": seq2seq.LuongDecoder}
PLAN = (*((language, arm) for language in ("fr", "zh") for arm in ("none", "luong", "bahdanau")), ("fr", "large"), ("zh", "long"),
        ("zh", "feeding"), ("fr", "luong-digits"), ("fr", "luong-buckets"), ("fr", "luong-windows"))
DIGITS = {language: words.replace(r"\d+", r"\d") for language, words in cldr.WORDS.items()}      # each digit is a token
RATES = (0.005, 0.007, 0.01, 0.02, 0.04)
MORE = dict.fromkeys((("fr", "luong"), ("fr", "luong-buckets"), ("fr", "luong-windows")), range(3, 8))
STEPS, BATCH, TESTED, tensors = CHAPTER.STEPS, CHAPTER.BATCH, 200, CHAPTER.tensors


def batches_of(arm, lists, seed):
    """The lists of each step: as they come, or neighbours after sorting by the length of the English."""
    if arm not in ("luong-buckets", "luong-windows"):
        return CHAPTER.in_batches(lists)
    lists, rng = sorted(lists, key=lambda items: len(sentence(items, "en"))), np.random.default_rng(seed)
    starts = np.arange(0, len(lists), BATCH)
    starts = rng.permutation(starts) if arm == "luong-buckets" else rng.integers(0, len(lists) - BATCH + 1, len(starts))
    return [lists[i:i + BATCH] for i in starts]


def train(language, arm, rate, seed, hidden, steps):
    """-> model, both vocabularies, CPU seconds of the training."""
    english, other = Vocabulary("en"), Vocabulary(language)
    batches = batches_of(arm, training_lists(steps * BATCH, seed), seed)
    model, seconds, _ = CHAPTER.train(ARMS[arm], (english, other), batches, rate, seed, hidden)
    return model, english, other, seconds


def exact_and_chrf(model, english, other, lists):
    """Share of lists that are right to the last token, and chrF of their text."""
    written, wanted = CHAPTER.write(model, (english, other), lists)
    texts = [[join(tokens, other.language) for tokens in side] for side in (written, wanted)]
    return CHAPTER.exact(written, wanted), CHRF().corpus_score(texts[0], [texts[1]]).score


def hits(model, english, other, lists, parts):
    """Share of target tokens of an item whose largest weight lies on the same item, or part, of the source."""
    return CHAPTER.hits(CHAPTER.weights_of(model, (english, other), lists), lists, other.language, parts)


@common.kept
def row(split, language, arm, rate, seed):
    cldr.phrase.cache_clear()
    with mock.patch.dict(cldr.WORDS, DIGITS if arm.endswith("digits") else cldr.WORDS):
        result = measured(split, language, arm, rate, seed)
    cldr.phrase.cache_clear()
    return result


def measured(split, language, arm, rate, seed):
    lists = "test" if split == "more" else split
    hidden, steps = {"large": (96, 4 * STEPS), "long": (48, 4 * STEPS)}.get(arm, (48, STEPS))
    model, english, other, seconds = train(language, arm, rate, seed, hidden, steps)
    result = {"split": split, "language": language, "arm": arm, "rate": rate, "hidden": hidden, "steps": steps, "seed": seed,
              "parameters": parameters(model), "cpu_seconds": f"{seconds:.0f}"}
    for n in range(1, 9):
        exact, chrf = exact_and_chrf(model, english, other, held_out_lists(lists, n, TESTED))
        result |= {f"exact_{n}": f"{exact:.3f}", f"chrf_{n}": f"{chrf:.1f}"}
    for n in (3, 4, 5):                                     # of two names the training may have met every pair
        result[f"old_items_{n}"] = f"{exact_and_chrf(model, english, other, held_out_lists('train', n, TESTED))[0]:.3f}"
    if ARMS[arm] is not seq2seq.SummaryDecoder:
        for name, parts in (("item_hits", False), ("part_hits", True)):
            result[name] = f"{hits(model, english, other, held_out_lists(lists, 5, TESTED), parts):.3f}"
    return result


def exact_lists(rows):
    """Exact matches over one to five items."""
    return sum(float(r[f"exact_{n}"]) for r in rows for n in range(1, 6))


def table():
    return common.read_table(data_path("41", "runs.csv"))


def main(arms):
    rows = [r for r in table() if r["arm"] not in arms] if arms else []
    for language, arm in [pair for pair in PLAN if pair[1] in (arms or ARMS)]:
        def run(split, rate, seed, arm=(language, arm)):
            return row(split, *arm, rate, seed)
        rates, seeds = ((0.005, 0.01), (0,)) if arm in ("large", "long") else (RATES, (0, 1, 2))
        tried, tested = fair_play.sweep(run, rates, exact_lists, seeds)
        rows += [*(r for one in tried.values() for r in one), *tested]
        rows += [run("more", tested[0]["rate"], seed) for seed in MORE.get((language, arm), ())]
    common.write_table(data_path("41", "runs.csv"), rows)


def keep():
    """Train two test rows of seed 0 again, see that they are the table's, and write their weights, unrounded, and the baseline's losses."""
    arrays = {}
    for language, arm in (("fr", "none"), ("zh", "bahdanau")):
        (shipped,) = [r for r in table() if (r["split"], r["language"], r["arm"], r["seed"]) == ("test", language, arm, "0")]
        languages = Vocabulary("en"), Vocabulary(language)
        batches = batches_of(arm, training_lists(STEPS * BATCH, 0), 0)
        model, _, losses = CHAPTER.train(ARMS[arm], languages, batches, float(shipped["rate"]))
        for n in range(1, 9):
            assert f"{exact_and_chrf(model, *languages, held_out_lists('test', n, TESTED))[0]:.3f}" == shipped[f"exact_{n}"], n
        arrays |= {f"{language}-{arm}-{name}": value.numpy() for name, value in model.state_dict().items()}
        arrays |= {"losses": np.array(losses)} if arm == "none" else {}
    np.savez_compressed(data_path("41", "models.npz"), **arrays)


def count_parts():
    """For every number of the target, given all words before it: is it right, and is the largest weight on its item, on its part?"""
    rows = []
    for rate in (0.005, 0.01):
        model, english, chinese, _ = train("zh", "bahdanau", rate, 0, 48, STEPS)
        lists = held_out_lists("valid", 5, TESTED)
        source, target = tensors(lists, english, chinese)
        with torch.no_grad():
            scores, weights = model(source, target)
        found = {}
        for items, looked, right in zip(lists, weights.argmax(-1).tolist(), (scores.argmax(-1) == target).tolist()):
            read = [*sentence(items, "en"), cldr.Token("<end>")]
            for i, token in enumerate(sentence(items, "zh")):
                if token.text.isdigit():
                    seen = read[looked[i]]
                    on_item = seen.item == token.item
                    name = f"{items[token.item][0]}: {token.part}"
                    found.setdefault(name, []).append((right[i], on_item, on_item and seen.part == token.part))
        for name in sorted(found):
            means = dict(zip(("right", "item_hits", "part_hits"), (f"{x:.3f}" for x in np.mean(found[name], axis=0))))
            rows.append({"rate": rate, "number": name, "count": len(found[name]), **means})
    common.write_table(data_path("41", "parts.csv"), rows)


def compare():
    """Hand the ledger one row a language: Bahdanau against no attention, five items, paired by seed."""
    import ledger
    rows = []
    for language, name in (("fr", "French"), ("zh", "Chinese")):
        plain, attention = ([r for r in table() if (r["split"], r["language"], r["arm"]) == ("test", language, arm)]
                            for arm in ("none", "bahdanau"))

        def mean(column, own):
            return sum(float(r[column]) for r in own) / len(own)

        low, high = ledger.over_seeds([float(b["exact_5"]) - float(a["exact_5"]) for a, b in zip(plain, attention)])
        rows.append({"task": f"translate lists of five items, English to {name}", "data": f"CLDR, {TESTED} lists of items not trained on",
                     "measure": "exact match", "baseline": "GRU, one vector", "baseline_score": mean("exact_5", plain),
                     "attention": "GRU, Bahdanau", "attention_score": mean("exact_5", attention),
                     "difference_low": low, "difference_high": high, "interval": "95 %, Student's t over 3 seeds, paired",
                     "map_measure": "item hits", "map_score": mean("item_hits", attention),
                     "cpu_seconds": f"{mean('cpu_seconds', attention):.0f}",
                     "note": "The baseline has equal steps"})
    ledger.record("41_translation", rows)


if __name__ == "__main__":
    {"ledger": compare, "models": keep, "parts": count_parts}.get(" ".join(sys.argv[1:]), lambda: main(sys.argv[1:]))()
