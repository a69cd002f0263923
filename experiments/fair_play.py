"""Fair play, once for all tables: the rate by the validation split, then the seeds, then the test split.

A script hands in `run(split, rate, seed)`, which trains once and returns a row.  Every arm of a comparison gets the same grid of rates,
or a wider one where the best lay at its end, and the test split is looked at with the chosen rate alone.
"""


def chosen(tried, better):
    """The rate whose validation rows are best; `tried` maps rates to rows, better(rows) is a number, the larger the better."""
    return max(tried, key=lambda rate: better(tried[rate]))


def sweep(run, rates, better, seeds, tuning=(0,)):
    """-> {rate: its validation rows, one for each seed in `tuning`}, and the test rows of the chosen rate, one for each of `seeds`."""
    tried = {rate: [run("valid", rate, seed) for seed in tuning] for rate in rates}
    best = chosen(tried, better)
    return tried, [run("test", best, seed) for seed in seeds]
