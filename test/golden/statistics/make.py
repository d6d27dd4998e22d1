"""Expected values of domain/metrics and domain/statistics, from scikit-learn, SciPy and statsmodels.

    pip install scikit-learn==1.6.1 scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6
    python make.py            # writes expected.json beside itself

What those libraries do not have (Tango's interval, standard errors by the delta method) is computed here by another
way than the code under test: constrained likelihoods by numerical optimisation, influences by numerical derivatives
in the sample weights of scikit-learn's own metrics.
"""

import json
import pathlib

import numpy as np
from scipy import stats
from sklearn import metrics as sk
from spread import contributions, mean_of, spread, tango
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20130713)


def floats(values):
    return [float(v) for v in values]


def distributions():
    tails = [1e-300, 1e-100, 1e-20, 1e-9, 1e-4, 0.001, 0.01, 0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.9, 0.975, 0.9999]
    zs = [-37, -20, -8, -5, -3, -1.96, -1.5, -1, -0.3, 0, 1e-9, 0.5, 1.7, 4, 8]
    t_values = [-1e6, -200, -40, -12, -6, -3, -1.5, -0.1, 0, 0.7, 2, 9]
    dfs = [1, 2, 2.5, 5, 9, 30, 199.5, 4999, 1e5, 3e6]
    shapes = [(0.5, 0.5), (0.5, 20.5), (3.5, 10.5), (30.5, 9.5), (1, 39), (40, 1), (200, 300), (5e3, 70), (4e5, 6e5)]
    return {
        "normalCdf": [[z, float(stats.norm.cdf(z))] for z in zs],
        "normalQuantile": [[p, float(stats.norm.ppf(p))] for p in tails],
        "studentCdf": [[t, df, float(stats.t.cdf(t, df))] for t in t_values for df in dfs],
        "studentQuantile": [[p, df, float(stats.t.ppf(p, df))] for p in tails if p >= 1e-9 for df in dfs],
        "betaCdf": [
            [a, b, float(x), float(stats.beta.cdf(x, a, b)), float(stats.beta.sf(x, a, b))]
            for a, b in shapes
            for x in [0.001, 0.05, 0.3, 0.4, 0.401, 0.9, 0.98]
        ],
        "betaQuantile": [
            [a, b, p, float(stats.beta.ppf(p, a, b))] for a, b in shapes for p in [1e-9, 0.001, 0.025, 0.5, 0.975]
        ],
    }


def proportions():
    rows = []
    for successes, n in [(0, 1), (1, 1), (0, 20), (1, 29), (5, 12), (19, 39), (20, 40), (81, 263), (15, 148), (999, 1000), (123456, 325000)]:
        for confidence in [0.8, 0.95, 0.999]:
            row = {"successes": successes, "n": n, "confidence": confidence}
            for ours, theirs in [("wilson", "wilson"), ("jeffreys", "jeffreys"), ("clopperPearson", "beta")]:
                low, high = proportion_confint(successes, n, alpha=1 - confidence, method=theirs)
                if ours == "jeffreys":  # Brown, Cai & DasGupta's ends at the boundary, which statsmodels leaves out
                    low, high = (0 if successes == 0 else low), (1 if successes == n else high)
                row[ours] = floats([low, high])
            rows.append(row)
    return rows


def tangos():
    rows = []
    for a, b, c, d in [(40, 7, 2, 51), (20, 0, 0, 80), (10, 5, 0, 5), (0, 1, 9, 190), (900, 30, 41, 29), (1, 1, 1, 1)]:
        low, high = tango(b, c, a + b + c + d)
        rows.append({"a": a, "b": b, "c": c, "d": d, "low": low, "high": high})
    return rows


def mcnemars():
    tables = [(1, 7), (7, 1), (0, 5), (0, 1), (4, 4), (30, 52), (300, 352)]
    return [
        {
            "b": b,
            "c": c,
            "exact": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue),
            "midP": float(min(1, 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(min(b, c), b + c, 0.5))),
        }
        for b, c in tables
    ]


def adjustments():
    lists = [[0.01], [0.04, 0.01, 0.03, 0.005], [0.5, 0.5, 0.01, 0.01, 1, 0.2], floats(rng.uniform(0, 0.2, 50) ** 2)]
    return [
        {
            "p": ps,
            "holm": floats(multipletests(ps, method="holm")[1]),
            "bh": floats(multipletests(ps, method="fdr_bh")[1]),
            "by": floats(multipletests(ps, method="fdr_by")[1]),
        }
        for ps in lists
    ]


def influences(metric, *columns, paired=False):
    return spread(contributions(metric, *columns), paired=paired)


def binary_case(name, labels, candidate, baseline, threshold=0.5):
    case = {"name": name, "threshold": threshold, "labels": [int(y) for y in labels]}
    case |= {"candidate": floats(candidate), "baseline": floats(baseline), "expected": {}}
    losses, missed = {}, {}
    for which, scores in [("candidate", candidate), ("baseline", baseline)]:
        scores = scores.astype(np.float64)
        predicted = (scores >= threshold).astype(int)
        tn, fp, fn, tp = sk.confusion_matrix(labels, predicted, labels=[0, 1]).ravel()
        clipped = np.clip(np.where(labels == 1, scores, 1 - scores), np.finfo(float).eps, 1 - np.finfo(float).eps)
        flipped = np.clip(np.where(labels == 0, scores, 1 - scores), np.finfo(float).eps, 1 - np.finfo(float).eps)
        losses[which] = {"log_loss": -np.log(clipped), "brier": (scores - labels) ** 2}
        missed[which] = {"log_loss": -np.log(flipped), "brier": (scores - 1 + labels) ** 2}
        case["expected"][which] = {
            "accuracy": sk.accuracy_score(labels, predicted),
            "precision": sk.precision_score(labels, predicted, zero_division=np.nan),
            "recall": sk.recall_score(labels, predicted, zero_division=np.nan),
            "fpr": fp / (fp + tn),
            "fnr": fn / (fn + tp),
            "f1": sk.f1_score(labels, predicted, zero_division=np.nan),
            "selection_rate": float(predicted.mean()),
            "auc": sk.roc_auc_score(labels, scores),
            "log_loss": sk.log_loss(labels, scores, labels=[0, 1]),
            "brier": sk.brier_score_loss(labels, scores),
        }
        for metric, values in losses[which].items():
            case["expected"][which][f"{metric}_interval"] = mean_of(values, missed[which][metric])
    case["expected"]["difference"] = {
        metric: mean_of(*(x["candidate"][metric] - x["baseline"][metric] for x in [losses, missed]), paired=True)
        for metric in ["log_loss", "brier"]
    }
    for which in case["expected"]:
        case["expected"][which] = {
            key: value if isinstance(value, dict) else None if np.isnan(value) else float(value)
            for key, value in case["expected"][which].items()
        }
    return case


def binary():
    def scores(labels, strength, noise):
        return 1 / (1 + np.exp(-(strength * (labels - 0.5) + noise)))

    cases = []
    for name, n, rate in [("250 rows", 250, 0.3), ("rare positives", 400, 0.04), ("20 rows", 20, 0.5)]:
        labels = (rng.uniform(size=n) < rate).astype(int)
        labels[:2] = [0, 1]
        shared = rng.normal(size=n)
        cases.append(
            binary_case(name, labels, scores(labels, 2, shared), scores(labels, 1.5, 0.7 * shared + 0.7 * rng.normal(size=n)))
        )
    labels = rng.integers(0, 2, 150)
    cases.append(binary_case("many ties", labels, np.round(rng.uniform(size=150), 1), np.round((labels + rng.uniform(size=150)) / 2, 1)))
    sure = np.where(rng.uniform(size=60) < 0.9, labels[:60], 1 - labels[:60]).astype(float)
    cases.append(binary_case("scores of 0 and 1", labels[:60], sure, np.clip(sure, 1e-20, 1 - 1e-10)))
    single = rng.uniform(size=120).astype(np.float32)
    cases.append(binary_case("single precision", labels[:120], single, (single * single).astype(np.float32)))
    return cases


def multiclass():
    cases = []
    for name, n, k in [("3 classes", 200, 3), ("6 classes, some rare", 300, 6)]:
        labels = np.minimum(rng.geometric(0.45, n) - 1, k - 1)
        logits = [rng.normal(size=(n, k)) + s * np.eye(k)[labels] for s in (1.5, 1.0)]
        probabilities = [np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in logits]
        case = {"name": name, "k": k, "labels": [int(y) for y in labels], "expected": {}}
        predicted = [p.argmax(axis=1) for p in probabilities]

        def f1(y, guess, w):
            return sk.f1_score(y, guess, average="macro", zero_division=0, sample_weight=w)

        for which, p, guess in zip(["candidate", "baseline"], probabilities, predicted):
            case[which] = {"probabilities": floats(p.ravel()), "classes": [int(c) for c in guess]}
            case["expected"][which] = {
                "accuracy": float(sk.accuracy_score(labels, guess)),
                "macro_f1": float(sk.f1_score(labels, guess, average="macro", zero_division=0)),
                "macro_f1_spread": influences(f1, labels, guess),
                "log_loss": float(sk.log_loss(labels, p, labels=list(range(k)))),
            }
        case["expected"]["difference"] = {
            "macro_f1_spread": influences(lambda y, a, b, w: f1(y, a, w) - f1(y, b, w), labels, *predicted, paired=True)
        }
        cases.append(case)
    return cases


def regression():
    cases = []
    for name, n, offset in [("80 rows", 80, 0.0), ("far from zero", 300, 1e6), ("3 rows", 3, 0.0)]:
        labels = offset + rng.gamma(2, 10, n)
        shared = rng.normal(size=n)
        models = {"candidate": labels + 3 * shared + 1, "baseline": labels + 2 * shared + 2 * rng.normal(size=n)}
        case = {"name": name, "labels": floats(labels), "expected": {}} | {k: floats(v) for k, v in models.items()}

        def rmse(y, p, w):
            return np.sqrt(sk.mean_squared_error(y, p, sample_weight=w))

        def r2(y, p, w):
            return sk.r2_score(y, p, sample_weight=w)

        for which, values in models.items():
            case["expected"][which] = {
                "mae": mean_of(np.abs(values - labels)),
                "bias": mean_of(values - labels),
                "rmse": float(sk.root_mean_squared_error(labels, values)),
                "rmse_spread": influences(rmse, labels, values),
                "r2": float(sk.r2_score(labels, values)),
                "r2_spread": influences(r2, labels, values),
            }
        a, b = models["candidate"], models["baseline"]
        case["expected"]["difference"] = {
            "mae": mean_of(np.abs(a - labels) - np.abs(b - labels), paired=True),
            "bias": mean_of(a - b, paired=True),
            "rmse_spread": influences(lambda y, p, q, w: rmse(y, p, w) - rmse(y, q, w), labels, a, b, paired=True),
            "r2_spread": influences(lambda y, p, q, w: r2(y, p, w) - r2(y, q, w), labels, a, b, paired=True),
        }
        cases.append(case)
    return cases


expected = {
    "distributions": distributions(),
    "proportions": proportions(),
    "tango": tangos(),
    "mcnemar": mcnemars(),
    "adjustments": adjustments(),
    "binary": binary(),
    "multiclass": multiclass(),
    "regression": regression(),
}
target = pathlib.Path(__file__).with_name("expected.json")
target.write_text(json.dumps(expected, allow_nan=False) + "\n")
