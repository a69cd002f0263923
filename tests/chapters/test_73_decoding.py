"""73_decoding: the frozen texts, the cache against reading again, batches, windows, blocks, rounds of guesses, and what is refused."""
import importlib
import itertools
import sys
from fractions import Fraction

import common
import numpy as np
import pandas as pd
import pytest

from attnlib.data import data_path
from attnlib.train import fit, reproducible

torch = pytest.importorskip("torch")

make = importlib.import_module("73_make_topics")
CHAPTER = common.taught("73", "TextModel", "Cache", "Careless", "Window", "Without", "latent", "converted", "padded", "write", "encoded",
                        "from_row", "refused", "bytes_each", "Blocks", "guessed_round", "beginnings", "spread", "expected", "counted",
                        "loaded", "text_loss", "text", "from_mask", "stream_bits")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)


def model(kv_heads=4, rotary=True):
    return CHAPTER.TextModel(16, 4, kv_heads, 2, rotary).eval()


# ---- the texts -----------------------------------------------------------------------------------------------------

def test_no_paragraph_is_in_two_topics():
    topics = pd.read_csv(data_path("73", "topics.csv"), keep_default_na=False)
    paragraphs = [p for text in topics["text"] for p in text.rstrip("\n").split("\n\n")]
    assert len(paragraphs) == len(set(paragraphs)) and set(topics["split"]) == {"train", "valid", "test"}


def test_the_script_makes_the_shipped_copy():
    if sys.version_info[:3] != (3, 11, 7):
        pytest.skip("other versions of Python hold other texts")
    from pydoc_data.topics import topics
    left, pairs = make.once({topic: make.cleaned(text) for topic, text in topics.items()})
    splits = make.split(left, pairs)
    shipped = pd.read_csv(data_path("73", "topics.csv"), keep_default_na=False)
    assert dict(zip(shipped["topic"], shipped["split"])) == {t: splits[t] for t in left if left[t]}
    assert shipped["text"].tolist() == ["\n\n".join(p) + "\n" for p in left.values() if p]


def test_shared_paragraphs_are_kept_once_and_hold_topics_together():
    long = "x" * 70
    left, pairs = make.once({"a": f"one\n\n{long}", "b": f"{long}\n\ntwo", "c": "one\n\nthree"})
    assert left == {"a": ["one", long], "b": ["two"], "c": ["three"]} and pairs == {("a", "b")}
    splits = make.split(left, pairs)
    assert splits["a"] == splits["b"]


def test_long_runs_become_four():
    assert make.cleaned("a-------b      c\n\n\n\n\n\nd “e”") == 'a----b    c\n\n\n\n\n\nd "e"'


# ---- the cache -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("rotary", [True, False])
@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_reading_in_any_pieces_gives_the_scores_of_reading_at_once(kv_heads, rotary):
    one, rows = model(kv_heads, rotary), CHAPTER.encoded("for x in range(10): print(x)").repeat(2, 1)
    whole = one(rows)[0]
    for pieces in ([1] * 28, [10, 1, 7, 10], [27, 1]):
        kept = CHAPTER.Cache(2)
        parts = torch.cat([one(piece, kept)[0] for piece in rows.split(pieces, dim=1)], dim=1)
        torch.testing.assert_close(parts, whole, rtol=0, atol=1e-11)


def test_another_character_makes_its_own_entries_stale_and_all_later_ones_above_the_first_layer():
    one, rows, kept = model(), CHAPTER.encoded("if x is y"), [CHAPTER.Cache(2), CHAPTER.Cache(2)]
    other = rows.clone()
    other[0, 5] = CHAPTER.encoded("Z")[0, 0]
    for cache, read in zip(kept, (rows, other)):
        one(read, cache)
    moved = [(a[1] - b[1]).abs().amax(dim=(0, 1, 3)) > 1e-9 for a, b in zip(kept[0].kept, kept[1].kept)]
    assert [m.tolist() for m in moved] == [[i == 5 for i in range(9)], [i >= 5 for i in range(9)]]


@pytest.mark.parametrize("rotary", [True, False])
@pytest.mark.parametrize("behind", [True, False])
def test_padding_changes_no_text(behind, rotary):
    one, prompts = model(rotary=rotary), ["if x", "while not ready:", "q"]
    rows = CHAPTER.write(one, CHAPTER.padded(prompts, behind), 12, CHAPTER.Cache(2))
    for row, prompt in zip(rows, prompts):
        assert torch.equal(row[-12:], CHAPTER.write(one, CHAPTER.encoded(prompt), 12)[0, -12:])


def test_padding_that_is_seen_changes_the_scores():
    one, rows = model(), CHAPTER.padded(["if x", "while not ready:"])
    right, wrong = (one(rows, kind(2))[0][0, -1] for kind in (CHAPTER.Cache, CHAPTER.Careless))
    assert (right - wrong).abs().max() > 1e-3


def test_a_window_as_long_as_the_text_forgets_nothing_and_a_short_one_keeps_its_size():
    one, rows = model(), CHAPTER.encoded("a generator function returns an iterator")
    wide, short = CHAPTER.Window(2, 4, rows.shape[1]), CHAPTER.Window(2, 2, 8)
    scores = [torch.cat([one(c, kept)[0] for c in rows.split(1, dim=1)], dim=1) for kept in (wide, short)]
    torch.testing.assert_close(scores[0], one(rows)[0], rtol=0, atol=1e-11)
    assert short.real.shape[1] == 8 and short.kept[0][0].shape[-2] == 8
    torch.testing.assert_close(scores[1][:, :8], scores[0][:, :8], rtol=0, atol=1e-11)
    assert (scores[1][:, 8:] - scores[0][:, 8:]).abs().max() > 1e-6


def test_the_sinks_are_the_first_characters():
    kept = CHAPTER.Window(1, 2, 5)
    for i in range(9):
        kept.read(torch.ones(1, 1, dtype=torch.long))
        found, = kept.add(0, torch.full((1, 1, 1), float(i)))
    assert found.flatten().tolist() == [0, 1, 6, 7, 8]


def test_a_hidden_place_has_no_influence_on_later_ones():
    one, rows = model(), CHAPTER.encoded("the same objects")
    one.count, other = CHAPTER.from_row, rows.clone()
    other[0, 3] = CHAPTER.encoded("Z")[0, 0]
    a, b = (one(x, CHAPTER.Without(2, 3))[0][:, 4:] for x in (rows, other))
    assert torch.equal(a, b) and not torch.equal(one(rows)[0][:, 4:], one(other)[0][:, 4:])


# ---- fewer heads, latent vectors, counts ---------------------------------------------------------------------------

def test_means_of_turned_keys_are_turned_keys_of_the_mean():
    one = model()
    fewer, x = CHAPTER.converted(one, 2), torch.randn(1, 3, 16)
    for name in ("W_k", "W_v"):
        all_heads = getattr(one.layers[0].attention, name)(x).unflatten(-1, (2, 2, 4)).mean(dim=-2).flatten(-2)
        torch.testing.assert_close(getattr(fewer.layers[0].attention, name)(x), all_heads)
    assert all(torch.equal(a, b) for a, b in zip(CHAPTER.converted(one, 4).parameters(), one.parameters()))


@pytest.mark.parametrize("groups, equal", [([(0, 1), (2, 3)], True), ([(0, 2), (1, 3)], False)])
def test_neighbouring_heads_share(groups, equal):
    one, x = model(), CHAPTER.encoded("for x in range(10)")
    with torch.no_grad():
        for layer in one.layers:
            for W in (layer.attention.W_k, layer.attention.W_v):
                for first, second in groups:
                    W.weight[4 * second:4 * second + 4] = W.weight[4 * first:4 * first + 4]
    apart = (CHAPTER.converted(one, 2)(x)[0] - one(x)[0]).abs().max()
    assert apart < 1e-11 if equal else apart > 0.01


@pytest.mark.parametrize("prompt", ["q", "x" * 128, "yz" * 100])
def test_prompts_of_one_character_of_the_whole_context_and_beyond(prompt):
    one, rows = model(2), CHAPTER.encoded(prompt)
    assert torch.equal(CHAPTER.write(one, rows, 8), CHAPTER.write(one, rows, 8, CHAPTER.Cache(2)))


def test_full_rank_is_equal_and_keeps_half_the_numbers():
    one, kept = model(), CHAPTER.Cache(2)
    rows = CHAPTER.encoded("a class body")
    torch.testing.assert_close(CHAPTER.latent(one, 16)(rows, kept)[0], one(rows)[0], rtol=0, atol=1e-10)
    assert kept.kept[0][0].shape == (1, 12, 16)
    assert (CHAPTER.latent(one, 4)(rows)[0] - one(rows)[0]).abs().max() > 1e-3


def test_probabilities_of_the_counts_sum_to_one_and_unknown_stretches_fall_back():
    tables = [CHAPTER.counted("abab", n) for n in range(3)]
    for history in ("ab", "zz", ""):
        np.testing.assert_allclose(CHAPTER.expected(history, tables, 2.0).sum(), 1)
    np.testing.assert_allclose(CHAPTER.expected("zz", tables, 2.0), CHAPTER.expected("", tables, 2.0))


# ---- blocks --------------------------------------------------------------------------------------------------------

def test_a_shared_block_is_copied_before_it_is_written():
    store = CHAPTER.Blocks(6, 2, 1)
    for i in range(3):
        store.add("a", torch.tensor([float(i)]))
    store.fork("a", "b")
    store.add("b", torch.tensor([7.0]))
    store.add("a", torch.tensor([3.0]))
    assert store.read("a").flatten().tolist() == [0, 1, 2, 3] and store.read("b").flatten().tolist() == [0, 1, 2, 7]
    assert store.tables["a"][0] == store.tables["b"][0] and store.users[store.tables["a"][0]] == 2


def test_a_full_store_says_so():
    store = CHAPTER.Blocks(1, 1, 1)
    store.add("a", torch.zeros(1))
    with pytest.raises(ValueError, match="expected a free block"):
        store.add("a", torch.zeros(1))


# ---- rounds of guesses ---------------------------------------------------------------------------------------------

def test_one_guess_is_distributed_as_the_target_exactly():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p, q = ([Fraction(int(x), int(sum(w))) for x in w] for w in rng.integers(1, 9, size=(2, 4)))
        assert CHAPTER.spread(p, q) == p


def test_whole_rounds_are_distributed_as_the_target_exactly():
    rng = np.random.default_rng(1)
    table = {(who, text): [Fraction(int(x), int(sum(w))) for x in w]
             for who in "pq" for n in range(7) for text in itertools.product((0, 1), repeat=n) for w in [rng.integers(0, 4, 2) + [1, 0]]}
    target, draft = (lambda text, who=who: table[who, text] for who in "pq")
    for gamma in (1, 2, 3):
        found = CHAPTER.beginnings(3, target, draft, gamma)
        assert found == {t: target(t[:0])[t[0]] * target(t[:1])[t[1]] * target(t[:2])[t[2]] for t in itertools.product((0, 1), repeat=3)}
        assert sum(found.values()) == 1


class Dice:
    """Random numbers that are handed out in turn, so that every outcome of a round can be listed."""

    def __init__(self, choices, uniform):
        self.choices, self.uniform = iter(choices), iter(uniform)

    def choice(self, n, p):
        return next(self.choices)

    def random(self):
        return next(self.uniform)


def test_a_round_stops_at_the_first_refusal_and_adds_one():
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    target, draft = (lambda h, g: [p] * (len(g) + 1)), (lambda h: q)
    assert CHAPTER.guessed_round(Dice([0, 1, 2, 0], [0.0, 0.0, 0.5]), target, draft, [], 3) == [0, 1, 0]
    assert CHAPTER.guessed_round(Dice([0, 1, 1], [0.9, 0.9]), target, draft, [], 2) == [0, 1, 1]
    assert CHAPTER.guessed_round(Dice([2, 0, 1], [0.0]), target, draft, [], 2) == [1]


# ---- now yours -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("prompt, length, temperature, said", [
    ("", 5, 1, "at least one character"), (None, 5, 1, "expected a text"), (b"for", 5, 1, "expected a text"), ("für", 5, 1, "'ü'"),
    ("日本", 5, 1, "occur in the training text"), ("x" * 100, 60, 1, "at most 128"), ("x", 0, 1, "length"), ("x", True, 1, "length"),
    ("x", 2.5, 1, "length"), ("x", 5, -1, "temperature"), ("x", 5, float("nan"), "temperature"), ("x", 5, "hot", "temperature"),
    ("x\t", 5, 1, "occur in the training text"),
    ("cost: $5", 5, 1, "'$'"), ("x", 5, True, "temperature"), ("x", 5, 1e-310, "temperature"), ([0] * 10 ** 6, 5, 1, "expected a text")])
def test_what_is_refused_gets_a_sentence(prompt, length, temperature, said):
    sentence = CHAPTER.refused(prompt, length, temperature)
    assert said in sentence and len(sentence) < 200


@pytest.mark.parametrize("seed", [None, -1, 1.5, "x", True, 2 ** 63, float("nan")])
def test_a_seed_that_is_no_seed_gets_a_sentence(seed):
    assert "seed" in CHAPTER.refused("x", 5, 1, seed)


def test_what_is_right_is_not_refused():
    assert CHAPTER.refused("for x in y:\n", 20, 0.7) is None and CHAPTER.refused("x", 127, 0) is None
    assert CHAPTER.refused("x", np.int64(5), np.float32(0.5), 10 ** 9) is None


@pytest.mark.parametrize("sizes", [(0, 1, 1), (2, -1, 4), (2, 1, 2.5), (True, "4", 4)])
def test_sizes_that_are_no_whole_numbers_are_named(sizes):
    with pytest.raises(ValueError, match="expected a whole number"):
        CHAPTER.bytes_each(*sizes)


# ---- reasons that the text gives, with the cause taken away ---------------------------------------------------------

@pytest.fixture(scope="module")
def shipped():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield CHAPTER.loaded("main", CHAPTER.TextModel())
    torch.set_default_dtype(before)


def matched(one, kv_heads):
    """The same model with the heads of each group turned towards their mean: values freely, keys in the pairs that places turn."""
    state, heads, group = dict(one.state_dict()), 4, 4 // kv_heads
    for i in range(2):
        q, k, v = (state[f"layers.{i}.attention.W_{n}.weight"].clone().unflatten(0, (heads, 20)) for n in "qkv")
        out = state[f"layers.{i}.attention.W_o.weight"].clone().unflatten(1, (heads, 20))
        for turn, h in itertools.product(range(10), range(heads)):
            g = slice(h // group * group, (h // group + 1) * group)
            to_k, to_v = (w[g].mean(dim=0) if turn else w[g][0].clone() for w in (k, v))
            u, _, w = torch.linalg.svd(to_v @ v[h].T)
            v[h], out[:, h] = u @ w @ v[h], out[:, h] @ (u @ w).T
            for p in range(0, 20, 2):
                c = to_k[p:p + 2] @ k[h, p:p + 2].T
                a = torch.atan2(c[1, 0] - c[0, 1], c[0, 0] + c[1, 1])
                r = torch.stack([torch.stack([a.cos(), -a.sin()]), torch.stack([a.sin(), a.cos()])])
                k[h, p:p + 2], q[h, p:p + 2] = r @ k[h, p:p + 2], r @ q[h, p:p + 2]
        for n, w in zip("qkv", (q, k, v)):
            state[f"layers.{i}.attention.W_{n}.weight"] = w.flatten(0, 1)
        state[f"layers.{i}.attention.W_o.weight"] = out.flatten(1)
    same = CHAPTER.TextModel()
    same.load_state_dict(state)
    return same.eval()


@torch.no_grad()
def bits_of(one, split, characters=8000):
    """As the chapter's, over the beginning of a split."""
    x = CHAPTER.encoded(CHAPTER.text(split)[:characters])[0]
    rows, wanted = x[:-1].unfold(0, 128, 96), x[1:].unfold(0, 128, 96)[:, 32:] - 1
    return torch.nn.functional.cross_entropy(one(rows)[0][:, 32:].mT, wanted).item() / np.log(2)


@torch.no_grad()
def test_coordinates_are_about_half_of_what_the_mean_of_heads_costs(shipped):
    whole = bits_of(shipped, "valid")
    for kv_heads, costs, then in ((1, 2.8, 1.4), (2, 2.5, 0.9)):
        same = matched(shipped, kv_heads)
        torch.testing.assert_close(same(CHAPTER.encoded("The for"))[0], shipped(CHAPTER.encoded("The for"))[0], rtol=0, atol=1e-10)
        found = [bits_of(CHAPTER.converted(m, kv_heads), "valid") - whole for m in (shipped, same)]
        np.testing.assert_allclose(found, (costs, then), atol=0.25)


def test_at_a_tenth_of_the_rate_the_untouched_model_loses_next_to_nothing(shipped):
    runs = pd.read_csv(data_path("73", "runs.csv"))
    fewer = runs[(runs["model"] == "fewer") & runs["test"].notna()]
    reproducible(0)
    again = CHAPTER.converted(shipped, 4)
    fit(again, CHAPTER.text_loss(again, 0), 60, fewer["rate"].max() / 10, 6)
    assert bits_of(again.eval(), "test") < bits_of(shipped, "test") + 0.03


@torch.no_grad()
def test_far_keys_ruin_the_model_by_their_distance_and_not_by_their_number(shipped):
    rows, found = CHAPTER.encoded(CHAPTER.text("test"))[0].unfold(0, 260, 1100)[:4], {}
    for name, count in (("as they are", CHAPTER.from_mask),
                        ("at 127", lambda real: CHAPTER.from_mask(real).clamp(min=max(0, real.shape[1] - 128)))):
        shipped.count = count
        found[name] = CHAPTER.stream_bits(shipped, rows, CHAPTER.Cache(2))
    shipped.count = CHAPTER.from_mask
    assert found["as they are"][200:].mean() > found["as they are"][64:128].mean() + 1
    assert found["at 127"][200:].mean() < found["at 127"][64:128].mean() + 0.5


@torch.no_grad()
def test_a_rare_character_draws_weight_wherever_it_stands(shipped):
    fresh = CHAPTER.encoded(CHAPTER.text("test"))[0].unfold(0, 128, 350)[:20]
    for place in (0, 20, 40):
        rare = fresh.clone()
        rare[:, place] = CHAPTER.encoded("Q")[0, 0]
        here, before = (shipped(rows)[1][0][:, :, 64:, place].mean(dim=(0, 2)) for rows in (rare, fresh))
        assert (here > 0.015).all() and (here > 4 * before).all()
