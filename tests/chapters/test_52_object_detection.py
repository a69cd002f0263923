"""What 52_object_detection rests on: made scenes tell the truth, measures agree with other routes, a reader's file is read or refused."""
import itertools

import common
import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("pycocotools")
from attnlib.tasks import detection  # noqa: E402
from attnlib.tasks.pictures import digits, read_picture  # noqa: E402

CHAPTER = common.taught("52", "claims", "matched", "own_cell", "tally", "QueryHead", "on_box", "coins", "coin_windows", "CELLS")
T = torch.tensor


@pytest.fixture(autouse=True)
def double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def test_a_scene_is_its_boxes_and_nothing_else():
    """Every box is tight around ink, no two overlap, and outside of them the canvas is empty."""
    images = np.zeros((2, 28, 28))
    images[0, 4:24, 10:18], images[1, 3:25, 12:14] = 1, 1
    for seed in range(20):
        canvas, boxes, classes = detection.scene(np.random.default_rng(seed), images, np.array([3, 7]), (3, 5))
        inside, ratio = np.zeros_like(canvas, dtype=int), {3: [], 7: []}
        apart = np.zeros((49, 49), int)
        for (x, y, w, h), c in zip(boxes.astype(int), classes):
            cut = canvas[y:y + h, x:x + w] > 0.2
            assert cut[0].any() and cut[-1].any() and cut[:, 0].any() and cut[:, -1].any()
            inside[y:y + h, x:x + w] += 1
            apart[y:y + h + 1, x:x + w + 1] += 1
            ratio[c].append(h / w)
        assert apart.max() == 1 and not canvas[inside == 0].any()
        assert all(1.5 < r < 3 for r in ratio[3]) and all(r > 3 for r in ratio[7])


def test_no_split_shares_a_digit_and_boxes_are_in_the_canvas():
    for split in ("train", "valid", "test"):
        pictures, classes, boxes = detection.scenes(split, 40, digits)
        low, high = boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2
        assert low.min() >= 0 and high.max() <= 1 and (pictures.amax((1, 2)) > 0.5).all()
        assert (boxes[classes == detection.NOTHING] == 0.5).all()
        with pytest.raises(KeyError, match=split):
            detection.scenes(split, 2, {}.__getitem__)
    assert not torch.equal(detection.scenes("train", 40, digits)[0], detection.scenes("valid", 40, digits)[0])


def test_the_pairing_is_the_cheapest_of_all():
    labels, boxes = torch.randn(6, 5, 11), torch.rand(6, 5, 4)
    classes, true = torch.randint(10, (6, 3)), torch.rand(6, 3, 4)
    classes[2, 1:] = detection.NOTHING
    picture, slot, place = CHAPTER.matched(labels, boxes, classes, true)
    for i in range(6):
        n = int((classes[i] != detection.NOTHING).sum())
        far = (boxes[i, :, None] - true[i, None, :n]).abs().sum(-1)
        cost = (5 * far - labels[i].softmax(-1)[:, classes[i, :n]]).numpy()
        best = min(itertools.permutations(range(5), n), key=lambda slots, cost=cost, n=n: cost[list(slots), range(n)].sum())
        found = dict(zip(place[picture == i].tolist(), slot[picture == i].tolist()))
        assert tuple(found[t] for t in range(n)) == best


def test_the_cell_that_speaks_holds_the_centre():
    classes, true = T([[4, 10]]), T([[[0.30, 0.90, 0.2, 0.1], [0.5, 0.5, 0.5, 0.5]]])
    picture, cell, place = CHAPTER.own_cell(None, None, classes, true)
    assert (picture.tolist(), cell.tolist(), place.tolist()) == ([0], [10 * 12 + 3], [0])
    assert CHAPTER.on_box(true[0, 0])[cell].all()


def test_perfect_answers_have_precision_one_and_a_tally_without_faults():
    _, classes, boxes = detection.scenes("test", 20, digits)
    labels = torch.full((*classes.shape, 11), -20.0).scatter(-1, classes[..., None], 20.0)
    found = CHAPTER.claims(labels, boxes)
    assert detection.average_precision(found, classes, boxes) == (pytest.approx(1), pytest.approx(1))
    assert CHAPTER.tally(found, classes, boxes).tolist() == [1, 0, 0]
    twice = [torch.cat([each, each]) for each in found]
    assert CHAPTER.tally(twice, classes, boxes).tolist() == [1, 1, 0]
    moved = [each + T([0, 0, 0.5, 0, 0, 0]) for each in found]
    assert CHAPTER.tally(moved, classes, boxes)[0] < 0.2
    wrong = [each + T([0, 1, 0, 0, 0, 0]) for each in found]
    assert detection.average_precision(wrong, classes, boxes)[0] < 0.1
    assert detection.average_precision([each[:0] for each in found], classes, boxes) == (0, 0)


def test_suppression_keeps_the_surest_of_those_that_overlap():
    labels = torch.zeros(1, 3, 11)
    labels[0, :, 2] = T([4.0, 6.0, 5.0])
    boxes = T([[[0.5, 0.5, 0.2, 0.2], [0.51, 0.5, 0.2, 0.2], [0.8, 0.8, 0.2, 0.2]]])
    (kept,) = CHAPTER.claims(labels, boxes, suppress=True)
    np.testing.assert_allclose(kept[:, 2], [0.51, 0.8])
    assert len(CHAPTER.claims(labels, boxes)[0]) == 3


def test_without_talk_a_query_depends_on_no_other():
    """Another query's vector changes nothing; with talk it does."""
    cells = torch.randn(1, CHAPTER.CELLS, 48)
    for talk in (True, False):
        head = CHAPTER.QueryHead(talk)
        before = head(cells)[-1][0]
        with torch.no_grad():
            head.queries[3] += 5
        after = head(cells)[-1][0]
        others = torch.arange(10) != 3
        assert torch.equal(before[:, others], after[:, others]) != talk


def test_a_hidden_cell_has_no_weight():
    seen = torch.ones(1, 10, CHAPTER.CELLS, dtype=torch.bool)
    seen[0, 2, :70] = False
    weights = CHAPTER.QueryHead()(torch.randn(1, CHAPTER.CELLS, 48), seen)[-1][2]
    assert not weights[0, 2, :70].any() and weights[0, 1, :70].all()


def page(digits, size=(120, 160), ink=20, paper=240):
    picture = np.full(size, paper, np.uint8)
    for x, y, h in digits:
        picture[y:y + h, x:x + max(3, h // 3)] = ink
    return Image.fromarray(picture)


def test_a_readers_digits_come_to_the_height_of_training(tmp_path):
    page([(20, 30, 42), (70, 40, 40)]).save(tmp_path / "a.png")
    canvas, scale, (left, top) = detection.prepare(read_picture(tmp_path / "a.png"))
    rows, columns = (np.nonzero((canvas > 0.5).any(axis))[0] for axis in (1, 0))
    assert scale == pytest.approx(14 / 42) and canvas.shape == (48, 48) and 13 <= np.ptp(rows) + 1 <= 17
    assert left + columns[0] / scale == pytest.approx(20, abs=4) and top + rows[0] / scale == pytest.approx(30, abs=4)


def test_three_digits_side_by_side_fit_a_little_smaller(tmp_path):
    page([(20, 30, 40), (90, 30, 40), (170, 30, 40)], (120, 260)).save(tmp_path / "a.png")
    canvas, scale, _ = detection.prepare(read_picture(tmp_path / "a.png"))
    assert 11 / 40 < scale < 14 / 40 and (canvas[:, 1:-1] > 0.5).any(0).sum() > 9


@pytest.mark.parametrize("make, said", [
    (lambda p: Image.fromarray(np.random.default_rng(0).integers(140, 255, (90, 90)).astype(np.uint8)).save(p), "noise"),
    (lambda p: Image.fromarray(np.where(np.eye(90), np.nan, 0.9).astype("float32")).save(p, "TIFF"), "nan"),
    (lambda p: page([]).save(p), "nearly blank"),
    (lambda p: page([(20, 30, 40)], ink=240, paper=20).save(p), "dark ground"),
    (lambda p: page([(20, 30, 8)]).save(p), "at least 10 pixels"),
    (lambda p: page([(5, 30, 20), (140, 30, 20)]).save(p), "cut the picture into parts"),
    (lambda p: Image.new("RGB", (90, 90), (250, 200, 40)).save(p), "colours"),
    (lambda p: p.write_bytes(b""), "bytes"),
    (lambda p: p.write_bytes(b"0" * 21_000_000), "bytes"),
    (lambda p: p.write_text("seven"), "none that can be read"),
    (lambda p: None, "no file"),
])
def test_what_cannot_be_read_is_refused_in_words(make, said, tmp_path):
    make(tmp_path / "a.png")
    with pytest.raises(ValueError, match=said):
        detection.prepare(read_picture(tmp_path / "a.png"))


def test_there_are_24_coins_and_the_halves_share_no_label():
    picture, boxes = CHAPTER.coins()
    assert picture.shape == (101, 128) and len(boxes) == 24
    assert ((boxes[:, 2:] > 9) & (boxes[:, 2:] < 24)).all()
    middle = boxes[:, 0] + boxes[:, 2] / 2
    left, right = middle < 64, middle >= 64
    assert left.sum() == right.sum() == 12
    _, classes, found = CHAPTER.coin_windows("right")
    assert (classes == 0).sum() == 59 and set(classes.unique().tolist()) == {0, detection.NOTHING}
    assert (found[classes == 0][:, 2:] < 0.5).all()


def test_a_claim_rests_on_the_digits_own_cells_and_not_on_those_around_it():
    """Hide the digit's cells from the query, or as many right around it: which right claims stay?"""
    taught = common.taught("52", "QueryHead", "Backbone", "kept", "part", "iou", "on_box", "centres", "CELLS", "NOTHING")
    backbone, head = taught.Backbone().double(), taught.QueryHead().double()
    backbone.load_state_dict(taught.part("backbone"))
    head.load_state_dict(taught.part("queries"))
    pictures, classes, boxes = detection.scenes("test", 60, digits)
    stay = {"digit": [], "around": []}
    with torch.no_grad():
        cells = backbone(pictures.double())
        labels, said, _ = head(cells)[-1]
        for i, slot in (labels.softmax(-1)[..., :taught.NOTHING].amax(-1) >= 0.5).nonzero().tolist():
            kind = labels[i, slot, :taught.NOTHING].argmax()
            hit = (taught.iou(said[i, slot], boxes[i].double()) >= 0.5) & (classes[i] == kind)
            if not hit.any():
                continue
            box = boxes[i][hit][0].double()
            own = taught.on_box(box)
            far = (taught.centres() - box[:2]).abs().amax(-1)
            far[own] = 9
            for name, hidden in (("digit", own), ("around", far.argsort()[:int(own.sum())])):
                seen = torch.ones(1, 10, taught.CELLS, dtype=torch.bool)
                seen[0, slot, hidden] = False
                new, moved, _ = head(cells[[i]], seen)[-1]
                p, again = new[0, slot].softmax(-1)[:taught.NOTHING].max(-1)
                stay[name].append(bool(p >= 0.5 and again == kind and taught.iou(moved[0, slot], box) >= 0.5))
    assert len(stay["digit"]) > 100 and np.mean(stay["digit"]) < 0.05 and np.mean(stay["around"]) > 0.93
