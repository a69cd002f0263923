"""The sounds, frames, measures and refusals of 61_speech."""
import copy
import csv
import importlib

import ledger
import numpy as np
import pytest

from attnlib.data import data_path
from attnlib.tasks import speech

torch = pytest.importorskip("torch")
soundfile = pytest.importorskip("soundfile")
chapter = importlib.import_module("common").taught("61", "distance", "error_rate", "features", "hear", "hertz", "inside", "judge", "label",
                                                   "loudness_range", "map_scores", "mel", "mel_filters", "prepared", "shipped_listener",
                                                   "write")


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)


# ---- the clips and the strings ---------------------------------------------------------------------------------------

def test_every_voice_has_every_digit_and_no_clip_is_empty_or_loud():
    words = speech.made()
    assert len(words) == 600 and set(speech.UNHEARD) < set(speech.voices(words)) and len(speech.voices(words)) == 12
    assert {(d, t) for _, d, t in words} == {(d, t) for d in range(10) for t in range(5)}
    for sound in words.values():
        assert 0.15 < len(sound) / speech.RATE < 1.1 and abs(np.abs(sound).max() - 0.5) < 0.001
    assert sum(path.stat().st_size for path in data_path("61", "").iterdir()) < 4 << 20


def test_takes_of_the_splits_do_not_touch():
    for takes in speech.TAKES.values():
        every = [take for part in takes.values() for take in part]
        assert len(every) == len(set(every))


def test_digits_sound_where_a_string_says_so():
    words = speech.made()
    for spoken in speech.strings(words, speech.UNHEARD, (4,), 20, 0, noise=(60, 60)):
        assert len(spoken.digits) == len(spoken.spans) and spoken.voice in speech.UNHEARD
        assert (spoken.spans[1:, 0] - spoken.spans[:-1, 1] >= 400).all() and spoken.spans[0, 0] >= 400
        for digit, (begin, end) in zip(spoken.digits, spoken.spans):
            np.testing.assert_allclose(spoken.sound[begin:end], words[spoken.voice, digit, 4], atol=0.003)


@pytest.mark.parametrize("decibels", [20, 0, -5])
def test_noise_has_the_power_that_was_asked_for(decibels):
    words = speech.made()
    for noisy, clean in zip(*(speech.strings(words, speech.UNHEARD, (4,), 5, 1, noise=(d, d)) for d in (decibels, 200))):
        power = np.mean(np.concatenate([clean.sound[a:b] for a, b in clean.spans]) ** 2)
        assert abs(10 * np.log10(power / np.mean((noisy.sound - clean.sound) ** 2)) - decibels) < 0.3


def test_connected_strings():
    found = speech.connected()
    assert len(found) == 48 and all(3 <= len(s.digits) <= 5 and len(s.sound) > 4000 for s in found)


def test_recordings_that_are_not_there_are_told(tmp_path):
    with pytest.raises(ValueError, match="61_recordings.py downloads"):
        speech.recorded(tmp_path)


def test_recordings_are_read_by_their_names(tmp_path):
    soundfile.write(tmp_path / "7_ada_3.wav", np.sin(np.arange(3000) / 9) / 8, speech.RATE)
    (key, sound), = speech.recorded(tmp_path).items()
    assert key == ("ada", 7, 3) and len(sound) == 3000 and np.abs(sound).max() == 0.5


# ---- frames ----------------------------------------------------------------------------------------------------------

def test_a_tone_is_loudest_in_the_band_that_holds_it():
    centres = chapter.hertz(np.linspace(chapter.mel(60), chapter.mel(3900), 26))[1:-1]
    for band in (3, 10, 20):
        tone = np.sin(2 * np.pi * centres[band] * np.arange(4000) / speech.RATE)
        tone += 1e-3 * np.random.default_rng(0).normal(size=4000) + np.linspace(0, 0.5, 4000) * np.sin(np.arange(4000))
        frames = np.abs(np.fft.rfft(tone[:200] * np.hanning(200), 256)) ** 2 @ chapter.mel_filters()
        assert frames.argmax() == band


def test_a_filter_is_a_triangle_over_its_neighbours_middles():
    edges, filters = chapter.hertz(np.linspace(chapter.mel(60), chapter.mel(3900), 26)), chapter.mel_filters()
    for band, share in enumerate(filters.T):
        hertz = np.flatnonzero(share) * 31.25
        assert edges[band] < hertz.min() and hertz.max() < edges[band + 2] and 0.5 < share.max() <= 1


@pytest.mark.parametrize(("samples", "frames"), [(200, 1), (279, 1), (280, 2), (8000, 98)])
def test_number_of_frames(samples, frames):
    assert chapter.features(np.random.default_rng(0).normal(size=samples)).shape == (frames, 24)


# ---- measures --------------------------------------------------------------------------------------------------------

def test_distances_against_jiwer():
    jiwer = pytest.importorskip("jiwer")
    rng = np.random.default_rng(0)
    for _ in range(100):
        said, written = (rng.integers(0, 4, rng.integers(low, 8)).tolist() for low in (1, 0))
        expected = jiwer.wer(" ".join(map(str, said)), " ".join(map(str, written)))
        assert chapter.error_rate([said], [written]) == pytest.approx(expected)


def test_a_map_is_scored_against_the_true_places():
    spoken = speech.Spoken("ada", (1, 2), np.zeros(8000), np.array([[0, 2400], [4000, 6400]]))
    own = chapter.inside(spoken, 10)
    assert [row.nonzero()[0].tolist() for row in own] == [[0, 1, 2], [5, 6, 7]]
    perfect = own / own.sum(axis=1, keepdims=True)
    scores = chapter.map_scores([spoken], [[1, 2]], [perfect])
    assert scores["weight"] == scores["peak"] == scores["forward"] == 1 and scores["even"] == own.mean()
    back = chapter.map_scores([spoken], [[1, 2]], [perfect[::-1]])
    assert back["weight"] == back["peak"] == back["forward"] == 0
    both = chapter.map_scores([spoken, spoken], [[1, 2], [1]], [perfect, perfect[:1] * 0])
    assert both == scores                                                        # another number of digits is left out


def test_a_peak_at_the_same_step_is_not_forward():
    spoken = speech.Spoken("ada", (1, 2), np.zeros(8000), np.array([[0, 2400], [4000, 6400]]))
    assert chapter.map_scores([spoken], [[1, 2]], [np.eye(10)[[3, 3]]])["forward"] == 0


def test_equal_labels_are_one_digit_unless_a_blank_lies_between():
    labels = [0, 8, 8, 0, 8, 1]
    (digits,), (where,) = chapter.label(lambda *_: torch.eye(11)[labels][None], [(torch.zeros(60, 24), ())])
    assert digits == [7, 7, 0] and where.argmax(axis=1).tolist() == [1, 4, 5] and (where.sum(axis=1) == 1).all()


def test_the_score_sees_where_the_last_weights_lay():
    clip = chapter.prepared(speech.strings(speech.made(), speech.UNHEARD, (4,), 1, 0, lengths=(4, 4)))
    model = copy.deepcopy(chapter.shipped_listener())
    (before,) = chapter.write(model, clip)[1]
    model.decoder.W_f.weight.data.zero_()
    (after,) = chapter.write(model, clip)[1]
    np.testing.assert_array_equal(before[0], after[0])                           # before the first digit there is nothing to see
    assert np.abs(before[1] - after[1]).max() > 0.01


def test_a_longer_neighbour_in_the_batch_changes_nothing():
    model = chapter.shipped_listener()
    clips = chapter.prepared(speech.strings(speech.made(), speech.UNHEARD, (4,), 4, 0))
    for clip, digits, weights in zip(clips, *chapter.write(model, clips)):
        (alone,), (own,) = chapter.write(model, [clip])
        assert alone == digits
        np.testing.assert_allclose(own, weights, atol=1e-10)


# ---- a reader's own file ---------------------------------------------------------------------------------------------

def voice(seconds=1.0, rate=speech.RATE, channels=1):
    t = np.arange(int(seconds * rate)) / rate
    sound = 0.3 * np.sin(2 * np.pi * 300 * t)
    return np.repeat(sound[:, None], channels, axis=1)


@pytest.mark.parametrize(("sound", "rate", "says"), [
    (voice(rate=44100), 44100, "expected one channel of 8,000 samples a second, got 1 of 44,100 .* convert=True"),
    (voice(channels=2), 8000, "got 2 of 8,000"), (voice(rate=4000), 4000, "at least 8,000"),
    (0 * voice(), 8000, "silence"), (1e-4 * voice(), 8000, "silence"), (voice(0.1), 8000, "0.25 to 6 seconds, got 0.10"),
    (voice(9), 8000, "0.25 to 6 seconds, got 9.00"), (voice(0), 8000, "got 0.00"), (voice() * np.nan, 8000, "nan or infinity"),
    (voice() * 1e30, 8000, "nan or infinity"),
])
def test_sounds_that_are_refused(tmp_path, sound, rate, says):
    path = tmp_path / "mine.wav"
    soundfile.write(path, sound, rate, subtype="FLOAT")
    for read in (speech.read_sound, chapter.hear):
        with pytest.raises(ValueError, match=says):
            read(path)


@pytest.mark.parametrize(("content", "says"), [(b"", "got mine.wav with 0"), (b"RIFF....WAVE", "none that can be read"),
                                               (b"not a sound" * 99, "none that can be read"), (None, "where no file is")])
def test_files_that_are_refused(tmp_path, monkeypatch, content, says):
    path = tmp_path / "mine.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=says):
        chapter.hear(path)


@pytest.mark.parametrize("path", [None, 3, ["mine.wav"], b"mine.wav", np.zeros(8000), "x" * 5000, "a\0b.wav"])
def test_what_is_no_name_of_a_file_is_refused(path):
    with pytest.raises(ValueError, match="path: expected the name of a sound file, got"):
        chapter.hear(path)


def test_a_constant_under_the_voice_hides_nothing():
    sound = np.concatenate([np.zeros(2000), voice()[:, 0], np.zeros(2000)]) + np.random.default_rng(0).normal(size=12000) / 1000
    assert chapter.loudness_range(sound + 0.4) == pytest.approx(chapter.loudness_range(sound), abs=0.1)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "mine.wav"
    with open(path, "wb") as file:
        file.truncate(speech.LARGEST_FILE + 1)
    with pytest.raises(ValueError, match="20,000,001"):
        speech.read_sound(path)


@pytest.mark.parametrize("name", ["mine.wav", "mine.flac", "mine.ogg", "mine.mp3"])
def test_kinds_of_files_and_what_convert_does(tmp_path, name):
    soundfile.write(tmp_path / name, voice(rate=16000, channels=2), 16000)
    sound = speech.read_sound(tmp_path / name, convert=True)
    assert abs(len(sound) - 8000) < 800
    middle = sound[2000:6000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(4000)))
    assert spectrum.argmax() * 2 == 300 and abs(np.abs(middle).max() - 0.3) < 0.05


def test_what_holds_no_digit_gets_a_sentence(tmp_path):
    """Noise, a tone and a clap: words, not digits."""
    rng = np.random.default_rng(0)
    sounds = [rng.normal(size=12000) / 10, voice(1.5)[:, 0], np.exp(-np.arange(8000) / 300) * rng.normal(size=8000) / 4]
    told = []
    for sound in sounds:
        soundfile.write(tmp_path / "mine.wav", sound, speech.RATE)
        told.append(chapter.hear(tmp_path / "mine.wav"))
    assert all("expected" in text for text in told), told


@pytest.mark.skipif(not speech.RECORDINGS.exists(), reason="the recordings of people were not downloaded")
def test_how_often_a_sure_answer_is_right_for_a_person_left_out():
    """The figures that the chapter's text names: it answers 52 of 100 strings by Theo, and 35 of these are right."""
    sure = right = 0
    for spoken in speech.strings(speech.recorded(), ["theo"], speech.TAKES["real"]["test"], 100, 2):
        digits, _, least = chapter.judge(torch.tensor(chapter.features(spoken.sound)))
        sure, right = sure + (least >= 0.9), right + (least >= 0.9 and digits == list(spoken.digits))
    assert (sure, right) == (52, 35)


# ---- the tables ------------------------------------------------------------------------------------------------------

def test_the_ledger_follows_from_the_table():
    script = importlib.import_module("61_speech")
    with open(data_path("61", "runs.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == script.COLUMNS
    shipped = [r for r in ledger.rows() if r["chapter"] == "61_speech"]
    made = list(script.ledger_rows(rows))
    assert len(made) == len(shipped) == 4
    for new, old in zip(made, shipped):
        for name, value in new.items():
            assert old[name] == (f"{value:.3f}" if isinstance(value, float) else value), (name, old)


def test_the_chosen_rates_are_those_of_the_fewest_errors_on_the_validation_takes():
    script = importlib.import_module("61_speech")
    with open(data_path("61", "runs.csv"), newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["task"] == "real"]
    for arm in script.ARMS:
        tried = {r["rate"]: float(r["valid"]) for r in rows if r["arm"] == arm and r["seed"] == "0"}
        assert len(tried) >= 3 and {r["rate"] for r in rows if r["arm"] == arm and r["test"]} == {min(tried, key=tried.get)}


# ---- reasons ---------------------------------------------------------------------------------------------------------

def test_seeds_differ_in_where_they_look_and_hardly_in_their_errors():
    with open(data_path("61", "runs.csv"), encoding="utf-8") as file:
        runs = [row for row in csv.DictReader(file) if (row["task"], row["arm"]) == ("real", "location") and row["test"]]
    errors, peaks = ([float(row[column]) for row in runs] for column in ("test", "peak"))
    assert len(runs) == 3 and max(errors) - min(errors) < 0.015 and max(peaks) - min(peaks) > 0.2


def of_shipped(clips):
    """The digit error rate of the shipped listener over [(sound, digits)]."""
    written, _ = chapter.write(chapter.shipped_listener(), [(torch.tensor(chapter.features(sound)), digits) for sound, digits in clips])
    return chapter.error_rate([digits for _, digits in clips], written)


def test_joined_without_pauses_the_shipped_listener_fails_on_about_a_quarter():
    words, rng = speech.made(), np.random.default_rng(0)
    found = {}
    for pause in (0, 2400):
        clips = []
        for s in speech.strings(words, speech.voices(words), speech.TAKES["made"]["test"], 100, 5, (4, 4), (200, 200)):
            parts = [part for begin, end in s.spans for part in (s.sound[begin:end], np.zeros(pause))]
            sound = np.concatenate([np.zeros(400), *parts, np.zeros(400)])
            clips.append((sound + rng.normal(size=len(sound)) * 0.03 * sound.std(), s.digits))
        found[pause] = of_shipped(clips)
    breath = of_shipped([(s.sound, s.digits) for s in speech.connected()])
    assert found[2400] < 0.12 < 0.18 < found[0] < 0.33 < breath - 0.05
