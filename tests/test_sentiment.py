"""The grammar of 42_sentiment: its parts do not touch, its deciding words decide, its pieces are found again in texts."""
import numpy as np
import pytest
import sentiment


@pytest.mark.parametrize("task", ["whole", "aspect"])
def test_no_review_is_in_two_parts_and_both_answers_are_as_frequent(task):
    parts = [sentiment.reviews(task, name, 600) for name in ("train", "valid", "test")]
    assert sum(map(len, parts)) == len({(r.text, r.noun) for found in parts for r in found}) == 1800
    for found in parts:
        assert 0.45 < np.mean([r.good for r in found]) < 0.55


def test_opinion_words_are_agreed_on_and_split():
    for good, words in sentiment.WORDS.items():
        assert all(min(r if good else -r for r in sentiment.ratings()[w]) > 0 for w in words)
    parts = sentiment.word_parts()
    for good in (True, False):
        split = [w for name in ("train", "valid", "test") for w in parts[name][good]]
        assert len(split) == len(set(split)) == 57
    for name in ("train", "valid", "test"):
        met = {t.text for r in sentiment.reviews("whole", name, 300, words="new") for t in r.tokens if t.part == "opinion"}
        assert met <= set(sum(parts[name].values(), []))


def test_in_a_contrast_the_clause_that_is_not_conceded_decides():
    for review in (r for r in sentiment.reviews("whole", "test", 300) if r.kind == "contrast"):
        wins = int(review.tokens[0].text == "although" or ("but", "joint") in [(t.text, t.part) for t in review.tokens])
        (word,) = [t for t in review.tokens if t.decides and t.part == "opinion"]
        assert word.clause == review.clause == wins
        denied = any(t.part == "negator" and t.clause == wins for t in review.tokens)
        assert review.good == ((word.text in sentiment.WORDS[True]) != denied)


def test_what_is_asked_about_decides():
    for review in sentiment.reviews("aspect", "test", 300):
        (clause,) = {t.clause for t in review.tokens if t.decides}
        assert [t.text for t in review.tokens if t.clause == clause and t.part == "noun"] == [review.noun]
        (word,) = [t.text for t in review.tokens if t.decides and t.part == "opinion"]
        denied = any(t.decides and t.part == "negator" for t in review.tokens)
        assert review.good == ((word in sentiment.WORDS[True]) != denied)
        assert denied == any(t.clause == clause and t.part == "negator" for t in review.tokens)


def test_places():
    found = sentiment.reviews("aspect", "test", 300)
    review = next(r for r in found if r.text.startswith(f"the {r.noun} was ") and r.kind == "plain" and r.tokens[3].decides)
    assert [sentiment.place(review, j) for j in range(4)] == ["same clause", "thing", "after thing", "deciding"]


def test_an_interval_over_seeds_too_is_wider_where_seeds_differ():
    same = np.random.default_rng(0).normal(size=200) * np.ones((5, 1))
    np.testing.assert_allclose(sentiment.over_both(same), sentiment.over_sentences(same[0]), atol=0.03)
    low, high = sentiment.over_both(same + np.array([[-2], [-1], [0], [1], [2]]))
    assert low < sentiment.over_sentences(same[0])[0] - 0.5 and high > sentiment.over_sentences(same[0])[1] + 0.5


def test_calibration_error():
    p, good = np.array([0.05, 0.95, 0.95, 0.95, 1.0]), np.array([False, True, True, False, True])
    assert sentiment.calibration_error(p, good) == pytest.approx((0.05 + abs(0.95 * 3 + 1 - 3)) / 5)


def test_phrases_are_found_among_the_pieces():
    tokens = ["[CLS]", "the", "cafe", "is", "un", "##help", "##ful", "!", "[SEP]"]
    assert sentiment.covered("The café is unhelpful!", tokens, ["café", "unhelpful"]).nonzero()[0].tolist() == [2, 4, 5, 6]
    found = [r for r in sentiment.reviews("whole", "test", 100) if r.kind == "negation" and len(r.tokens) == 5]
    review = next(r for r in found if r.tokens[3].text == "never")
    pieces = ["[CLS]", *(t.text for t in review.tokens[:4]), review.tokens[4].text[:2], "##" + review.tokens[4].text[2:], "[SEP]"]
    assert sentiment.grammar_cover(review, pieces).tolist() == [False] * 4 + [True] * 3 + [False]


def test_every_deciding_phrase_stands_in_its_natural_sentence():
    found = sentiment.natural()
    assert len(found) == 240 and len({r["text"] for r in found}) == 240
    for r in found:
        assert {r["label_a"], r["label_b"]} <= {"positive", "negative", "mixed"}
        assert all(sentiment.bare(p) in sentiment.bare(r["text"]) for p in r["deciding"].split("|"))
