"""36 · The reader's own letter: what is none gets a sentence, in either function, and what is one gets the answer of the model."""
import common
import matplotlib.pyplot as plt
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("keras")
from attnlib import data, train  # noqa: E402

CHAPTER = common.taught("36", "Classifier", "SHA256", "collect", "draw_map", "drawing_of", "in_mark", "judge", "letter_of", "split",
                        "strokes", "weights_of")
TRIANGLE = [[(100, 0), (1100, 0), (600, 1100)]]


@pytest.fixture(scope="module")
def judge():
    train.reproducible(0)
    model = CHAPTER.Classifier("learned query")
    model.load_state_dict(data.weights("36", CHAPTER.SHA256))
    CHAPTER.judge.__globals__.update(model=model, letters=CHAPTER.split(list(CHAPTER.collect())))
    return CHAPTER.judge


@pytest.mark.parametrize("typed, says", [
    ("", "got ''"), ("   ", "got ''"), ("word", "got 'word'"), ("letter.txt", "got 'letter.txt'"), ("好", "got '好'"), ("😡", "got '😡'"),
    ("7", "got '7'"), (".", "got '.'"),
    ("x̂", "got 'x̂'"), ("ǅ", "got"), ("é" * 10_000, "got 'éé"),
    ("\ud800", "got '\\ud800'"), ("\0", "got"), (None, "got NoneType"), (3.5, "got float"), (b"e", "got bytes"),
    (["e"], "got list"), ("𝐀", "got '𝐀'|does not draw '𝐀'"),
    ("𐐀", "does not draw '𐐀'")])
def test_what_is_no_letter_gets_a_sentence(typed, says):
    with pytest.raises(ValueError, match="^letter: ") as error:
        CHAPTER.judge(typed)
    assert any(one in str(error.value) for one in says.split("|")) and len(str(error.value)) < 140
    assert not plt.get_fignums()


@pytest.mark.parametrize("face", ["Comic", "", None, 7, ["Sans"], {"Sans"}, "x" * 10_000, "../Sans"])
def test_a_face_that_is_not_there_gets_a_sentence(face):
    with pytest.raises(ValueError, match="^face: expected one of .*'Sans'") as error:
        CHAPTER.judge("e", face)
    assert len(str(error.value)) < 140


@pytest.mark.parametrize("drawn", [
    None, 7, "e", b"e", {}, [], [[]], [None], ["abc"], [[(0, 0), (9, 9)]], [[(0, 0, 0)] * 3], [[(5, 5)] * 4], [[1, 2, 3]],
    [[(0, 0), (1, 1), (2,)]],
    [[(0, 0), (900, 0), (None, 5)]], [[(0, 0), (900, 0), ("a", 5)]], [[(0, 0), (900, 0), (1e9, 5)]],
    [[(0, 0), (900, 0), (float("nan"), 5)]],
    [[(0, 0), (900, 0), (10**400, 5)]], [[(0, 0), (900, 0), (1j, 5)]], TRIANGLE + [7],
    TRIANGLE * 84, [[(i, i % 7) for i in range(10_000)]]],
    ids=lambda drawn: str(drawn)[:30])
def test_what_is_no_drawing_gets_a_sentence(drawn):
    with pytest.raises(ValueError, match="^strokes: expected .*got ") as error:
        CHAPTER.drawing_of(drawn)
    assert len(str(error.value)) < 180


def test_a_drawing_has_the_points_of_an_outline():
    points = CHAPTER.drawing_of(TRIANGLE + TRIANGLE)
    assert points.shape == (6, 3) and points[:, 2].tolist() == [1, 0, 0, 1, 0, 0]
    assert points[0, :2].tolist() == [-1.0, -1.2]
    letter = CHAPTER.letter_of("é", "Sans")
    again = [[(500 * x + 600, 500 * y + 600) for x, y, _ in stroke] for stroke in CHAPTER.strokes(letter.points)]
    assert abs(CHAPTER.drawing_of(again) - letter.points).max() < 1e-12


@pytest.mark.parametrize("typed, face, answer", [
    ("ñ", "Sans", "marked: right (n was not"), ("e\u0301", "Serif", "marked: right (e was not"), (" g ", "SansMono", "not marked: right"),
    ("Й", "Sans-Bold", "marked: right (И was among"), ("i", "Serif", "marked: wrong")])
def test_a_letter_gets_its_answer_and_its_map(judge, typed, face, answer):
    assert answer.split(":")[0] in judge(typed, face) and len(plt.gcf().axes) == 1
    plt.close("all")


def test_the_largest_and_the_longest_letter_of_training_can_be_drawn(judge):
    points = [x.points for x in judge.__globals__["letters"]["train"]]
    low, high = (500 * end([end(p[:, :2], axis=0) for p in points], axis=0) + 600 for end in (np.min, np.max))
    space = CHAPTER.drawing_of.__globals__
    assert tuple(low.round()) == space["LOW"] and tuple(high.round()) == space["HIGH"] and max(map(len, points)) == space["MOST"]
