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
