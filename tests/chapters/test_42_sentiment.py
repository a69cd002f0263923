"""The reviews and sentences of 42_sentiment: parts do not touch, deciding words decide, pieces are found again in texts."""
import csv
import hashlib
import importlib
import io
import tarfile

import ledger
import numpy as np
import pytest
import vader_archive

from attnlib.tasks import sentiment as task

pytest.importorskip("torch")
sentiment = importlib.import_module("42_sentiment")


@pytest.mark.parametrize("kind", ["whole", "aspect"])
def test_no_review_is_in_two_parts_and_both_answers_are_as_frequent(kind):
    parts = [task.reviews(kind, name, 600) for name in ("train", "valid", "test")]
    assert sum(map(len, parts)) == len({(r.text, r.noun) for found in parts for r in found}) == 1800
    for found in parts:
        assert 0.45 < np.mean([r.good for r in found]) < 0.55


def test_opinion_words_are_agreed_on_and_split():
    for good, words in task.WORDS.items():
        assert all(min(r if good else -r for r in task.ratings()[w]) > 0 for w in words)
    parts = task.word_parts()
    for good in (True, False):
        split = [w for name in ("train", "valid", "test") for w in parts[name][good]]
        assert len(split) == len(set(split)) == 57
    for name in ("train", "valid", "test"):
        met = {t.text for r in task.reviews("whole", name, 300, words="new") for t in r.tokens if t.part == "opinion"}
        assert met <= set(sum(parts[name].values(), []))


def test_in_a_contrast_the_clause_that_is_not_conceded_decides():
    for review in (r for r in task.reviews("whole", "test", 300) if r.kind == "contrast"):
        wins = int(review.tokens[0].text == "although" or ("but", "joint") in [(t.text, t.part) for t in review.tokens])
        (word,) = [t for t in review.tokens if t.decides and t.part == "opinion"]
        assert word.clause == review.clause == wins
        denied = any(t.part == "negator" and t.clause == wins for t in review.tokens)
        assert review.good == ((word.text in task.WORDS[True]) != denied)


def test_what_is_asked_about_decides():
    for review in task.reviews("aspect", "test", 300):
        (clause,) = {t.clause for t in review.tokens if t.decides}
        assert [t.text for t in review.tokens if t.clause == clause and t.part == "noun"] == [review.noun]
        (word,) = [t.text for t in review.tokens if t.decides and t.part == "opinion"]
        denied = any(t.decides and t.part == "negator" for t in review.tokens)
        assert review.good == ((word in task.WORDS[True]) != denied)
        assert denied == any(t.clause == clause and t.part == "negator" for t in review.tokens)


def test_places():
    found = task.reviews("aspect", "test", 300)
    review = next(r for r in found if r.text.startswith(f"the {r.noun} was ") and r.kind == "plain" and r.tokens[3].decides)
    assert [task.place(review, j) for j in range(4)] == ["same clause", "thing", "after thing", "deciding"]


def test_an_interval_over_seeds_too_is_wider_where_seeds_differ():
    interval = sentiment.CHAPTER.interval
    items = np.random.default_rng(0).normal(size=200)
    low, high = interval(items[None])
    half = 1.96 * items.std() / 200 ** 0.5
    np.testing.assert_allclose((low, high), (items.mean() - half, items.mean() + half), atol=0.02)
    np.testing.assert_allclose(interval(items * np.ones((5, 1))), (low, high), atol=0.03)
    wide = interval(items * np.ones((5, 1)) + np.array([[-2], [-1], [0], [1], [2]]))
    assert wide[0] < low - 0.5 and wide[1] > high + 0.5


def test_an_interval_over_groups_draws_whole_groups():
    """Twenty words of ten reviews each, alike within a word, are twenty things drawn again, not two hundred."""
    words = np.repeat(np.arange(20), 10)
    values = np.random.default_rng(0).normal(size=20)
    np.testing.assert_allclose(sentiment.CHAPTER.interval(values[words][None], words), sentiment.CHAPTER.interval(values[None]), atol=1e-12)


def test_calibration_error():
    p, good = np.array([0.05, 0.95, 0.95, 0.95, 1.0]), np.array([False, True, True, False, True])
    assert sentiment.calibration_error(p, good) == pytest.approx((0.05 + abs(0.95 * 3 + 1 - 3)) / 5)


def test_phrases_are_found_among_the_pieces():
    tokens = ["[CLS]", "the", "cafe", "is", "un", "##help", "##ful", "!", "[SEP]"]
    assert sentiment.covered("The café is unhelpful!", tokens, ["café", "unhelpful"]).nonzero()[0].tolist() == [2, 4, 5, 6]
    found = [r for r in task.reviews("whole", "test", 100) if r.kind == "negation" and len(r.tokens) == 5]
    review = next(r for r in found if r.tokens[3].text == "never")
    pieces = ["[CLS]", *(t.text for t in review.tokens[:4]), review.tokens[4].text[:2], "##" + review.tokens[4].text[2:], "[SEP]"]
    assert sentiment.grammar_cover(review, pieces).tolist() == [False] * 4 + [True] * 3 + [False]


def test_every_deciding_phrase_stands_in_its_natural_sentence():
    found = [r for r in task.natural() if r["source"] == "model"]
    assert len(found) == 240 and len({r["text"] for r in found}) == 240
    for r in found:
        assert {r["label_a"], r["label_b"]} <= {"positive", "negative", "mixed"}
        assert all(sentiment.bare(p) in sentiment.bare(r["text"]) for p in r["deciding"].split("|"))
    clear = [r["difficulty"] for r in found if r["agreed"] in ("positive", "negative")]
    assert (clear.count("hard"), clear.count("plain")) == (172, 19)


def test_customers_sentences_are_many_ordinary_and_of_both_sides():
    found = [r for r in task.natural() if r["source"] == "customer"]
    assert len({r["text"] for r in found}) == len({r["rated"] for r in found}) == 100
    assert [sum(r["agreed"] == label for r in found) for label in ("positive", "negative")] == [50, 50]
    assert all(r["difficulty"] == "ordinary" and 4 <= len(r["text"].split()) <= 20 and not r["deciding"] for r in found)


def packed(files):
    """A gzipped tar archive of {name: bytes}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def test_customers_are_drawn_by_the_rule(tmp_path, monkeypatch):
    """Of each side two sentences fit; too few raters, too short or too long ones do not."""
    agreed, split = [1] * 18 + [0, -1], [1] * 17 + [-1] * 3
    cases = [("a", "we like it well", agreed), ("b", "it works very well", agreed), ("c", "some of us like it", split),
             ("d", "like it much", agreed), ("e", "it broke again today", [-r for r in agreed]),
             ("f", "we sent it back", [-2 * r for r in agreed]), ("g", "so " * 21, agreed)]
    inner = packed({"hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt": "\r\n".join(f"{i}\t0\t{t}" for i, t, _ in cases).encode(),
                    "hutto_ICWSM_2014/amazonReviewSnippets_anonDataRatings.txt":
                        ("\ufeff" + "\r\n".join(f"{i}\t0\t1\t{r}" for i, _, r in cases)).encode()})
    path = tmp_path / "source.tar.gz"
    path.write_bytes(packed({"vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz": inner}))
    with pytest.raises(ValueError, match="archive"):
        sentiment.customers(path)
    monkeypatch.setattr(vader_archive, "SOURCE", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(sentiment, "DRAWN", 2)
    found = sentiment.customers(path)
    assert [(r["id"], r["rated"], r["label_a"], r["label_b"]) for r in found] == [
        ("c001", "a", "positive", "positive"), ("c002", "b", "positive", "positive"),
        ("c003", "e", "negative", "negative"), ("c004", "f", "negative", "negative")]


def test_shares_right_in_the_table_follow_from_the_stored_answers():
    """But for scores that three decimals round to zero, which have lost their sign."""
    with open(sentiment.data_path("42", "answers.csv"), newline="", encoding="utf-8") as file:
        told_of = {name: np.array(scores, float) for name, *scores in zip(*csv.reader(file)) if name != "id"}
    with open(sentiment.data_path("42", "runs.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == sentiment.COLUMNS
    (clear, _, difficulty), checked = sentiment.labelled(), 0
    for r in (r for r in rows if r["task"] == "frozen" and r["test"] and r["arm"] != "vader"):
        scores = told_of[f"{r['arm']}_{r['seed']}"]
        every = {f"{r['arm']}_{seed}": scores for seed in range(5)}
        elsewhere, here = (right(every, r["arm"])[0] for right in (sentiment.right_by_sentence, sentiment.right_by_review))
        parts = {"test": (here, scores[-len(here):])}
        parts |= {name: (elsewhere[difficulty == name], scores[:len(clear)][clear][difficulty == name]) for name in set(difficulty)}
        for name, (ok, told) in parts.items():
            assert abs(ok.mean() - float(r[name])) <= np.mean(told == 0) + 1e-4, (r["arm"], r["seed"], name)
            checked += np.all(told != 0)
    assert checked > 90, "of 25 heads and 4 sets"


def test_the_ledger_follows_from_the_tables():
    """The rows that the script would record from the shipped tables are the shipped ones."""
    told_of = {}
    rows = sentiment.earlier(["none"], told_of)
    shipped = [r for r in ledger.rows() if r["chapter"] == "42_sentiment"]
    made = list(sentiment.ledger_rows(rows, told_of))
    assert len(made) == len(shipped) == 5
    for new, old in zip(made, shipped):
        for name, value in new.items():
            assert old[name] == (f"{value:.3f}" if isinstance(value, float) else value), (name, old)
