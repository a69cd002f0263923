"""What only 74 needs tested: padding changes no answer, attributions add up to what they should, searched weights keep the answer, and the
reader's own sentence is refused in words."""
import common
import numpy as np
import pytest
import torch

from attnlib import pretrained, train
from attnlib.seq2seq import PAD
from attnlib.tasks import sentiment


@pytest.fixture(scope="module")
def chapter():
    before = torch.get_default_dtype()
    train.reproducible(0)
    pretrained.pretrained.cache_clear()
    yield common.taught("74", "Reader", "Head", "encode", "attributions", "for_answer", "share_found", "exchange", "followed",
                        "tau", "curves", "jsd", "search", "shuffled", "evenness", "gradient", "integrated", "rollout",
                        "load", "readers", "least", "tokenizer", "network", "judge", "explain", "refuse", "verdict",
                        "by_word", "score", "keep", "card", "TEST", "without_each", "guided")
    torch.set_default_dtype(before)
    pretrained.pretrained.cache_clear()


FOUND = sentiment.part("whole", "valid")[:12]
each_mixer = pytest.mark.parametrize("mixer", ["nothing", "LSTM", "layers"])


@each_mixer
def test_padding_changes_no_answer_and_gets_no_weight(chapter, mixer):
    words, _ = chapter.encode(FOUND)
    model = chapter.readers[mixer]
    s, weights, _ = model(model.embed(words), words != PAD)
    assert not weights[words == PAD].any()
    for row, one in zip(words, s):
        alone = row[row != PAD][None]
        torch.testing.assert_close(model(model.embed(alone), alone != PAD)[0][0], one)


@each_mixer
def test_integrated_gradients_add_up_and_left_out_is_what_deleting_does(chapter, mixer):
    model, words = chapter.readers[mixer], chapter.encode(FOUND[:1])[0][0]
    found, s = chapter.attributions(model, words)
    x = model.embed(words)[None]
    for base in (0.0, 0.3 * torch.ones_like(x)):
        a = chapter.integrated(lambda x: chapter.score(model, x), x, base, steps=400)
        whole = chapter.score(model, x) - chapter.score(model, base * torch.ones_like(x))
        torch.testing.assert_close(a.sum()[None], whole, atol=0.02, rtol=0.01)
    rest = torch.cat([words[:2], words[3:]])
    np.testing.assert_allclose(found["left out"][2], s - chapter.score(model, model.embed(rest)[None]).item())
    assert abs(found["weights"].sum() - 1) < 1e-9 and ("rollout" in found) == (mixer == "layers")
    if mixer == "layers":
        assert abs(found["rollout"].sum() - 1) < 1e-9


def test_rollout_follows_a_hard_path(chapter):
    """Place 0 is read; layer 1 takes it from place 1, layer 0 took that from place 2: half stays at each step."""
    second, first = torch.eye(3)[[1, 1, 2]][None], torch.eye(3)[[0, 2, 2]][None]
    found = chapter.rollout(torch.tensor([1.0, 0, 0]), [first, second])
    assert found.tolist() == [0.5, 0.25, 0.25]


def test_signs_are_turned_for_methods_that_have_one(chapter):
    found = {"weights": np.array([0.2, 0.8]), "left out": np.array([1.0, -2.0])}
    turned = chapter.for_answer(found, -3.0)
    assert turned["weights"].tolist() == [0.2, 0.8] and turned["left out"].tolist() == [-1, 2]
    assert chapter.share_found(np.array([3.0, -5, 1, 0]), np.array([False, True, True, False])) == 0.5


def test_the_word_that_is_followed_turns_the_answer(chapter):
    model, checked = chapter.readers["LSTM"], 0
    for review in sentiment.part("whole", "valid")[:40]:
        two = chapter.followed(model, review)
        if two:
            s, first, second = (chapter.score(model, model.embed(chapter.encode([r])[0])).item() > 0
                                for r in (review, chapter.exchange(review, two[0]), chapter.exchange(review, two[1])))
            assert s != first and s == second
            checked += 1
    assert checked > 8


def test_what_is_kept_stays_in_its_order(chapter):
    words, order = torch.tensor([7, 8, 9, 10]), np.array([2, 0, 3, 1])
    assert chapter.keep(words, order, 2, "deletion").tolist() == [8, 10]
    assert chapter.keep(words, order, 2, "insertion").tolist() == [7, 9]
    assert len(chapter.keep(words, order, 9, "deletion")) == 1


def test_searched_weights_are_weights_and_keep_the_probability(chapter):
    model, words = chapter.readers["LSTM"], chapter.encode(FOUND)[0]
    far, apart = chapter.search(model, words, steps=60)
    mask, x = words != PAD, model.embed(words)
    before, after = model(x, mask)[0].sigmoid(), model(x, mask, far)[0].sigmoid()
    assert (before - after).abs().max() <= 0.01 + 1e-9 and not far[~mask].any() and (far >= 0).all()
    torch.testing.assert_close(far.sum(dim=1), torch.ones(len(words)))
    torch.testing.assert_close(chapter.jsd(model(x, mask)[1], far), apart)
    assert apart.mean() > 0.2


def test_the_divergence_has_a_slope_where_weights_are_zero(chapter):
    """Padding has weight zero in both: a nan there would stop the search without a word."""
    z = torch.zeros(1, 4, requires_grad=True)
    b = torch.where(torch.tensor([[True, True, True, False]]), z, -torch.inf).softmax(dim=-1)
    chapter.jsd(torch.tensor([[0.5, 0.5, 0, 0]]), b).sum().backward()
    assert torch.isfinite(z.grad).all() and z.grad.abs().sum() > 0


def test_the_least_weight_leaves_the_output(chapter):
    rng = np.random.default_rng(0)
    w, values = rng.dirichlet(np.ones(6)), rng.normal(size=(6, 2))
    assert 0 <= chapter.least(w, values) <= w.max() + 1e-9
    assert abs(chapter.least(w, rng.normal(size=(6, 6))) - w.max()) < 1e-7


def test_evenness_is_one_for_even_weights_and_zero_for_one_word(chapter):
    torch.testing.assert_close(chapter.evenness(torch.tensor([[0.25] * 4, [1.0, 0, 0, 0]])), torch.tensor([1.0, 0]))


@pytest.mark.parametrize("bad, told", [
    ("", "a sentence in English"), (42, "a sentence in English"), (None, "a sentence in English"), (["a"], "a sentence"),
    ("fine!", "3 to 60 words and signs, got 2"), ("ᚠᚢᚦ ᚨᚱᚲ ᚷ", "expected English"), ("very " * 61, "got 61"),
    ("Das Zimmer war sehr schön und sauber.", "expected English"), ("La habitacion no estaba limpia", "expected English"),
    ("Комната была очень хорошая", "expected English"), ("房间很好看我喜欢", "expected English"), ("a lovely 😀 room", "expected English"),
    ("12 34 56 !", "a sentence"), ("a bad \ud83d room", "a sentence"), (b"the room was bad", "a sentence"),
    ("lovely " * 900, "too many pieces")])
def test_what_is_no_sentence_is_refused_in_words(chapter, bad, told):
    assert told in chapter.refuse(bad)
    assert told in chapter.card(bad)


@pytest.mark.parametrize("good", ["naïve staff, lovely café!", "room was dirty,\nstaff rude", "The wifi was crappy, breakfast overpriced"])
def test_what_is_english_is_read(chapter, good):
    assert chapter.refuse(good) is None


def test_left_out_words_are_whole_words(chapter):
    text = "An unputdownable, lovely book."
    assert chapter.refuse(text) is None
    words, places, ids = chapter.by_word(text)
    assert words == ["An", "unputdownable", ",", "lovely", "book", "."] and len(places[1]) > 1
    named, weights, change, s = chapter.explain(text)
    assert named == words and len(weights) == len(change) == 6 and weights.sum() < 1
    short = "An unputdownable, book."
    np.testing.assert_allclose(s - change[3], chapter.explain(short)[3], atol=1e-9)
    assert "'lovely'" in chapter.card(text)


def test_the_verdict_says_when_map_and_test_disagree(chapter):
    words = ["a", "dull", "day"]
    same = chapter.verdict(words, np.array([0, 0.9, 0.1]), np.array([0.1, -2.0, 0]), -1.0)
    other = chapter.verdict(words, np.array([0, 0.1, 0.9]), np.array([0.1, -0.5, 0]), -1.0)
    assert "says bad" in same and "agrees" in same and "'dull' it turns" in same
    assert "disagrees: 'day'" in other and "it turns" not in other


def test_a_word_hidden_in_its_place_is_found_more_often_than_one_that_is_cut_out(chapter):
    """Layers know places: a word that is cut out moves all later ones."""
    model, found = chapter.load("layers", chapter.Reader("layers")), {"cut out": [], "hidden": []}
    for review in chapter.TEST[:100]:
        words = chapter.encode([review])[0][0]
        x, others = model.embed(words)[None], ~torch.eye(len(words), dtype=torch.bool)
        with torch.no_grad():
            s = chapter.score(model, x)
            changes = {"cut out": s - chapter.score(model, model.embed(chapter.without_each(words))),
                       "hidden": s - model(x.expand(len(words), -1, -1), others)[0]}
        for way, change in changes.items():
            found[way].append(chapter.share_found(change.numpy(), review.deciding))
    assert np.mean(found["cut out"]) < 0.37 and np.mean(found["hidden"]) > 0.5


def test_it_is_the_bound_at_zero_that_holds_the_largest_weight(chapter):
    """Without it every darkest key of the longest review has a free direction, so that its weight could be anything."""
    layers, review = chapter.load("layers", chapter.Reader("layers")), max(chapter.TEST, key=lambda r: len(r.tokens))
    x = layers.embed(chapter.encode([review])[0])
    x = x + layers.places.weight[:x.shape[1]]
    values = layers.layers[0].attention.W_v(x)[0].unflatten(-1, (4, 8)).transpose(0, 1)
    for weights, v in zip(layers.layers[0](x)[1][0], values):
        equal = torch.cat([v.T, torch.ones(1, len(v))])
        free = torch.linalg.svd(equal)[2][len(equal):]
        assert free.shape[0] == 9 and free[:, weights.argmax(dim=-1)].norm(dim=0).min() > 0.1


def test_the_map_shuffled_within_each_review_guides_far_less(chapter):
    lstm, found, shares = chapter.load("LSTM", chapter.Reader("LSTM")), sentiment.part("whole", "test")[:600], {}
    words, good = chapter.encode(found)
    contrast = torch.tensor([r.kind == "contrast" for r in found])

    def given(rows, mixed):
        torch.manual_seed(0)
        with torch.no_grad():
            own, mask = torch.cat([lstm(lstm.embed(some), some != PAD)[1] for some in rows.split(1000)]), rows != PAD
        order = torch.where(mask, torch.rand(mask.shape), 2.0).argsort(dim=1)
        return own.gather(1, order) if mixed else own
    for mixed in (False, True):
        reader = chapter.guided(lambda rows, mixed=mixed: given(rows, mixed), 0)
        with torch.no_grad():
            said = reader(reader.embed(words), words != PAD, given(words, mixed))[0] > 0
        shares[mixed] = (said == (good > 0))[contrast].double().mean().item()
    np.testing.assert_allclose((shares[False], shares[True]), (0.92, 0.64), atol=0.05)
