"""The same mean, standard errors, interval and pooled test in samplics and statsmodels: one JSON line.

Usage: python estimates.py FILE TURNS

FILE has the columns stratum, side, found, weight, n_frame. Prints {"seconds": best of TURNS, "answers": {...}}; reading the
file is not timed.
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

import numpy as np
from samplics import TaylorEstimator
from samplics.utils.types import PopParam
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

rows = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)
stratum, side, found = rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2]
weight, n_frame = rows[:, 3], rows[:, 4]
sampled = {h: np.mean(stratum == h) * len(rows) for h in np.unique(stratum)}
size = {h: n_frame[stratum == h][0] for h in sampled}
fpc = {h: 1 - sampled[h] / size[h] for h in sampled}


def estimates():
    mean = TaylorEstimator(PopParam.mean)
    mean.estimate(y=found, samp_weight=weight, stratum=stratum, fpc=fpc)
    plain = TaylorEstimator(PopParam.mean)
    plain.estimate(y=found, samp_weight=weight)
    low, _ = proportion_confint(found.sum(), len(found), method="wilson")
    tables = np.zeros((2, 2, len(sampled)))
    for h in sampled:
        inside = stratum == h
        for row, of in enumerate((1, 0)):
            both = found[inside & (side == of)]
            tables[row, 0, h], tables[row, 1, h] = both.sum(), len(both) - both.sum()
    pooled = StratifiedTable(tables)
    return {
        "mean": float(np.ravel(mean.point_est)[0]),
        "se_stratified": float(np.ravel(mean.stderror)[0]),
        "se_with_replacement": float(np.ravel(plain.stderror)[0]),
        "wilson_low": float(low),
        "odds_ratio": float(pooled.oddsratio_pooled),
        "cmh": float(pooled.test_null_odds(correction=False).statistic),
    }


best = float("inf")
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    answers = estimates()
    best = min(best, time.perf_counter() - started)
print(json.dumps({"seconds": best, "answers": answers}))
