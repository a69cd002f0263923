"""Sheets, measures and the reader's own picture of 53_segmentation."""
import importlib

import common
import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import immunohistochemistry
from skimage.metrics import contingency_table

segmentation = importlib.import_module("53_segmentation")
CHAPTER = segmentation.CHAPTER
YOURS = common.taught("53", "segment", "sheet_of", "shipped")


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


def cells(sheet):
    return sheet.reshape(3, 16, 3, 16).swapaxes(1, 2).reshape(9, 16, 16)


def whole_digits(split):
    """{the pixels of a digit: its name}"""
    images, labels = CHAPTER.digits(split, 14)
    return {image.tobytes(): label for image, label in zip(images, labels)}


def named(cell, known):
    """The name of the digit in a cell, wherever it lies."""
    for top, left in np.ndindex(3, 3):
        found = known.get(np.ascontiguousarray(cell[top:top + 14, left:left + 14]).tobytes())
        if found is not None and cell.sum() == pytest.approx(cell[top:top + 14, left:left + 14].sum()):
            return found
    raise AssertionError("no digit of the split")


PLACES = [("corner", [0] * 9), ("rows", [0, 0, 0, 3, 3, 3, 6, 6, 6]), ("right ends", [2, 2, 2, 5, 5, 5, 8, 8, 8])]


@pytest.mark.parametrize("task, cues", PLACES)
def test_the_classes_of_a_sheet_follow_from_the_names_of_its_digits(task, cues):
    known = whole_digits("test")
    pictures, classes = CHAPTER.sheets("test", 12, 5, task)
    for picture, kinds in zip(pictures, classes):
        names = [named(cell, known) for cell in cells(picture)]
        for i, (cell, kind) in enumerate(zip(cells(picture), cells(kinds))):
            wanted = np.where(cell > 0.3, 1 if names[i] == names[cues[i]] else 2, 0)
            np.testing.assert_array_equal(kind, np.full((16, 16), -1) if i in cues else wanted)


def test_sheets_of_a_split_hold_no_digit_of_another():
    tested = whole_digits("test")
    for picture in CHAPTER.sheets("train", 4, 0, "rows")[0]:
        with pytest.raises(AssertionError):
            named(cells(picture)[0], tested)


def test_no_test_digit_is_a_near_copy_of_a_training_digit():
    """Root mean square difference of pixels from 0 to 1; every twelfth test digit."""
    (test, _), (train, _) = (CHAPTER.digits(split, 14) for split in ("test", "train"))
    gaps = [np.sqrt(((train - digit) ** 2).mean(axis=(1, 2)).min()) for digit in test[::12]]
    assert len(gaps) > 100 and min(gaps) > 0.03
    assert np.sqrt(((train - train[0]) ** 2).mean(axis=(1, 2))).min() == 0


def test_the_confusion_matrix_is_that_of_scikit_image_and_leaves_the_ignored_out():
    rng = np.random.default_rng(0)
    said, truth = rng.integers(0, 3, (2, 4, 9, 9))
    np.testing.assert_array_equal(CHAPTER.confusion(said, truth), contingency_table(truth, said).toarray())
    truth[:, :3] = -1
    counted = truth >= 0
    np.testing.assert_array_equal(CHAPTER.confusion(said, truth), contingency_table(truth[counted], said[counted]).toarray())
    for kind, value in enumerate(CHAPTER.iou(CHAPTER.confusion(said, truth))):
        a, b = (said == kind) & counted, truth == kind
        assert value == (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("task", ["corner", "rows", "right ends"])
def test_even_weights_put_a_ninth_on_the_cue_and_a_perfect_map_everything(task):
    cues = CHAPTER.CUES[task]
    assert CHAPTER.on_cue(np.full((2, 36, 36), 1 / 36), cues) == pytest.approx(1 / 9)
    perfect = (CHAPTER.HOME == cues[CHAPTER.HOME][:, None]) / 4
    assert CHAPTER.on_cue(perfect[None], cues) == pytest.approx(1)
    assert CHAPTER.on_cue(perfect[None, ::-1, ::-1], cues) < 0.5


def test_the_wide_convolution_sees_every_square_from_every_square():
    torch.manual_seed(0)
    x = torch.randn(1, 32, 6, 6, requires_grad=True)
    answer = CHAPTER.CONTEXTS["wide"](32)(x)[0]
    for place in np.ndindex(6, 6):
        (seen,) = torch.autograd.grad(answer[0, :, *place].sum(), x, retain_graph=True)
        assert (seen != 0).any(dim=1).all(), place


def test_the_regions_of_the_tissue_do_not_overlap_and_cover_it():
    seen = np.zeros((512, 512), int)
    for region in CHAPTER.REGIONS.values():
        seen[region] += 1
    assert (seen == 1).all()


def test_the_gated_network_is_the_plain_one_where_its_gates_are_open():
    torch.manual_seed(0)
    gated, plain = CHAPTER.UNet(True), CHAPTER.UNet(False)
    plain.load_state_dict({k: v for k, v in gated.state_dict().items() if not k.startswith("gates")})
    for gate in gated.gates:
        torch.nn.init.constant_(gate.psi.bias, 1e3)
    x = torch.randn(2, 16, 16)
    torch.testing.assert_close(gated(x)[0], plain(x)[0])


# ---- now yours ---------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def sheet():
    return CHAPTER.sheets("test", 1, 7, "rows")


def written(path, picture, size=480):
    Image.fromarray(np.uint8(235 - 200 * picture)).resize((size, size)).save(path)
    return path


def test_a_sheet_from_a_file_is_the_sheet(tmp_path, sheet):
    read = YOURS.sheet_of(written(tmp_path / "a.png", sheet[0][0], 48))
    np.testing.assert_allclose(read, sheet[0][0], atol=0.03)


def test_a_readers_sheet_is_answered_with_a_map_that_sums_to_one(tmp_path, sheet):
    said, seen = YOURS.segment(written(tmp_path / "a.png", sheet[0][0]), 6)
    assert said.shape == (48, 48) and seen.shape == (6, 6) and seen.sum() == pytest.approx(1)
    assert (cells(said)[::3] == -1).all() and set(np.unique(said)) <= {-1, 0, 1, 2}


@pytest.mark.parametrize("cell", [0, 10, -1, 2.5, "3", None, [6], np.array([6, 6]), float("nan")])
def test_a_cell_that_is_none_is_refused(tmp_path, sheet, cell):
    with pytest.raises(ValueError, match="cell: expected a number from 1 to 9"):
        YOURS.segment(written(tmp_path / "a.png", sheet[0][0]), cell)


def test_pictures_that_are_no_sheet_are_refused_in_words(tmp_path, sheet):
    picture = sheet[0][0]
    holes = picture.copy()
    holes[16:32, 16:32] = 0
    Image.fromarray(immunohistochemistry()).save(tmp_path / "colours.png")
    Image.fromarray(np.zeros((100, 300), np.uint8)).save(tmp_path / "strip.png")
    Image.fromarray(np.uint8(40 + 200 * picture)).save(tmp_path / "night.png")
    (tmp_path / "empty.png").write_bytes(b"")
    with open(tmp_path / "huge.png", "wb") as file:
        file.truncate(20_000_001)
    for path, words in {written(tmp_path / "blank.png", 0 * picture): "blank", written(tmp_path / "faint.png", 0.1 * picture): "faint",
                        written(tmp_path / "holes.png", holes): r"none in \[5\]", written(tmp_path / "small.png", picture, 30): "48 ",
                        tmp_path / "colours.png": "colours", tmp_path / "strip.png": "300 x 100", tmp_path / "night.png": "light on dark",
                        tmp_path / "empty.png": "bytes", tmp_path / "huge.png": "bytes", tmp_path / "none.png": "no file is"}.items():
        with pytest.raises(ValueError, match=words):
            YOURS.segment(path, 6)


@pytest.mark.parametrize("path", [None, 5, ["mine.png"], b"mine.png", np.zeros((48, 48))])
def test_what_is_no_name_of_a_file_is_refused(path):
    with pytest.raises(ValueError, match="path: expected the name of a picture's file, got"):
        YOURS.segment(path, 6)


def test_a_sheet_with_a_cell_full_of_ink_is_refused(tmp_path, sheet):
    full = sheet[0][0].copy()
    full[20:30, 16:32] = 1
    with pytest.raises(ValueError, match="half full of ink"):
        YOURS.segment(written(tmp_path / "full.png", full), 6)


def test_the_cut_errs_on_blue_and_any_cut_stays_below_the_networks():
    import pandas as pd
    from skimage.color import rgb2gray, rgb2hed
    from skimage.filters import threshold_otsu

    from attnlib.data import data_path
    picture = immunohistochemistry()
    grey, stains = rgb2gray(picture), rgb2hed(picture)
    blue, brown = (stains[..., i] > threshold_otsu(stains[..., i]) for i in (0, 2))
    left, test = np.s_[:, :256], np.s_[256:, 256:]

    def overlap(cut, where):
        said = grey[where] < cut
        return (said & brown[where]).sum() / (said | brown[where]).sum()

    cuts = np.linspace(0.2, 0.9, 141)
    best = max(cuts, key=lambda cut: overlap(cut, left))
    said = grey[test] < best
    wrong, missed = said & ~brown[test], ~said & brown[test]
    assert blue[test][wrong].mean() > 0.8 > 0.4 > blue[test][~brown[test]].mean() and wrong.sum() > 3 * missed.sum()
    table = pd.read_csv(data_path("53", "runs.csv"))
    of_networks = table[(table["task"] == "tissue") & table["test"].notna()]["test"]
    np.testing.assert_allclose(max(overlap(cut, test) for cut in cuts), 0.716, atol=0.0005)
    assert len(of_networks) == 6 and of_networks.min() > 0.73
