"""The stories of 44_question_answering: their supporting facts are needed and enough; exact match and F1 on cases done by hand."""
import importlib

import pytest
import torch

question_answering = importlib.import_module("44_question_answering")

CHAPTER = question_answering.CHAPTER


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


DRAWN = CHAPTER.stories(240, 9)


def place(facts, question):
    """Where the thing is after the sentences are acted out in order: people, bags and things move, and a thing is where its holder is."""
    holder, asked = {}, question.split()[-1]
    for sentence in facts:
        match sentence.split():
            case [who, "goes", "to", "the", where]:
                holder[who] = where
            case ["the", bag, "is", "taken", "by", who]:
                holder[bag] = who
            case ["the", thing, "is", "put", "into", "the", bag]:
                holder[thing] = bag
    for _ in range(3):
        asked = holder.get(asked, asked)
    return asked if asked in CHAPTER.PLACES else None


def subject(sentence):
    words = sentence.split()
    return words[1] if words[0] == "the" else words[0]


def test_supporting_facts_are_enough_and_needed():
    changed = 0
    for facts, asked, answer, support, hops in zip(*DRAWN):
        told, question, answer = [CHAPTER.FACTS[f] for f in facts], CHAPTER.QUESTIONS[asked], CHAPTER.PLACES[answer]
        chain = list(dict.fromkeys(support.tolist()))
        assert place(told, question) == answer
        assert len(chain) == hops and support.tolist() == chain + chain[-1:] * (3 - len(chain))
        assert place([told[j] for j in sorted(chain)], question) == answer
        for j in range(len(told)):
            without = place(told[:j] + told[j + 1:], question)
            if j not in chain:
                assert without == answer
            elif without == answer:                                     # only where an older fact about the same thing steps in
                assert any(subject(told[i]) == subject(told[j]) for i in range(j))
            else:
                changed += 1
    assert changed > 0.8 * DRAWN.hops.sum()


def test_no_two_facts_have_the_same_words():
    """What may leave the order of words out: a key is the sum of its words."""
    assert len({frozenset(fact.split()) for fact in CHAPTER.FACTS}) == len(CHAPTER.FACTS) == 56


def test_each_depth_is_drawn_alike_and_a_thirteenth_fact_is_an_error():
    assert torch.bincount(DRAWN.hops).tolist() == [0, 80, 80, 80]
    with pytest.raises(IndexError):
        CHAPTER.MemoryNet(3)(torch.zeros(1, 13, dtype=torch.long), DRAWN.question[:1])


@pytest.mark.parametrize("said, wanted, exact, f1", [
    ("The LIFO order.", "LIFO order", 1, 1),
    ("an order", "the LIFO order", 0, 2 / 3),
    ("no no", "no", 0, 2 / 3),                                          # a repeated word counts as often as both hold it
    ("last in, first out", "first in, last out", 0, 1),                 # F1 does not see the order of words
    ("yes", "no", 0, 0),
    ("", "no", 0, 0),
])
def test_marks_by_hand(said, wanted, exact, f1):
    assert CHAPTER.exact(said, wanted) == exact
    assert CHAPTER.f1(said, wanted) == pytest.approx(f1)


READERS = {"memory": lambda: CHAPTER.MemoryNet(3), "GRU": lambda: CHAPTER.GruReader(),
           "GRU, both ways": lambda: CHAPTER.GruReader(layers=2), "mean": lambda: CHAPTER.MeanReader()}


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_takes_its_word_counts_to_another_device_and_into_its_file(reader):
    model = READERS[reader]()
    assert {"in_fact", "in_question"} <= set(model.state_dict())
    far = model.to("meta")
    answer, scores = far(DRAWN.facts.to("meta"), DRAWN.question.to("meta"))
    assert answer.device.type == scores.device.type == "meta"


def test_stems_join_the_forms_of_a_word():
    assert CHAPTER.stems(["raise", "raises", "raised", "raising"]) == ["rais"] * 4
    texts, asked = ["A call that raises exceptions.", "A list of numbers."], ["raising an exception"]
    (with_stems,), (without,) = (CHAPTER.bm25_scores(texts, asked, stemmer) for stemmer in (CHAPTER.stems, None))
    assert with_stems[0] > 0 == with_stems[1] and not without.any()


def test_spans_are_ordered_and_short():
    logs = torch.full((1, 2, 4), -9.0)
    logs[0, 0, 3], logs[0, 1, 0], logs[0, 0, 1], logs[0, 1, 2] = 0.0, 0.0, -1.0, -1.0
    assert CHAPTER.spans(logs, 4).tolist() == [[1, 2]]                  # the two largest would end before they start
    logs = torch.full((1, 2, 4), -9.0)
    logs[0, 0, 0] = logs[0, 1, 2] = 0.0
    assert CHAPTER.spans(logs, 3).tolist() == [[0, 2]]
    assert CHAPTER.spans(logs, 2).tolist() != [[0, 2]]                  # three tokens are one too many
