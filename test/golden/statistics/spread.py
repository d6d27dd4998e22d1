"""The intervals of docs/statistics.md that no library has, another way than the code under test: contributions of the rows
by numerical derivatives in the sample weights of scikit-learn's own metrics, quantiles by SciPy."""

import numpy as np
from scipy import optimize, stats

SHORTFALL = 1.25
# Of a paired difference half of the skewness counts (docs/statistics.md, "One more row").
PAIRED = 0.5


def contributions(metric, *columns, weights=None):
    """How much each row moves metric(*columns, weights): central differences in its weight."""
    n = len(columns[0])
    base = np.ones(n) if weights is None else np.asarray(weights, float)
    step = 1e-4
    c = np.empty(n)
    for i in range(n):
        w = base.copy()
        w[i] = base[i] * (1 + step)
        up = metric(*columns, w)
        w[i] = base[i] * (1 - step)
        c[i] = (up - metric(*columns, w)) / (2 * step)
    return c


def spread(c, unseen=None, clusters=None, paired=False):
    """Standard error and a third of the skewness of sum(c), with one more unit as extreme as the most extreme one."""
    if clusters is not None:
        c = np.array([c[clusters == one].sum() for one in np.unique(clusters)])
    n = len(c)
    worst = c[np.argmax(np.abs(c))]
    square, cube = worst**2, worst**3
    if unseen is not None and np.mean(unseen**2) / n**2 > square:
        square, cube = np.mean(unseen**2) / n**2, np.mean(unseen**3) / n**2 / n
    q, k = np.sum(c**2) + square, np.sum(c**3) + cube
    if q < 1e-24:  # all alike
        return {"se": 0.0, "skew": 0.0, "df": n - 1}
    return {"se": float(np.sqrt(q * n / (n - 1))), "skew": float((PAIRED if paired else 1) * SHORTFALL / 3 * k / q**1.5 * (1 - 1 / n) ** 1.5), "df": n - 1}


def ends(value, se, skew, df, confidence=0.95):
    """Hall's cubic, inverted."""
    t = stats.t.ppf((1 + confidence) / 2, df)

    def back(x):
        return x if skew == 0 else (np.cbrt(1 + 3 * skew * (x - skew / 2)) - 1) / skew

    return {"value": float(value), "low": float(value - se * back(t)), "high": float(value - se * back(-t))}


def mean_of(losses, unseen=None, weights=None, paired=False):
    w = np.ones(len(losses)) if weights is None else np.asarray(weights, float)
    mean = np.sum(w * losses) / np.sum(w)
    c = w * (losses - mean) / np.sum(w)
    return ends(mean, **spread(c, None if unseen is None else unseen - mean, paired=paired))


def tango(b, c, n):
    """Tango 1998: where the score statistic of p1 - p2 = delta is 1.96, its nuisance parameter by maximum likelihood, numerically."""

    def z(delta):
        low, high = max(0, -delta), (1 - delta) / 2

        def loss(q):  # p01 = q, p10 = q + delta
            p10, rest = q + delta, 1 - 2 * q - delta
            terms = [(b, p10), (c, q), (n - b - c, rest)]
            if any(count > 0 and p <= 0 for count, p in terms):
                return np.inf
            return -sum(count * np.log(p) for count, p in terms if count > 0)

        found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-15, "maxiter": 10000})
        q = min([found.x, low, high], key=loss)
        return (b - c - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta)))

    value, critical = (b - c) / n, stats.norm.ppf(0.975)
    low = optimize.brentq(lambda x: z(x) - critical, -1 + 1e-12, value - 1e-9, xtol=1e-14)
    high = optimize.brentq(lambda x: z(x) + critical, value + 1e-9, 1 - 1e-12, xtol=1e-14)
    return float(low), float(high)
