"""Intervals on the four real data sets, another way than the code under test: reads real.json, writes intervals.json beside itself.

    pip install scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6
    python intervals.py

Proportions: statsmodels. Paired proportions: Tango's score statistic with its likelihood maximised numerically, McNemar's test by
statsmodels. A segment against the rest: statsmodels' Newcombe interval. AUC: DeLong over all pairs of rows, O(n^2). Means of losses:
Hall's cubic of spread.py, quantiles by SciPy.
"""

import json
import pathlib

import numpy as np
from scipy import stats
from spread import ends, mean_of, spread, tango
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

HERE = pathlib.Path(__file__).parent
REAL = json.loads((HERE / "real.json").read_text())
MODELS = ["candidate", "baseline"]
EPS = np.finfo(float).eps
SMALL_N = 40
"""From so many rows on Wilson's interval, below Jeffreys'."""


def share(hits, method=None):
    hits = np.asarray(hits, bool)
    x, n = int(hits.sum()), len(hits)
    low, high = proportion_confint(x, n, method=method or ("wilson" if n >= SMALL_N else "jeffreys"))
    return {"value": x / n, "low": float(0 if x == 0 else low), "high": float(1 if x == n else high)}


def dice(jaccard):
    return {name: 2 * j / (1 + j) for name, j in jaccard.items()}


def paired(first, second):
    n = len(first)
    b, c = int(np.sum(first & ~second)), int(np.sum(~first & second))
    low, high = tango(b, c, n)
    return {"value": (b - c) / n, "low": low, "high": high}


def placements(y, s):
    wins = (s[y][:, None] > s[~y][None, :]) + 0.5 * (s[y][:, None] == s[~y][None, :])
    return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)


def one_more(values, mean):
    """Variance of the mean of the rows and of the one that is farthest from it once more."""
    squares, n = (values - mean) ** 2, len(values)
    return (squares.sum() + squares.max()) / (n * (n + 1))


def delong(value, v10, v01, logit):
    parts = [one_more(v, value) for v in (v10, v01)]
    if sum(parts) == 0:
        return {"value": value}
    df = sum(parts) ** 2 / sum(part**2 / (len(v) - 1) for part, v in zip(parts, (v10, v01)))
    half = stats.t.ppf(0.975, df) * np.sqrt(sum(parts))
    if not logit:
        return {"value": value, "low": value - half, "high": value + half}
    centre, half = np.log(value / (1 - value)), half / (value * (1 - value))
    return {"value": value, "low": 1 / (1 + np.exp(half - centre)), "high": 1 / (1 + np.exp(-half - centre))}


def aucs(y, scores):
    """Of two models and their difference."""
    (a, a10, a01), (b, b10, b01) = placements(y, scores[0]), placements(y, scores[1])
    return delong(a, a10, a01, True), delong(b, b10, b01, True), delong(a - b, a10 - b10, a01 - b01, False)


def negative_log(p):
    return -np.log(np.clip(p, EPS, 1 - EPS))


def means(losses, missed=(None, None)):
    """Of two models and their difference."""
    apart = None if missed[0] is None else missed[0] - missed[1]
    values = [mean_of(loss, other) for loss, other in zip(losses, missed)]
    for value, loss in zip(values, losses):
        if np.all(loss >= 0):
            value["low"] = max(0, value["low"])
    return *values, mean_of(losses[0] - losses[1], apart, paired=True)


def binary():
    case = REAL["binary"]
    y = np.array(case["labels"], bool)
    scores = [np.array(case[which]) for which in MODELS]
    hits = [s >= 0.5 for s in scores]
    found = {which: {} for which in [*MODELS, "difference", "exact", "rest"]}
    for which, h in zip(MODELS, hits):
        found[which] |= {
            "accuracy": share(h == y),
            "precision": share(y[h]),
            "recall": share(h[y]),
            "specificity": share(~h[~y]),
            "fpr": share(h[~y]),
            "fnr": share(~h[y]),
            "selection_rate": share(h),
            "prevalence": share(y),
            "f1": dice(share((h & y)[h | y])),
        }
    found["difference"] |= {
        "accuracy": paired(hits[0] == y, hits[1] == y),
        "recall": paired(hits[0][y], hits[1][y]),
        "specificity": paired(~hits[0][~y], ~hits[1][~y]),
        "fpr": paired(hits[0][~y], hits[1][~y]),
        "fnr": paired(~hits[0][y], ~hits[1][y]),
        "selection_rate": paired(*hits),
    }
    per_model = {
        "auc": aucs(y, scores),
        "log_loss": means([negative_log(np.where(y, s, 1 - s)) for s in scores], [negative_log(np.where(y, 1 - s, s)) for s in scores]),
        "brier": means([(s - y) ** 2 for s in scores], [(s - 1 + y) ** 2 for s in scores]),
    }
    for name, three in per_model.items():
        for which, estimate in zip([*MODELS, "difference"], three):
            found[which][name] = estimate
    h = hits[0]
    found["exact"] = {"accuracy": share(h == y, "beta"), "precision": share(y[h], "beta"), "recall": share(h[y], "beta")}
    # Every third row is a segment, all others are the rest.
    segment = np.arange(len(y)) % 3 == 0
    right = h == y
    low, high = confint_proportions_2indep(
        right[segment].sum(), segment.sum(), right[~segment].sum(), (~segment).sum(), method="newcomb", compare="diff"
    )
    found["rest"]["accuracy"] = {"value": right[segment].mean() - right[~segment].mean(), "low": low, "high": high}
    right = [h == y for h in hits]
    b, c = (int(np.sum(x & ~z)) for x, z in [right, right[::-1]])
    found["mcnemar"] = {
        "b": b,
        "c": c,
        "exact": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue),
        "midP": float(min(1, 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(min(b, c), b + c, 0.5))),
    }
    return found


def multiclass(case):
    y, k = np.array(case["labels"]), len(case["names"])
    p = [np.array(case[which]).reshape(len(y), k) for which in MODELS]
    right = [one.argmax(axis=1) == y for one in p]
    losses = [negative_log(one) for one in p]
    own = [loss[np.arange(len(y)), y] for loss in losses]
    missed = [(loss.sum(axis=1) - mine) / (k - 1) for loss, mine in zip(losses, own)]
    found = {which: {} for which in [*MODELS, "difference", "few"]}
    for name in ["accuracy", "micro_f1", "micro_precision", "micro_recall"]:
        for which, estimate in zip([*MODELS, "difference"], [*map(share, right), paired(*right)]):
            found[which][name] = estimate
    curves = {f"auc({name})": aucs(y == j, [one[:, j] for one in p]) for j, name in enumerate(case["names"])}
    # Of classes that a model separates perfectly DeLong's variance is 0, and not what the code uses.
    curves = {name: three for name, three in curves.items() if all(one["value"] < 1 for one in three[:2])}
    for name, three in ({"log_loss": means(own, missed)} | curves).items():
        for which, estimate in zip([*MODELS, "difference"], three):
            found[which][name] = estimate
    found["few"]["accuracy"] = share(right[0][:30])
    return found


def regression():
    case = REAL["regression"]
    y = np.array(case["labels"])
    errors = [np.array(case[which]) - y for which in MODELS]
    pinball = [np.where(e <= 0, -0.9 * e, 0.1 * e) for e in errors]
    found = {which: {} for which in [*MODELS, "difference"]}
    for name, losses in {
        "mae": [np.abs(e) for e in errors],
        "bias": errors,
        "mape": [np.abs(e) / np.abs(y) for e in errors],
        "pinball(0.9)": pinball,
    }.items():
        for which, estimate in zip([*MODELS, "difference"], means(losses)):
            found[which][name] = estimate
    about = y - y.mean()
    total = np.sum(about**2)
    for which, e in zip(MODELS, errors):
        found[which]["rmse"] = {name: float(np.sqrt(end)) for name, end in mean_of(e**2).items()}
        # d(1 - a/b) = -(da - (a/b) db)/b, and the mean of y has no first-order part in b.
        ratio = np.sum(e**2) / total
        found[which]["r2"] = ends(1 - ratio, **spread(-(e**2 - ratio * about**2) / total))
    return found


def plain(value):
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value if isinstance(value, int) else float(value)


expected = {
    "binary": binary(),
    "multiclass": {name: multiclass(case) for name, case in REAL["multiclass"].items()},
    "regression": regression(),
}
(HERE / "intervals.json").write_text(json.dumps(plain(expected), allow_nan=False) + "\n")
