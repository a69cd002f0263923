"""Have espeak-ng speak the digits for 61_speech: python experiments/61_make_clips.py

Writes words.flac with words.csv (single digits, one after another), connected.flac with connected.csv (whole strings in one breath) and
example.ogg into the chapter's data, at 8,000 samples a second.  The shipped clips were made by espeak-ng 1.51 (Debian's package
1.51+dfsg-10+deb12u2); another version speaks a little differently, so the script refuses it.
"""
import io
import shutil
import subprocess

import common
import numpy as np
import soundfile
from scipy.signal import resample_poly

from attnlib.data import data_path
from attnlib.tasks.speech import RATE, TAKES, UNHEARD, made, strings

VERSION = "1.51"
VOICES = ("en-gb", "en-us", "en-gb-scotland", "en-029", "en-us+f2", "en-us+m3", "en-gb-x-gbclan+m7", "en-us-nyc+m5", "en-gb-x-rp+f4",
          "en-gb-x-gbcwmd+m1", "en-gb-scotland+f1", "en-029+f3")
SPEEDS, PITCHES = (115, 140, 165, 190, 215), (38, 46, 54, 62)                    # words a minute; espeak-ng's scale from 0 to 99
CONNECTED = 4                                                                    # strings of each voice
NAMES = "zero one two three four five six seven eight nine".split()


def spoken(text, voice, speed, pitch):
    """The sound (samples,) at RATE, from -0.5 to 0.5, without the silence before and after."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    sound, rate = soundfile.read(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout))
    sound = resample_poly(sound, RATE, rate)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[max(loud[0] - 80, 0):loud[-1] + 80]
    return 0.5 * sound / np.abs(sound).max()


def write(name, clips):
    """Clips one after another in name.flac, and name.csv with the first sample of each and the one after its last."""
    at = np.cumsum([0, *(len(sound) for _, sound in clips)])
    sound = np.concatenate([sound for _, sound in clips])
    soundfile.write(data_path("61", f"{name}.flac"), sound, RATE, subtype="PCM_16", compression_level=1.0)
    rows = [row | {"first": first, "last": last} for (row, _), first, last in zip(clips, at, at[1:])]
    common.write_table(data_path("61", f"{name}.csv"), rows)


def write_example():
    """example.ogg, for a reader who has no recording at hand: four joined digits of a voice that no training met."""
    (example,) = strings(made(), UNHEARD[:1], TAKES["made"]["test"], 1, 1, lengths=(4, 4))
    soundfile.write(data_path("61", "example.ogg"), example.sound, RATE)


def main():
    if not shutil.which("espeak-ng"):
        raise SystemExit("espeak-ng is not here. On Debian or Ubuntu: apt-get install espeak-ng")
    found = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True).stdout
    if f" {VERSION} " not in found:
        raise SystemExit(f"expected espeak-ng {VERSION}, got {found.strip()}")
    rng, words, whole = np.random.default_rng(61), [], []
    for voice in VOICES:
        for digit, name in enumerate(NAMES):
            for take, speed in enumerate(rng.permutation(SPEEDS)):
                pitch = int(rng.choice(PITCHES))
                row = {"voice": voice, "digit": digit, "take": take, "speed": speed, "pitch": pitch}
                words.append((row, spoken(name, voice, speed, pitch)))
        for _ in range(CONNECTED):
            digits, speed, pitch = rng.integers(0, 10, rng.integers(3, 6)), int(rng.choice(SPEEDS)), int(rng.choice(PITCHES))
            said = spoken(" ".join(NAMES[d] for d in digits), voice, speed, pitch)
            whole.append(({"voice": voice, "digits": "".join(map(str, digits)), "speed": speed, "pitch": pitch}, said))
    write("words", words)
    write("connected", whole)
    write_example()


if __name__ == "__main__":
    main()
