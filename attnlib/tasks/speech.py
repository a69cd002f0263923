"""Spoken digits: clips that espeak-ng spoke, recordings of people if they were downloaded, strings of both, and a reader's own file.

Words are a dictionary {(voice, digit, take): sound}, a sound is (samples,) at 8,000 samples a second, from -1 to 1.
"""
import base64
import csv
import io
import wave
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attnlib.data import ROOT, data_path

RATE = 8000
RECORDINGS = ROOT / "work" / "recordings"                   # where experiments/61_recordings.py puts the Free Spoken Digit Dataset
UNHEARD = ("en-us+m3", "en-gb-x-rp+f4", "en-gb-scotland+f1")            # voices of espeak-ng that no training of the chapter meets
TAKES = {"made": {"train": range(3), "valid": (3,), "test": (4,)},      # of a digit by a voice
         "real": {"train": range(10, 50), "valid": range(5, 10), "test": range(5)}}
LARGEST_FILE, SHORTEST, LONGEST = 20_000_000, 0.25, 6.0                # bytes, seconds, seconds
QUIETEST, LOUDEST = 0.001, 1e6                                          # peaks


class Spoken(NamedTuple):
    """A string of digits: who says it, which digits, the sound, and from which sample to which each digit sounds (n, 2)."""
    voice: str
    digits: tuple
    sound: np.ndarray
    spans: np.ndarray


class Player:
    """A sound (samples,) with a player beside it, where a notebook shows it."""

    def __init__(self, sound):
        self.sound = np.clip(sound, -1, 1)

    def __repr__(self):
        return f"a sound of {len(self.sound) / RATE:.1f} s"

    def _repr_html_(self):
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", ""))
            out.writeframes((self.sound * 32767).astype("<i2").tobytes())
        content = base64.b64encode(file.getvalue()).decode("ascii")
        return f'<audio controls src="data:audio/wav;base64,{content}"></audio>'


def _clips(name):
    import soundfile
    sound, rate = soundfile.read(data_path("61", f"{name}.flac"))
    assert rate == RATE
    with open(data_path("61", f"{name}.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row, sound[int(row["first"]):int(row["last"])]


@cache
def made():
    """The words that espeak-ng spoke: 12 voices, 10 digits, 5 takes of other speed and pitch."""
    return {(row["voice"], int(row["digit"]), int(row["take"])): sound for row, sound in _clips("words")}


@cache
def connected():
    """Strings that espeak-ng spoke in one breath, 4 of each voice; where a digit begins is not known."""
    return [Spoken(row["voice"], tuple(map(int, row["digits"])), sound, np.empty((0, 2), int)) for row, sound in _clips("connected")]


@cache
def recorded(folder=RECORDINGS):
    """The recordings of people: 6 voices, 10 digits, 50 takes, each made as loud as the made ones (peak 0.5).

    They are no part of the book; `python experiments/61_recordings.py` downloads them.  Where they are not, ValueError says so.
    """
    import soundfile
    files = sorted(Path(folder).glob("*_*_*.wav"))
    if not files:
        raise ValueError(f"folder: expected recordings in {folder}, got none; python experiments/61_recordings.py downloads them")
    words = {}
    for path in files:
        (digit, voice, take), (sound, rate) = path.stem.split("_"), soundfile.read(path)
        assert rate == RATE, path
        words[voice, int(digit), int(take)] = 0.5 * sound / np.abs(sound).max()
    return words


def voices(words):
    """The voices of a dictionary of words, in the order of the alphabet."""
    return sorted({voice for voice, _, _ in words})


def strings(words, who, takes, n, seed, lengths=(1, 5), noise=(20, 40)):
    """n strings, each of one voice of `who`: digits drawn evenly, joined with pauses of 0.05 to 0.3 s, white noise over all of it.

    `lengths` bounds the number of digits, `noise` the signal-to-noise ratio in decibels, the power of the digits (without the pauses)
    to that of the noise.
    """
    rng, found = np.random.default_rng(seed), []
    for _ in range(n):
        voice = who[rng.integers(len(who))]
        digits = tuple(rng.integers(0, 10, rng.integers(lengths[0], lengths[1] + 1)).tolist())
        parts, spans = [np.zeros(rng.integers(400, 2400))], []
        for digit in digits:
            begin = sum(map(len, parts))
            parts.append(words[voice, digit, takes[rng.integers(len(takes))]])
            spans.append((begin, begin + len(parts[-1])))
            parts.append(np.zeros(rng.integers(400, 2400)))
        clean = np.concatenate(parts)
        found.append(Spoken(voice, digits, noisy(clean, np.array(spans), rng.uniform(*noise), rng), np.array(spans)))
    return found


def noisy(sound, spans, decibels, rng):
    """The sound with white noise: the power in the spans is `decibels` above that of the noise."""
    power = np.mean(np.concatenate([sound[a:b] for a, b in spans]) ** 2)
    return sound + rng.normal(size=len(sound)) * np.sqrt(power / 10 ** (decibels / 10))


def read_sound(path, convert=False):
    """The sound in a file (WAV, FLAC, OGG, MP3): (samples,) at 8,000 samples a second.

    With convert=True several channels are averaged and a higher sampling rate is brought down.  A file that is missing, empty, larger
    than 20 MB, of another kind or damaged, a lower rate, and, without convert, another rate or a second channel raise ValueError; so
    does a sound that is shorter than 0.25 s or longer than 6 s, holds values that are no numbers, or is silent.
    """
    import soundfile
    if not isinstance(path, str | Path):
        raise ValueError(f"path: expected the name of a sound file, got {type(path).__name__}")
    path = Path(path)
    try:
        there = path.is_file()
    except OSError:                                                             # a name that is too long
        there = False
    if not there:
        raise ValueError(f"path: expected the name of a sound file, got {str(path)[:80]!r}, where no file is")
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise ValueError(f"path: expected a file of 1 to {LARGEST_FILE:,} bytes, got {path.name} with {size:,}")
    try:
        about = soundfile.info(path)
        rate, channels, seconds = about.samplerate, about.channels, about.frames / about.samplerate
        sound = soundfile.read(path, frames=int((LONGEST + 1) * rate), always_2d=True)[0]
    except (soundfile.SoundFileError, ValueError, TypeError, ZeroDivisionError):
        raise ValueError(f"path: expected a sound (WAV, FLAC, OGG, MP3), got {path.name}, which holds none that can be read") from None
    seconds = min(seconds, len(sound) / rate) if len(sound) < (LONGEST + 1) * rate - 1 else max(seconds, len(sound) / rate)
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"path: expected {SHORTEST} to {LONGEST:.0f} seconds, got {seconds:.2f} in {path.name}")
    if rate < RATE:
        raise ValueError(f"path: expected at least {RATE:,} samples a second, got {rate:,} in {path.name}")
    if (rate != RATE or channels > 1) and not convert:
        raise ValueError(f"path: expected one channel of {RATE:,} samples a second, got {channels} of {rate:,} in {path.name}; "
                         "convert=True averages channels and brings the rate down")
    sound = sound.mean(axis=1)
    if not (np.abs(sound) < LOUDEST).all():
        raise ValueError(f"path: expected numbers from -1 to 1 or near, got nan or infinity or what is nearly that in {path.name}")
    if np.abs(sound).max() < QUIETEST:
        raise ValueError(f"path: expected a voice, got silence in {path.name} (largest value {np.abs(sound).max():.5f} of 1)")
    if rate != RATE:
        from math import gcd

        from scipy.signal import resample_poly
        sound = resample_poly(sound, RATE // gcd(rate, RATE), rate // gcd(rate, RATE))
    return sound
