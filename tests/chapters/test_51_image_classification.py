"""What 51_image_classification rests on: the maker of sheets, maps against other routes, folds, and what read_sheet refuses."""
import common
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from attnlib.data import data_path
from attnlib.tasks.pictures import digits
from attnlib.train import fit, reproducible

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")
torch.set_default_dtype(torch.float64)                       # the shipped weights are read as the chapter is
CHAPTER = common.taught("51", "sheets", "Reader", "sheet_eye", "answers", "cut", "shifted", "ORDER", "patches_of_people", "folds",
                        "mosaics", "face_reader", "face_evidence", "cell_of_place", "as_sheet", "read_sheet", "batch_loss", "FACE_STEPS",
                        "PatchTransformer")
torch.set_default_dtype(torch.float32)
TABLE = pd.read_csv(data_path("51", "runs.csv"))


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)


def cells_of(x, side):
    return x.reshape(len(x), side, 14, side, 14).transpose(0, 1, 3, 2, 4).reshape(len(x), side**2, 14, 14)


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_sheet_has_one_whole_digit_in_its_cell_and_of_its_split(split, side):
    x, y, cell = CHAPTER.sheets(split, 60, 0, side)
    images, labels = digits(split, 14)
    known = {image.tobytes(): label for image, label in zip(images, labels)}
    for parts, label, at in zip(cells_of(x, side), y, cell):
        whole = [i for i, part in enumerate(parts) if np.ascontiguousarray(part).tobytes() in known]
        assert whole == [at] and known[np.ascontiguousarray(parts[at]).tobytes()] == label


def test_without_the_digit_no_cell_is_whole_and_the_rest_is_as_it_was():
    with_, _, cell = CHAPTER.sheets("test", 60, 0)
    without, _, _ = CHAPTER.sheets("test", 60, 0, lone=False)
    same = (cells_of(with_, 3) == cells_of(without, 3)).all(axis=(2, 3))
    assert same.sum() == 60 * 8 and not same[np.arange(60), cell].any()


def test_every_cell_is_as_frequent():
    _, _, cell = CHAPTER.sheets("train", 6000, 1)
    assert (abs(np.bincount(cell, minlength=9) - 6000 / 9) < 4 * np.sqrt(6000 / 9)).all()


def test_the_evidence_of_attention_by_another_route():
    torch.manual_seed(0)
    model = CHAPTER.Reader(CHAPTER.sheet_eye(), "attention", 32, 10)
    x = torch.tensor(CHAPTER.sheets("test", 4, 0)[0])
    named, shares, evidence = CHAPTER.answers(model, x)
    numbers = {k: v.detach().numpy() for k, v in model.state_dict().items()}
    h = model.places(x).detach().numpy()
    for i in range(4):
        scores = np.array([numbers["w.weight"][0] @ np.tanh(numbers["V.weight"] @ p + numbers["V.bias"]) for p in h[i]])
        share = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(shares[i, :, 0], share)
        np.testing.assert_allclose(evidence[i], [s * (p @ numbers["out.weight"][named[i]]) for s, p in zip(share, h[i])], atol=1e-12)


def test_a_sheet_moved_by_a_cell_moves_its_map():
    """The rim of an empty cell reads zeros, as the padding does."""
    torch.manual_seed(0)
    model = CHAPTER.Reader(CHAPTER.sheet_eye(), "mean", 32, 10)
    digit = digits("test", 14)[0][7]
    x = torch.zeros(2, 70, 70)
    x[0, 14:28, 14:28] = x[1, 28:42, 42:56] = torch.tensor(digit)
    with torch.no_grad():
        h = model.places(x).reshape(2, 5, 5, 32)
    np.testing.assert_allclose(h[1, 2, 3], h[0, 1, 1], atol=1e-12)
    assert (h[1, 2, 3] - h[0, 2, 3]).abs().max() > 0.01


def test_shuffled_pictures_hold_the_same_patches_in_one_order():
    (plain, y), (mixed, z) = CHAPTER.shifted("valid", 20, 3), CHAPTER.shifted("valid", 20, 3, shuffled=True)
    assert (y == z).all() and sorted(CHAPTER.ORDER) == list(range(16))
    assert (CHAPTER.cut(mixed) == CHAPTER.cut(plain)[:, CHAPTER.ORDER]).all() and (mixed != plain).any()


def test_folds_split_no_group_and_lose_no_patch():
    x, face, group = CHAPTER.patches_of_people()
    for seed in range(3):
        part = CHAPTER.folds(face, group, seed)
        assert set(part) == set(range(5)) and all(len(set(part[group == g])) == 1 for g in set(group))
        assert all(30 <= sum(part == k) <= 52 and 15 <= face[part == k].sum() <= 25 for k in range(5))
    near = np.corrcoef(x.reshape(200, -1)) > 0.9
    assert all(group[i] == group[j] for i, j in np.argwhere(near))


def test_evidence_for_a_face_adds_up_to_the_logits():
    torch.manual_seed(0)
    x, face, _ = CHAPTER.patches_of_people()
    for pool in ("mean", "max", "attention"):
        model = CHAPTER.face_reader(pool)
        evidence, logits = CHAPTER.face_evidence(model, torch.tensor(x[:9])), model(torch.tensor(x[:9]))[0].detach().numpy()
        bias = (model.out.bias[1] - model.out.bias[0]).item()
        np.testing.assert_allclose(evidence.sum(axis=1) + bias, logits[:, 1] - logits[:, 0])


def test_the_cell_of_a_place():
    x, face, _ = CHAPTER.patches_of_people()
    pages, at = CHAPTER.mosaics(x, face, 20, 0)
    for page, cell in zip(pages, at):
        row, column = divmod(int(cell), 3)
        patch = page[25 * row:25 * row + 25, 25 * column:25 * column + 25]
        assert any((patch == p).all() for p in x[:100])
    assert [int(CHAPTER.cell_of_place(np.array(p))) for p in (0, 6, 7, 12, 13, 18, 7 * 19, 19 * 19 - 1)] == [0, 0, 1, 1, 2, 2, 3, 8]


def test_each_arm_met_the_same_rates_and_its_seeds():
    for task, rates, seeds in (("sheets", {0.003, 0.01, 0.03}, 6), ("patches", {0.001, 0.003, 0.01}, 3)):       # and one more at an end
        rows = TABLE[(TABLE["task"] == task) & ~TABLE["arm"].str.endswith("long")]
        for _, arm in rows.groupby("arm"):
            assert set(arm["rate"]) >= rates and list(arm[arm["test"].notna()]["seed"]) == list(range(seeds))
            tuned = arm[arm["seed"] == 0].groupby("rate")["valid"].max()
            assert set(arm[arm["test"].notna()]["rate"]) == {tuned.idxmax()} and min(tuned.index) < tuned.idxmax() < max(tuned.index)
    faces = TABLE[TABLE["task"] == "faces"].groupby("arm").size()
    assert faces.to_dict() == dict.fromkeys(["attention", "max", "mean", "nearest mean"], 15)


def test_one_rate_would_have_put_attention_far_ahead_of_the_mean():
    rows = TABLE[(TABLE["task"] == "sheets") & (TABLE["rate"] == 0.003) & (TABLE["seed"] == 0)].set_index("arm")["valid"]
    assert 0.7 < rows["mean"] < 0.76 and 0.9 < rows["attention"] < 0.93


def test_longer_the_map_of_attention_is_still_ahead():
    long = TABLE[TABLE["arm"].str.endswith(", long") & (TABLE["task"] == "sheets")].set_index("arm")["evidence_peak"]
    assert long["attention, long"] > max(long["mean, long"], long["max, long"]) + 0.02


def weight_on_black(split, first):
    """Weight on black in mosaics, and black's area: the first fold of a split, the first weights and batches of a seed."""
    x, face, group = CHAPTER.patches_of_people()
    out = CHAPTER.folds(face, group, split) == 0
    reproducible(first)
    model = CHAPTER.face_reader("attention")
    fit(model, CHAPTER.batch_loss(model, torch.tensor(x[~out]), torch.tensor(face[~out]).long(), first), CHAPTER.FACE_STEPS, 0.01)
    pages = torch.tensor(CHAPTER.mosaics(x[out], face[out], 200, split)[0])
    black = torch.nn.functional.avg_pool2d(pages[:, None], 5, 4, 2, count_include_pad=False).flatten(1).numpy() < 0.1
    return (CHAPTER.answers(model, pages)[1][..., 0] * black).sum(axis=1).mean(), black.mean()


def test_where_the_weights_lie_follows_the_first_weights_and_not_the_split():
    (on, area), (on_third, area_third) = weight_on_black(0, 2), weight_on_black(2, 0)
    assert on < area + 0.15 and on_third > area_third + 0.2


def test_untrained_maps_follow_dark_or_light_and_lose_the_patches_when_places_are_large():
    from skimage.data import camera
    photo = camera().reshape(128, 4, 128, 4).mean(axis=(1, 3)) / 255
    patches, order = CHAPTER.cut(torch.tensor(photo)[None], 8)[0], np.random.default_rng(0).permutation(256)
    mixed = patches[order].reshape(16, 16, 8, 8).transpose(1, 2).reshape(128, 128)

    def received(seed, picture, scale):
        reproducible(seed)
        model = CHAPTER.PatchTransformer(places=256, pixels=64)
        with torch.no_grad():
            model.place *= scale
            return model(torch.as_tensor(picture)[None], size=8)[1][0][0].mean(dim=(0, 1)).numpy()

    small = [np.corrcoef(received(seed, photo, 1), patches.mean(dim=1))[0, 1] for seed in range(20)]
    assert min(small) < 0 < max(small)
    for scale, low, high in ((1, 0.9, 1), (100, -0.3, 0.4)):
        assert all(low < np.corrcoef(received(seed, mixed, scale), received(seed, photo, scale)[order])[0, 1] < high for seed in range(5))


def saved(tmp_path, picture):
    picture.save(tmp_path / "page.png")
    return tmp_path / "page.png"


def page_of(x, size=420):
    return Image.fromarray(np.uint8(255 * (1 - x))).resize((size, size), Image.Resampling.NEAREST)


def test_a_sheet_of_the_test_is_read_from_a_file(tmp_path):
    x, y, cell = CHAPTER.sheets("test", 40, 9)
    said = [CHAPTER.read_sheet(saved(tmp_path, page_of(sheet))) for sheet in x]
    sure = np.array([words[0].isdigit() for words, _ in said])
    right = np.array([words[0] == str(label) for words, label in zip((w for w, _ in said), y)])
    assert sure.mean() > 0.5 and right[sure].mean() > 0.8
    assert np.mean([share.argmax() == at for (_, share), at in zip(said, cell)]) > 0.8
    assert all(share.shape == (3, 3) and abs(share.sum() - 1) < 1e-9 for _, share in said)


@pytest.mark.parametrize("picture, words", [
    (Image.new("L", (420, 420), 255), "blank"), (Image.new("L", (420, 420), 120), "dark page"),
    (Image.new("L", (420, 420), 0), "dark page"),
    (Image.new("L", (41, 41), 255), "at least 42 x 42"), (Image.new("L", (600, 300), 255), "square picture"),
    (Image.new("RGB", (420, 420), "red"), "grey picture"), (Image.new("L", (6000, 6000), 255), "at most 25,000,000 pixels"),
    (Image.fromarray(np.uint8(np.random.default_rng(0).integers(0, 255, (420, 420)))), "ink|strokes|dark"),
    (Image.fromarray(np.uint8(np.tile(np.linspace(255, 0, 420), (420, 1)))), "ink|strokes|dark")])
def test_what_is_no_sheet_is_refused_in_words(tmp_path, picture, words):
    with pytest.raises(ValueError, match=words):
        CHAPTER.read_sheet(saved(tmp_path, picture))


def test_an_empty_file_and_a_missing_one_are_refused(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    for name, words in (("empty.png", "with 0"), ("none.png", "no file is")):
        with pytest.raises(ValueError, match=words):
            CHAPTER.read_sheet(tmp_path / name)
