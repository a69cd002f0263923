"""The films of 62_video: the decisive frame decides, the visitor is where it is said to be; the measures of a map; what is no film is
refused; the animation of the notebook moves."""
import base64
import importlib
import io
import json
from pathlib import Path

import common
import numpy as np
import pytest
from PIL import Image

av = pytest.importorskip("av")
torch = pytest.importorskip("torch")
pytest.importorskip("mlxtend")

video = importlib.import_module("62_video")
CHAPTER = common.taught("62", "films", "torn", "pictures", "camera", "scenes", "auc", "average_precision", "unusual", "change", "read_film",
                        "nearest", "moments", "FAINT", "animation",
                        "FRAMES", "SIDE", "WALL", "HIGH", "WIDE", "VISIT", "FEWEST", "MOST", "TIMES", "CELLS", "SpaceTime")
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "62_video.ipynb"


@pytest.fixture(autouse=True)
def float64(default_dtype):
    torch.set_default_dtype(torch.float64)


def rng(seed=0):
    return np.random.default_rng(seed)


# ---- made films ----------------------------------------------------------------------------------------------------

def test_tearing_twice_mends_and_keeps_the_ink():
    image = rng().random((3, 14, 14))
    assert not np.array_equal(CHAPTER.torn(image), image)
    np.testing.assert_array_equal(CHAPTER.torn(CHAPTER.torn(image)), image)
    np.testing.assert_array_equal(np.sort(CHAPTER.torn(image).ravel()), np.sort(image.ravel()))


@pytest.mark.parametrize("whole", [1, 2])
def test_the_whole_frames_hold_whole_digits_of_the_split_and_the_first_is_asked_for(whole):
    x, digit, when = CHAPTER.films(rng(), "test", 30, whole)
    images, labels = CHAPTER.pictures("test", 14)
    assert when.shape == (30, whole) and (np.diff(when, axis=1) > 0).all()
    for i in range(30):
        for t in range(CHAPTER.FRAMES):
            frame = x[i, t].numpy().reshape(CHAPTER.SIDE, CHAPTER.SIDE)
            cuts = np.stack([frame[a:a + 14, b:b + 14] for a in range(3) for b in range(3)])
            misses = {name: ((cuts[:, None] - pool[None]) ** 2).mean(axis=(2, 3)).min(axis=0)
                      for name, pool in (("whole", images), ("torn", CHAPTER.torn(images)))}
            assert (misses["whole"].min() < misses["torn"].min()) == (t in when[i])
            if t == when[i, 0]:
                assert labels[misses["whole"].argmin()] == digit[i]


def test_empty_frames_hold_noise_alone():
    x, _, when = CHAPTER.films(rng(), "valid", 20, others="empty")
    quiet = np.ones((20, CHAPTER.FRAMES), bool)
    quiet[np.arange(20), when[:, 0]] = False
    assert x.numpy()[quiet].max() < 0.8 < x.numpy()[~quiet].max(axis=1).min()


def test_the_visitor_is_seen_for_ten_frames_and_stands_for_four():
    x, comes, there = CHAPTER.camera(rng(), "test", 60)
    assert 0.3 < comes.mean() < 0.7
    np.testing.assert_array_equal(there.sum(axis=1), CHAPTER.VISIT * comes)
    low = x.reshape(60, -1, CHAPTER.HIGH, CHAPTER.WIDE)[:, :, 5:]                # no car comes down here
    walked = []
    for i in np.flatnonzero(comes):
        light = np.median(low[i], axis=0)
        away = np.abs(low[i] - light).mean(axis=(1, 2))
        assert away[there[i]].mean() > away[~there[i]].mean() + 0.003
        steps = np.abs(np.diff(low[i][there[i]], axis=0)).mean(axis=(1, 2))
        assert np.sort(steps)[3] < 0.066                                        # four steps of noise alone
        walked.append(steps.max())
    assert np.median(walked) > 0.066                                            # walking changes more, but for those at the edge


def test_longer_films_have_the_same_visit():
    _, comes, there = CHAPTER.camera(rng(), "test", 20, 160)
    np.testing.assert_array_equal(there.sum(axis=1), CHAPTER.VISIT * comes)


def test_lamp_and_ring_are_in_two_frames_and_the_digit_is_that_of_the_cell():
    x, digit, lit, ringed = CHAPTER.scenes(rng(), "test", 50)
    images, labels = CHAPTER.pictures("test", 7)
    cells = x.numpy().reshape(50, CHAPTER.TIMES, CHAPTER.CELLS, 9, 9)
    for i in range(50):
        lamps = cells[i, :, 0].mean(axis=(1, 2))
        rings = cells[i, :, :, 0].mean(axis=-1)
        rings[:, 0] = 0
        assert np.flatnonzero(lamps == 1).tolist() == [lit[i]] and np.isin(lamps, [0, 1]).all()
        (place,) = np.argwhere(rings == 1)
        assert place[1] == ringed[i] and place[0] != lit[i]
        inside = cells[i, lit[i], ringed[i], 1:8, 1:8]
        assert labels[np.abs(images - inside).sum(axis=(1, 2)).argmin()] == digit[i] < 4


# ---- measures ------------------------------------------------------------------------------------------------------

def test_measures_against_other_routes():
    for seed in range(20):
        marks, there = np.round(rng(seed).normal(size=30), 1), rng(seed + 99).random(30) < 0.3
        there[:2] = True, False
        pairs = [(a > b) + (a == b) / 2 for a in marks[there] for b in marks[~there]]
        assert np.isclose(CHAPTER.auc(marks, there), np.mean(pairs))
        order = sorted(range(30), key=lambda i: (-marks[i], i))
        notes = [sum(there[order[:k + 1]]) / (k + 1) for k in range(30) if there[order[k]]]
        assert np.isclose(CHAPTER.average_precision(marks, there), np.mean(notes))


def test_unusual_masks_the_neighbours_and_finds_what_is_alone():
    film = np.tile(rng().random(8), (40, 1)) + 0.001 * rng(1).normal(size=(40, 8))
    film[20:23] += 1
    marks, weights = CHAPTER.unusual(film, 3)
    assert set(np.argsort(-marks)[:3]) == {20, 21, 22}
    near = np.abs(np.arange(40)[:, None] - np.arange(40)) <= 3
    assert (weights[near] == 0).all() and np.allclose(weights.sum(axis=1), 1)


def test_a_film_that_repeats_itself_exactly_has_nothing_unusual():
    marks, _ = CHAPTER.unusual(np.tile(rng().random((10, 4)), (4, 1)), 2)
    assert np.allclose(marks, 0)


def test_which_patches_hear_of_one():
    x = torch.randn(1, 4, 5, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    other = x.clone()
    other[0, 1, 2] = other[0, 1, 2].flip(0)
    for axes, wanted in (("time", {(t, 2) for t in range(4)}), ("space", {(1, s) for s in range(5)}),
                         ("joint", {(t, s) for t in range(4) for s in range(5)})):
        layer = CHAPTER.SpaceTime(32, axes)
        moved = (layer(x) - layer(other)).abs().sum(dim=-1)[0] > 1e-9
        assert {tuple(p) for p in moved.nonzero().tolist()} == wanted


# ---- the reader's own film -------------------------------------------------------------------------------------------

def write(path, frames, rate=25, codec="mpeg4"):
    """Write grey frames (n, height, width), 0 to 255, as a film."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:], "yuv420p"
        for frame in frames:
            rgb = np.repeat(frame[..., None], 3, axis=-1).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
    return path


def moving(n=40, height=48, width=64):
    frames = np.full((n, height, width), 60)
    for i in range(n):
        frames[i, 8:24, i % 48:i % 48 + 16] = 220
    return frames


@pytest.mark.parametrize("height, width, small", [(48, 64, (30, 40)), (64, 48, (40, 30)), (16, 320, (2, 40))])
def test_a_readers_film_is_read(tmp_path, height, width, small):
    frames, seconds = CHAPTER.read_film(write(tmp_path / "mine.mp4", moving(40, height, width)[:, :height, :width]))
    assert frames.shape == (40, *small) and 0 <= frames.min() and frames.max() <= 1
    np.testing.assert_allclose(seconds, np.arange(40) / 25)
    assert CHAPTER.read_film(tmp_path / "mine.mp4", every=1)[0].shape == (40, *small)


def sound(path):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        for packet in [*stream.encode(frame), *stream.encode()]:
            file.mux(packet)
    return path


def cut(path):
    """The first half of a film's bytes."""
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    return path


def text(path):
    path.write_text("no film\n" * 99, encoding="utf-8")
    return path


def huge(path):
    with open(path, "wb") as file:
        file.truncate(100_000_001)
    return path


def picture(path):
    Image.new("L", (20, 20), 128).save(path)
    return path


def gif_of_two_sizes(path):
    """A film whose second half has another size: two streams of one codec, one after the other (MPEG-TS allows it)."""
    first, second = (write(path.with_name(f"{n}.ts"), moving(20, *size), codec="mpeg2video") for n, size in ((1, (48, 64)), (2, (64, 96))))
    path.write_bytes(first.read_bytes() + second.read_bytes())
    return path


@pytest.mark.parametrize("name, make, words", [
    ("none.mp4", lambda p: p, "no file"),
    ("folder", lambda p: p.mkdir() or p, "no file"),
    ("empty.mp4", lambda p: p.touch() or p, "got 0"),
    ("huge.mp4", huge, "100,000,001"),
    ("words.mp4", text, "cannot be read|no pictures"),
    ("words.txt", text, "cannot be read|no pictures"),
    ("sound.wav", sound, "no pictures"),
    ("cut.mp4", lambda p: cut(write(p, moving())), "cannot be read"),
    ("still.png", picture, "a still picture"),
    ("short.mp4", lambda p: write(p, moving(12)), "got 12 frames"),
    ("frozen.mp4", lambda p: write(p, np.full((40, 48, 64), 90)), "moves"),
    ("sizes.ts", gif_of_two_sizes, "one size"),
])
def test_what_is_no_film_is_refused_in_words(tmp_path, name, make, words):
    with pytest.raises(ValueError, match=rf"^path: expected .*({words})") as error:
        CHAPTER.read_film(make(tmp_path / name))
    assert str(tmp_path) not in str(error.value) and "got" in str(error.value)


def test_a_film_too_long_is_refused_and_every_helps(tmp_path):
    path = write(tmp_path / "long.mp4", moving(CHAPTER.MOST + 1, 16, 16))
    with pytest.raises(ValueError, match="expected at most 1,500 frames.*every=2"):
        CHAPTER.read_film(path)
    frames, seconds = CHAPTER.read_film(path, every=2)
    assert len(frames) == 751 and np.allclose(np.diff(seconds), 0.08)


@pytest.mark.parametrize("path", [None, 3, b"mine.mp4", ["mine.mp4"]])
def test_what_is_no_name_is_refused_in_words(path):
    with pytest.raises(ValueError, match=f"^path: expected the name of a film's file, in quotes, got {type(path).__name__}"):
        CHAPTER.read_film(path)
    with pytest.raises(ValueError, match="^path: expected a film's file, got no file"):
        CHAPTER.read_film("x" * 400)


@pytest.mark.parametrize("every", [0, -1, 2.5, "2", None])
def test_each_how_many_is_a_whole_number(tmp_path, every):
    with pytest.raises(ValueError, match="^every: expected a whole number from 1, got"):
        CHAPTER.read_film(write(tmp_path / "mine.mp4", moving()), every)


@pytest.mark.parametrize("count", [0, 2.5, "4", 10])
def test_how_many_moments_is_a_whole_number(tmp_path, count):
    with pytest.raises(ValueError, match="^count: expected a whole number from 1 to 9, got"):
        CHAPTER.moments(write(tmp_path / "mine.mp4", moving()), count=count)


def test_a_film_of_a_blink_is_refused(tmp_path):
    """Of 31 frames in an eighth of a second all would be masked, and nothing could be said."""
    with pytest.raises(ValueError, match="^path: expected 0.75 seconds of film or more, got 0.1"):
        CHAPTER.read_film(write(tmp_path / "slow.mp4", moving(31), rate=240))


def test_a_film_that_stands_still_but_for_a_moment_gets_numbers_with_a_meaning(tmp_path, monkeypatch):
    frames = np.full((90, 48, 64), 60)
    frames[60:70, 8:24, 10:26] = 220
    monkeypatch.setattr(CHAPTER.plt, "show", lambda: None)
    assert CHAPTER.moments(write(tmp_path / "still.avi", frames, codec="ffv1")) is None
    usual, found = [ax.texts[0].get_text() for ax in CHAPTER.plt.gcf().axes if ax.texts]
    CHAPTER.plt.close("all")
    second, times = (float(x.split()[0]) for x in found.split(": "))
    assert usual.endswith(": 0.0") and 2.4 <= second < 2.8 and 3 < times <= 1 / CHAPTER.FAINT


def test_the_nearest_frame_is_not_a_neighbour():
    film = rng().random((12, 5))
    for gap in (0, 2):
        wanted = [min(((a - b) ** 2).mean() for j, b in enumerate(film) if abs(i - j) > gap) for i, a in enumerate(film)]
        np.testing.assert_allclose(CHAPTER.nearest(film, gap), wanted)


# ---- the animation ---------------------------------------------------------------------------------------------------

def test_the_animation_has_twelve_frames_that_differ_and_a_strip_beside_it():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    found = [(i, o["data"]["image/gif"]) for i, c in enumerate(cells) for o in c.get("outputs", []) if "image/gif" in o.get("data", {})]
    ((at, stored),) = found
    content = base64.b64decode("".join(stored))
    assert len(content) < 300_000
    with Image.open(io.BytesIO(content)) as film:
        assert film.n_frames == CHAPTER.FRAMES and film.info["loop"] == 0
        pages = []
        for i in range(film.n_frames):
            film.seek(i)
            pages.append(np.asarray(film.convert("L"), dtype=int))
    assert min(np.abs(a - b).mean() for a, b in zip(pages, pages[1:])) > 5
    strip = next(c for c in cells[at + 1:] if c["cell_type"] == "code")
    assert any("image/png" in o.get("data", {}) for o in strip["outputs"])
    bars = np.array([(page[-8:] < 128).mean() for page in pages])
    assert bars.max() > 0.8 and np.sort(bars)[-2] < 0.2                          # one frame has nearly all of the weight


def test_an_animation_is_the_same_bytes_each_time_and_shows_its_weights():
    frames, weights = rng().random((12, 16, 16)), np.full(12, 0.5)
    assert CHAPTER.animation(frames, weights) == CHAPTER.animation(frames, weights) != CHAPTER.animation(frames, weights / 2)


def test_the_whole_frame_is_the_one_with_ink_in_its_middle():
    x, _, when = CHAPTER.films(np.random.default_rng(9), "test", 500)
    ink = x.numpy().reshape(500, 12, 16, 16)
    assert np.mean(ink[:, :, 5:11, 5:11].sum(axis=(2, 3)).argmax(axis=1) == when[:, 0]) > 0.99
    assert np.mean(ink.sum(axis=(2, 3)).argmax(axis=1) == when[:, 0]) < 0.15


def test_a_standing_visitor_changes_nothing_and_a_car_hides_a_walking_one():
    """The frame difference, for visitors who stand and who walk, of the whole picture and without the rows in which cars drive."""
    x, _, there = CHAPTER.camera(np.random.default_rng(9), "test", 300)
    below = x.reshape(len(x), -1, CHAPTER.HIGH, CHAPTER.WIDE)[:, :, 5:].reshape(*x.shape[:2], -1)
    found = {"stands": [], "walks": []}
    for film, part, seen in zip(x, below, there):
        whole, rows, empty = CHAPTER.change(film), CHAPTER.change(part), ~seen
        moves = rows > np.median(rows[empty]) + 3 * rows[empty].std()
        found["stands"] += [np.mean(whole[t] > whole[empty]) for t in np.flatnonzero(seen & ~moves)]
        found["walks"] += [(np.mean(whole[t] > whole[empty]), np.mean(rows[t] > rows[empty])) for t in np.flatnonzero(seen & moves)]
    in_whole, in_rows = np.mean(found["walks"], axis=0)
    assert abs(np.mean(found["stands"]) - 0.5) < 0.05 and in_whole < 0.85 < 0.95 < in_rows


def test_parts_of_the_package_with_the_clip_use_names_that_numpy_no_longer_has():
    from importlib.util import find_spec
    from pathlib import Path
    block = Path(find_spec("skvideo").origin).parent / "motion" / "block.py"
    assert "np.int(" in block.read_text(encoding="utf-8") and not hasattr(np, "int")
