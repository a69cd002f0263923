"""What only 75 needs tested: its encoder is the library's and refuses other weights, its scores and interventions do what their names
say, its search refuses in words, and its rows repeat as they say."""
import common
import numpy as np
import pytest
import torch

from attnlib import pretrained, train


@pytest.fixture(scope="module")
def chapter():
    before = torch.get_default_dtype()
    train.reproducible(0)
    pretrained.pretrained.cache_clear()
    yield common.taught("75", "encoder", "tokenizer", "customers", "natural", "read_weights", "encode", "read", "head_scores", "hide",
                        "silence", "without_heads", "Search", "vectors", "repeats", "Copier", "first_sentences", "rated_words",
                        "mean_scores", "documentation")
    torch.set_default_dtype(before)
    pretrained.pretrained.cache_clear()


TEXTS = ["The dog dropped the ball.", "It was tired, because it had run in the park all day.", "Was it?"]


def test_the_encoder_of_the_page_is_the_librarys(chapter):
    theirs, mask, tokens = pretrained.token_vectors(TEXTS)
    ids, ours_mask = chapter.encode(TEXTS)
    ours = chapter.encoder(chapter.encoder.begin(ids), ours_mask)[0][:, -1]
    torch.testing.assert_close(ours[mask], theirs[mask], atol=1e-10, rtol=0)
    assert torch.equal(mask, ours_mask[:, 0]) and tokens[0] == chapter.read(TEXTS[0])[0]


def test_other_weights_are_refused(chapter):
    with pytest.raises(ValueError, match="^weights: expected the SHA-256 53aa51172d14…, got "):
        chapter.read_weights(b"something else")


def test_scores_see_what_was_planted(chapter):
    ids = torch.tensor([101, 7, 8, 7, 9, 102])
    maps = torch.stack([torch.eye(6), torch.eye(6).roll(-1, 1), torch.eye(6).roll(1, 1), torch.eye(6)[[0] * 6]])
    found = chapter.head_scores(maps, ids)
    assert found["itself"].tolist() == [1, 0, 0, 0] and found["[CLS]"].tolist() == [0, 0.25, 0, 1]
    assert found["previous"].tolist() == [0, 1, 0, 0.25] and found["next"].tolist() == [0, 0, 1, 0]
    twins = torch.eye(6)
    twins[[1, 3]] = twins[[3, 1]]
    assert chapter.head_scores(twins[None], ids)["same word"].tolist() == [1]
    assert "same word" not in chapter.head_scores(maps, torch.arange(6))


def test_a_hidden_place_reaches_nobody_and_a_silent_one_keeps_its_weight(chapter):
    ids = torch.tensor([chapter.tokenizer.encode(TEXTS[0]).ids])
    x, n = chapter.encoder.begin(ids), ids.shape[1]
    other = x.clone()
    other[:, 2] = torch.randn(384)
    mask = chapter.hide(n, 2)
    rest = [i for i in range(n) if i != 2]
    for a, b in zip(chapter.encoder(x, mask), chapter.encoder(other, mask)):
        a, b = (y[:, :, rest] if y.dim() == 4 else y[:, :, :, rest] for y in (a, b))
        torch.testing.assert_close(a, b)
    plain = chapter.encoder(x)[1]
    with chapter.silence(2):
        silent = chapter.encoder(x)[1]
    torch.testing.assert_close(plain[:, 0], silent[:, 0])
    assert (plain[:, 1] - silent[:, 1]).abs().max() > 1e-4
    assert plain[:, 0, :, 0, 2].min() > 0
    torch.testing.assert_close(chapter.encoder(x)[1], plain)


def test_heads_come_back(chapter):
    before = chapter.vectors(TEXTS)
    with pytest.raises(RuntimeError), chapter.without_heads([(0, 2), (5, 11)]):
        assert (chapter.vectors(TEXTS) - before).abs().max() > 1e-4
        assert not chapter.encoder.layers[5].attention.W_o.weight[:, 352:].any()
        raise RuntimeError
    assert torch.equal(chapter.vectors(TEXTS), before)


@pytest.mark.parametrize("bad, told", [("", "expected a text with words, got ''"), (None, "expected a text with words"),
                                       ("?!", "with words"),
                                       (["a"], "with words"), ("12 34", "with words"), ("word " * 255, "at most 254 pieces"),
                                       ("ᚠᚢᚦ ᚨᚱᚲ", "expected English"), ("how do I bake bread?", "nothing here is nearer")])
def test_search_answers_what_is_no_question_in_words(chapter, bad, told):
    ask = chapter.Search({"mean": "Return the mean of the numbers.", "sort": "Sort the list in place."})
    assert told in ask(bad) and isinstance(ask(bad), str)


def test_search_finds_and_refuses_an_empty_library(chapter):
    ask = chapter.Search({"mean": "Return the mean of the numbers.", "sort": "Sort the list in place."})
    assert ask("put a list in order", most=1) == ["sort"] and ask("the average of some numbers", most=1) == ["mean"]
    assert "expected" not in str(ask("word " * 254))
    for most in (0, -1, "2", None):
        assert ask("put a list in order", most=most).startswith("most: expected a whole number")
    for texts in ({}, None, "a text", ["a text"], {"a": None}, {"a": " "}):
        with pytest.raises(ValueError, match="^texts: expected "):
            chapter.Search(texts)
    for module in (42, "shutil", None):
        with pytest.raises(ValueError, match="^module: expected "):
            chapter.documentation(module)


def test_rows_repeat_after_h_words_and_only_what_was_met_counts_as_known(chapter):
    words, known, h = chapter.repeats(np.random.default_rng(0), 50)
    for row, can, step in zip(words.tolist(), known.tolist(), h[:, 0]):
        assert 8 <= step <= 16 and len(set(row[:step])) == step and row[step:] == row[:-step]
        assert can == [i >= step for i in range(31)]


def test_a_copier_looks_at_nothing_that_follows(chapter):
    train.reproducible(0)
    model = chapter.Copier(2)
    words = chapter.repeats(np.random.default_rng(0), 4)[0]
    other = words.clone()
    other[:, 20:] = 0
    torch.testing.assert_close(model(words)[0][:, :20], model(other)[0][:, :20])
    uncut, cut = model(words)[0], model(words, cut="qkv")[0]
    assert (uncut - cut).abs().max() > 1e-3


def test_no_stem_lies_on_two_sides(chapter):
    sides = {split: {w[:5] for w, _ in rows} for split, rows in chapter.rated_words().items()}
    assert not sides["train"] & sides["test"] and not sides["valid"] & sides["test"] and not sides["train"] & sides["valid"]


def test_whatever_stands_at_place_0_collects_weight_and_at_other_places_the_first_piece_alone(chapter):
    @torch.no_grad()
    def on_first(text, piece, place):
        ids = torch.tensor([[piece, *chapter.tokenizer.encode(text).ids[1:]]])
        places = torch.arange(ids.shape[1])
        places[0] = place
        return chapter.encoder(chapter.encoder.begin(ids, places))[1][0][:, :, 1:-1, 0].mean(dim=-1)
    texts = ["the phone refused to die .", "the viewfinder is a little small , but it works well .", "i bought it for the sound ."]
    sinks = torch.stack([on_first(text, 101, 0) for text in texts]).mean(dim=0) > 0.5
    for word in ("because", "quickly", "."):
        piece = chapter.tokenizer.encode(word).ids[1]
        at_0, elsewhere = (np.mean([on_first(text, piece, place)[sinks].mean().item() for text in texts]) for place in (0, 40))
        assert at_0 > 0.5 > 0.15 > elsewhere
