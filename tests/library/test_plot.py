"""What pictures write can be read: contrasts as WCAG 2.2 measures them, at least 4.5."""
import matplotlib
import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv, to_rgb

from attnlib import plot

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def contrast(one, other):
    """1 to 21; text wants 4.5."""
    parts = np.array([to_rgb(one), to_rgb(other)])
    light = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    return (light.max() + 0.05) / (light.min() + 0.05)


@pytest.mark.parametrize("one, other, ratio", [("white", "black", 21), ("#777777", "white", 4.48), ("blue", "white", 8.59)])
def test_contrast_is_that_of_the_guideline(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("colours", ["Blues", "PuOr", "Greys", "Reds", "RdBu_r", "viridis"])
def test_numbers_can_be_read_on_every_colour_of_a_heat_map(colours):
    fig, ax = plt.subplots()
    image = ax.imshow(np.linspace(0, 1, 256).reshape(16, 16), cmap=colours)
    plot.numbers(ax, image)
    grounds = image.cmap(image.norm(image.get_array())).reshape(-1, 4)[:, :3]
    worst = min(contrast(text.get_color(), ground) for text, ground in zip(ax.texts, grounds, strict=True))
    plt.close(fig)
    assert worst >= 4.5


def test_axes_and_their_words_can_be_read_on_white():
    with plt.rc_context():
        plot.style()
        for name in ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
            assert contrast(plt.rcParams[name], "white") >= 7, name
    assert contrast(plot.MUTED, "white") >= 4.5 and contrast(plot.KEYS[0], "white") >= 4.5


def test_words_beside_a_curve_can_be_read_on_white_and_have_its_hue():
    fig, ax = plt.subplots()
    for colour in {*plot.KEYS, plot.QUERY, plot.KEY, plot.VALUE, plot.OUTPUT, plot.INK, plot.MUTED, plot.ALARM}:
        plot.label(ax, 0, 0, "word", color=colour)
        written = ax.texts[-1].get_color()
        assert contrast(written, "white") >= 4.5, colour
        before, after = (rgb_to_hsv(to_rgb(c)) for c in (colour, written))
        assert abs(before[0] - after[0]) < 0.01, colour
    plot.label(ax, 0, 0, "word")
    assert ax.texts[-1].get_color() == plot.INK
    plt.close(fig)
