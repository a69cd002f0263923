"""The reviews and sentences of 42_sentiment: parts do not touch, deciding words decide, pieces are found again in texts, the tables
follow from each other, and the reader's own sentence is judged, or refused in words."""
import collections
import csv
import hashlib
import importlib
import io
import tarfile

import common
import ledger
import matplotlib.pyplot as plt
import numpy as np
import pytest
import vader_archive

from attnlib import pretrained
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
    assert len(made) == len(shipped) == 7
    for new, old in zip(made, shipped):
        for name, value in new.items():
            assert old[name] == (f"{value:.3f}" if isinstance(value, float) else value), (name, old)


def table_of(name):
    return common.read_table(sentiment.data_path("42", f"{name}.csv"))


def test_people_take_sides_on_each_sentence_and_both_sides_are_as_frequent():
    rows, known = table_of("people"), {r["text"].lower() for r in task.natural()}
    counts = collections.Counter()
    for r in rows:
        each = np.array(r["ratings"].split(), int)
        good, bad = np.mean(each > 0), np.mean(each < 0)
        assert 15 <= len(each) <= 20 and max(good, bad) >= 0.6 and abs(each).max() <= 4
        assert 4 <= len(r["text"].split()) <= 30 and r["text"].lower() not in known
        counts[r["part"], r["kind"], bool(good > bad)] += 1
    kinds = ("film", "product", "tweet")
    assert counts == {(part, kind, side): count for part, count in sentiment.QUOTAS.items()
                      for kind in (*kinds, *(["newspaper"] if part == "test" else [])) for side in (True, False)}
    assert len({r["text"].lower() for r in rows}) == len(rows) == 3500


def test_no_review_lies_in_two_parts_and_none_of_the_customers_sentences_is_near_training():
    parts = collections.defaultdict(set)
    for r in table_of("people"):
        parts[r["id"].split("_")[0]].add(r["part"])
    assert all(len(found) == 1 for found in parts.values())
    held = {f"product {r['rated'].split('_')[0]}" for r in task.natural() if r["rated"]}
    assert len(held) > 50 and not any(parts.get(name, set()) - {"test"} for name in held)


def test_near_duplicates_are_counted():
    rows = [{"part": "train", "text": "a b c d"}, {"part": "test", "text": "a b c e"}, {"part": "test", "text": "a b x y"}]
    assert sentiment.near(rows) == 0.5
    assert round(sentiment.near(table_of("people")), 4) == 0.0075


def test_people_are_drawn_by_the_rule(tmp_path, monkeypatch):
    """Split opinions, short and long ones, doubles and sentences of natural.csv are left out; reviews stay whole."""
    customer = next(r for r in task.natural() if r["source"] == "customer")
    cases = [(f"{i}_{j}", f"it is number {i} and {j} &amp; more", [2] * 7 + [0] * 3 if j else [-1] * 10) for i in range(40) for j in (0, 1)]
    odd = [("90_1", "we do not agree here", [1] * 5 + [-1] * 5), ("91_1", "too short", [1] * 10), ("92_1", customer["text"], [1] * 10),
           ("93_1", "IT is number 1 and 1 &amp; more", [1] * 10), ("94_1", "so " * 31, [1] * 10)]
    names = {kind: sentiment.COLLECTIONS[kind] for kind in ("tweet", "newspaper")}
    inner = packed({f"hutto_ICWSM_2014/{name}_{what}.txt": "\r\n".join(
        f"{i}\t0\t{t}" if what == "GroundTruth" else f"{i}\t0\t1\t{r}" for i, t, r in cases + odd).encode()
        for name in names.values() for what in ("GroundTruth", "anonDataRatings")})
    path = tmp_path / "source.tar.gz"
    path.write_bytes(packed({"vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz": inner}))
    monkeypatch.setattr(vader_archive, "SOURCE", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(sentiment, "COLLECTIONS", names)
    monkeypatch.setattr(sentiment, "QUOTAS", {"test": 4, "valid": 3, "train": 5})
    rows = sentiment.people(path)
    counts = collections.Counter((r["kind"], r["part"], r["ratings"][0] == "2") for r in rows)
    assert counts == {("tweet", part, side): n for part, n in sentiment.QUOTAS.items() for side in (True, False)} | {
        ("newspaper", "test", side): 4 for side in (True, False)}
    assert all("& more" in r["text"] for r in rows) and not {r["text"] for r in rows} & {t for _, t, _ in odd}
    groups = collections.defaultdict(set)
    for r in rows:
        groups[r["id"].split("_")[0]].add(r["part"])
    assert all(len(found) == 1 for found in groups.values())


def test_shares_of_peoples_sentences_follow_from_the_stored_answers():
    """But for scores that three decimals round to zero."""
    answers, rows = table_of("people_answers"), sentiment.people_part("test")
    good, kinds = (np.array([r[name] for r in rows]) for name in ("good", "kind"))
    last = [r for r in table_of("people_runs") if r["split"] == "test"]
    assert [(r["arm"], r["seed"]) for r in last] == [(arm, str(seed)) for arm in sentiment.HEADS for seed in range(6)]
    for r in last:
        ok = (np.array([a[f"{r['arm']}_{r['seed']}"] for a in answers], float) > 0) == good
        assert abs(ok[kinds != "newspaper"].mean() - float(r["test"])) < 0.002
        assert all(abs(ok[kinds == kind].mean() - float(r[kind])) <= 0.0051 for kind in sentiment.COLLECTIONS)


def test_the_rate_of_each_head_is_the_best_on_the_validation_sentences():
    rows = table_of("people_runs")
    for arm in sentiment.HEADS:
        valid = collections.defaultdict(list)
        for r in rows:
            if r["arm"] == arm and r["split"] == "valid":
                valid[r["rate"]].append(float(r["valid"]))
        assert len(valid) == 5 and all(len(each) == 2 for each in valid.values())
        assert {r["rate"] for r in rows if r["arm"] == arm and r["split"] == "test"} == {max(valid, key=lambda rate: np.mean(valid[rate]))}


def test_flips_of_seed_0_follow_from_the_changed_words():
    texts = collections.defaultdict(list)
    for r in table_of("changes"):
        texts[r["id"]].append(r)
    flips = {r["word"]: r for r in table_of("flips") if r["seed"] == "0"}
    assert len(texts) == 200 == int(flips["darkest word"]["sentences"])
    turned = collections.defaultdict(list)
    for words in texts.values():
        assert [int(r["place"]) for r in words] == list(range(len(words)))
        assert abs(sum(float(r["weight"]) for r in words) - 1) < 0.6             # the rest lies on [CLS] and [SEP]
        dark = max(words, key=lambda r: float(r["weight"]))
        most = max(words, key=lambda r: abs(float(r["deleted"]) - float(r["p"])))
        for sort, r in (("darkest word", dark), ("largest change", most)):
            turned[sort].append([(float(r[name]) > 0.5) != (float(r["p"]) > 0.5) for name in ("hidden", "deleted")])
    for sort, each in turned.items():
        np.testing.assert_allclose(np.mean(each, axis=0), [float(flips[sort][name]) for name in ("hidden", "deleted")], atol=0.011)
    assert int(flips["has an opposite"]["sentences"]) == sum(any(r["exchanged"] for r in words) for words in texts.values())


def test_each_word_has_one_opposite():
    words = sentiment.data_path("42", "opposites.txt").read_text(encoding="utf-8").split()
    assert len(words) == len(set(words)) == 210 and all(word == word.lower() and word.isalpha() for word in words)


@pytest.fixture(scope="module")
def chapter():
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    sentiment.reproducible(0)
    pretrained.pretrained.cache_clear()
    yield common.taught("42", "heads", "words_of", "read_variants", "three_tests", "complaint", "complaint_of", "opinion", "OPPOSITES")
    torch.set_default_dtype(before)
    pretrained.pretrained.cache_clear()
    plt.close("all")


def test_the_shipped_heads_give_the_stored_answers(chapter):
    rows, answers = sentiment.people_part("test")[::100], table_of("people_answers")[::100]
    x, mask, _ = task.read([r["text"] for r in rows])
    for arm, head in chapter.heads.items():
        np.testing.assert_allclose(head(x, mask)[0], [float(a[arm + "_0"]) for a in answers], atol=6e-4)


def test_every_sign_of_a_text_belongs_to_a_word(chapter):
    text = "It isn't naïve, but the so-called café was unputdownable :) 😀 $$"
    spans, places = chapter.words_of(text)
    assert [text[a:b] for a, b in spans] == text.replace(",", " ,").split()
    assert sorted(i for at in places for i in at) == list(range(1, sum(map(len, places)) + 1))
    for r in sentiment.people_part("test"):
        spans, places = chapter.words_of(r["text"])
        assert "".join(r["text"][a:b] for a, b in spans) == "".join(r["text"].split())
        assert sorted(i for at in places for i in at) == list(range(1, len(pretrained.pretrained()[0].encode(r["text"])) - 1))


def test_hidden_deleted_and_exchanged_are_what_they_say(chapter):
    text, head = "The staff was helpful, and boring.", chapter.heads["attention"]
    variants = chapter.read_variants(text)
    found, p = chapter.three_tests(head, variants)
    assert list(found.index) == ["The", "staff", "was", "helpful", ",", "and", "boring", "."]
    assert variants[2] == {3: "unhelpful", 6: "fun"} and np.isnan(found["exchanged"]).sum() == 6

    def alone(changed):
        x, mask, _ = task.read([changed])
        return head(x, mask)[0].sigmoid().item()

    np.testing.assert_allclose(p, alone(text))
    np.testing.assert_allclose(found["deleted"].iloc[3], alone("The staff was , and boring."))
    np.testing.assert_allclose(found["exchanged"].iloc[6], alone("The staff was helpful, and fun."))
    x, mask, _ = task.read([text])
    weights = head(x, mask)[1][0].clone()
    (at,) = variants[1][3][:1]
    assert len(variants[1][3]) == 1 and abs(weights[at].item() - found["weight"].iloc[3]) < 1e-12
    weights[at] = 0
    left = (weights / weights.sum()) @ x[0]
    np.testing.assert_allclose(found["hidden"].iloc[3], head.out(left).sigmoid().item())


@pytest.mark.parametrize("bad, told", [
    ("", "got 0"), (" \n", "got 0"), (None, "got NoneType"), (7, "got int"), (["a good film"], "got list"), (b"a good film", "got bytes"),
    ("good", "got 1"), ("review.txt", "got 1"), ("my review.txt", "got 2"), ("/home/me/my/review.txt", "got 1"), ("😡😡😡", "got 0"),
    ("12 34 56 !", "got 0"), ("房间很好", "got 1"), ("very " * 61, "got 61"), ("word " * 10_000, "got 10000"),
    ("a bad \ud83d room", "half"),
    ("Das Zimmer war sehr schön und sauber.", "none of the"), ("La habitacion no estaba limpia", "none of the"),
    ("Комната была очень хорошая", "none of the"), ("房间 很 好看 我 喜欢", "none of the"), ("xqz vbn wrt plk", "such as 'xqz'"),
    ("a good film" + "!?" * 300, "too many signs")])
def test_what_is_no_sentence_gets_a_sentence(chapter, bad, told):
    answer = chapter.opinion(bad)
    assert answer.startswith("expected a sentence or two in English") and told in answer and len(answer) < 200


@pytest.mark.parametrize("bad, told", [
    (["good"], "got list"), (7, "got int"), ({"good": 3}, "no word"), ({3: "good"}, "no word"), ({"good": " "}, "no word"),
    ({"plot": "cast"}, "no 'plot'"), ({"good": "\ud83d"}, "half of one"), ({"good": "very " * 200}, "30 signs")])
def test_words_that_cannot_be_exchanged_get_a_sentence(chapter, bad, told):
    answer = chapter.opinion("It was a good film.", instead=bad)
    assert answer.startswith("instead: expected words of the text") and told in answer


@pytest.mark.parametrize("text, side", [
    ("Highly recommended, it is a great camera!", "good"), ("THE ROOM WAS LOVELY AND CLEAN", "good"),
    ("It broke after one week, what a waste of $$ and $ time.", "bad"), ("the battery is terrible 😡 and I’m very unhappy", "bad"),
    ("A dull, lifeless film. " * 10, "bad")])
def test_a_sentence_is_judged(chapter, text, side):
    answer = chapter.opinion(text)
    assert f"{side}, with probability" in answer and "Darkest:" in answer
    plt.gcf().canvas.draw()
    plt.close("all")


def test_own_exchanges_are_tried(chapter):
    assert chapter.OPPOSITES["good"] == "bad" and "camera" not in chapter.OPPOSITES
    assert "probability" in chapter.opinion("It is a good Camera.", instead={"camera": "phone", "GOOD": "poor"})
    (labels,) = [ax.get_images()[0].get_array() for ax in plt.gcf().axes]
    assert np.isfinite(labels.filled(np.nan)[3]).tolist() == [False, False, False, True, True, False]
    plt.close("all")


def test_at_least_97_of_100_test_sentences_are_read(chapter):
    refused = [r["text"] for r in sentiment.people_part("test") if len(r["text"].split()) > 3 and chapter.complaint(r["text"])]
    assert len(refused) < 0.03 * 800
