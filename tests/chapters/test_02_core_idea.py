"""What 02 says of the land: it is the hidden northing that parts places of nearly the same easting."""
import numpy as np
from matplotlib.cbook import get_sample_data


def test_places_that_are_near_in_both_directions_are_about_as_high():
    """Pairs within 300 m to the east differ by 100 m in the median; those within 300 m to the north as well, by a quarter of it."""
    elevation = get_sample_data("jacksboro_fault_dem.npz")["elevation"].astype(float)
    row, column = np.divmod(np.random.default_rng(0).choice(elevation.size, 4000, replace=False), 403)
    i, j = np.triu_indices(4000, 1)
    east, north = 0.0745 * abs(column[i] - column[j]), 31.9 / 344 * abs(row[i] - row[j])
    apart = abs(elevation[row, column][i] - elevation[row, column][j])
    assert np.median(apart[east < 0.3]) > 90 > 3 * np.median(apart[(east < 0.3) & (north < 0.3)])


def test_how_much_weight_lies_far_away_is_a_matter_of_choice():
    """More than two places away: a recurrence of new share 1/10 has more than the chapter's attention, and a narrow bell less than the
    chapter's recurrence."""
    i, j = np.indices((12, 12))

    def far(weights):
        np.testing.assert_allclose(weights.sum(axis=1), 1)
        return weights[abs(i - j) > 2].sum() / 12

    def fading(a):
        return np.where(j <= i, np.where(j == 0, 1, a) * (1 - a) ** np.maximum(i - j, 0), 0)

    elevation = get_sample_data("jacksboro_fault_dem.npz")["elevation"].astype(float)
    line = elevation[172, ::36] / 100
    amounts = [np.exp(-((line[:, None] - line) ** 2) / (2 * h**2)) for h in (0.6, 0.02)]
    attention = [a / a.sum(axis=1, keepdims=True) for a in amounts]
    assert far(fading(1 / 10)) > far(attention[0]) > 0.4 > 0.1 > far(fading(1 / 2)) > far(attention[1])
