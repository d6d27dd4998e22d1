"""Expected values for rows with weights, clusters, costs and ranking groups, on real data: writes rows.json beside itself, and
../models/ranking.onnx.

    pip install scikit-learn==1.6.1 scipy==1.15.3 statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 pyarrow onnx==1.23.2
    python rows.py

The data come with scikit-learn (no download): breast cancer (569 rows), wine (178), diabetes (442), digits (1,797), iris (150). What is
stored are the columns of a table as a pipeline reads it, and what scikit-learn and statsmodels say about it.

The standard error of a clustered mean is that of statsmodels (cov_type="cluster", whose correction for a mean is G/(G - 1)), plus
what docs/statistics.md calls one more row: the variance that one more cluster as extreme as the most extreme one adds.
"""

import json
import pathlib

import numpy as np
import onnx
import pandas as pd
import statsmodels.api as sm
from onnx import TensorProto, helper, numpy_helper
from sklearn import datasets, ensemble, linear_model, metrics as sk, model_selection, naive_bayes, pipeline, preprocessing, tree

DIGITS = 6
HERE = pathlib.Path(__file__).parent
MATRIX = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def scaled(model):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def out_of_fold(model, x, y, method):
    return np.round(model_selection.cross_val_predict(model, x, y, cv=5, method=method), DIGITS)


def weights_of(n):
    return 0.25 + (np.arange(n) * 7 % 11) / 4


def columns(**named):
    return {name: [v.item() if hasattr(v, "item") else v for v in values] for name, values in named.items()}


def of_both(predicted, metrics):
    return {which: {name: float(metric(p)) for name, metric in metrics.items()} for which, p in predicted.items()}


def breast_cancer():
    """Tumours of about one size are a hospital; a missed malignant one costs by its area, a false alarm 3."""
    data = datasets.load_breast_cancer()
    x, y = data.data[:, :5], 1 - data.target  # 1 is malignant
    area = np.round(data.data[:, 3] / 100, DIGITS)
    w = weights_of(len(y))
    models = {"candidate": scaled(linear_model.LogisticRegression(C=0.02)), "baseline": naive_bayes.GaussianNB()}
    p = {which: out_of_fold(model, x, y, "predict_proba")[:, 1] for which, model in models.items()}
    cost = np.where(y == 1, area, 3.0)
    hard = lambda metric, **more: lambda s: metric(y, s >= 0.5, sample_weight=w, **more)
    soft = lambda metric: lambda s: metric(y, s, sample_weight=w)
    return {
        "columns": columns(y=y, w=w, hospital=(data.data[:, 0] // 1).astype(int), area=area, new=p["candidate"], old=p["baseline"]),
        "expected": of_both(
            p,
            {
                "accuracy": hard(sk.accuracy_score),
                "balanced_accuracy": hard(sk.balanced_accuracy_score),
                "precision": hard(sk.precision_score),
                "recall": hard(sk.recall_score),
                "f1": hard(sk.f1_score),
                "mcc": hard(sk.matthews_corrcoef),
                "auc": soft(sk.roc_auc_score),
                "average_precision": soft(sk.average_precision_score),
                "log_loss": soft(sk.log_loss),
                "brier": soft(sk.brier_score_loss),
                "cost": lambda s: np.average(((s >= 0.5) != y) * cost, weights=w),
            },
        ),
        "total": of_both(p, {"cost": lambda s: np.sum(w * ((s >= 0.5) != y) * cost)}),
    }


def wine():
    data = datasets.load_wine()
    x, names = data.data[:, :3], np.array([str(name) for name in data.target_names])
    y = names[data.target]
    w = weights_of(len(y))
    models = {"candidate": scaled(linear_model.LogisticRegression(C=0.1)), "baseline": tree.DecisionTreeClassifier(max_depth=2, random_state=0)}
    p = {which: model_selection.cross_val_predict(model, x, y, cv=5) for which, model in models.items()}
    price = np.round(data.data[:, 12], DIGITS)
    average = lambda metric, kind: lambda c: metric(y, c, average=kind, zero_division=0, sample_weight=w)
    return {
        "columns": columns(y=y, w=w, price=price, new=p["candidate"], old=p["baseline"]),
        "expected": of_both(
            p,
            {
                "accuracy": lambda c: sk.accuracy_score(y, c, sample_weight=w),
                "macro_f1": average(sk.f1_score, "macro"),
                "macro_recall": average(sk.recall_score, "macro"),
                "weighted_precision": average(sk.precision_score, "weighted"),
                "cost": lambda c: np.average((c != y) * price * 1.2, weights=w),
            },
        ),
    }


def clustered(values, weights, clusters):
    """Mean, its cluster-robust standard error, and what the most extreme cluster adds to it."""
    ones = np.ones(len(values))
    fit = sm.WLS(values, ones, weights=weights).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    mean = np.average(values, weights=weights)
    totals = np.array([(weights * (values - mean))[clusters == c].sum() for c in np.unique(clusters)]) / weights.sum()
    count = len(totals)
    factor = count / (count - 1)
    assert np.isclose(fit.bse[0] ** 2, factor * np.sum(totals**2))
    if np.all(weights == 1):  # generalised estimating equations have no correction
        gee = sm.GEE(values, ones, groups=clusters, family=sm.families.Gaussian(), cov_struct=sm.cov_struct.Independence()).fit()
        assert np.isclose(gee.bse[0] ** 2 * factor, fit.bse[0] ** 2, rtol=1e-6)
    return {"value": mean, "robust": float(fit.bse[0]), "more": float(np.sqrt(factor) * np.abs(totals).max()), "clusters": count}


def diabetes():
    data = datasets.load_diabetes(scaled=False)
    x, y = data.data, data.target
    models = {"candidate": scaled(linear_model.Ridge()), "baseline": ensemble.RandomForestRegressor(20, max_depth=3, random_state=0)}
    p = {which: out_of_fold(model, x, y, "predict") for which, model in models.items()}
    w, age = weights_of(len(y)), x[:, 0].astype(int)
    errors = {which: np.abs(values - y) for which, values in p.items()}
    means = {**errors, "difference": errors["candidate"] - errors["baseline"]}
    return {
        "columns": columns(y=y, w=w, age=age, new=p["candidate"], old=p["baseline"]),
        "expected": of_both(
            p,
            {
                "mae": lambda v: sk.mean_absolute_error(y, v, sample_weight=w),
                "rmse": lambda v: sk.root_mean_squared_error(y, v, sample_weight=w),
                "r2": lambda v: sk.r2_score(y, v, sample_weight=w),
                "mape": lambda v: sk.mean_absolute_percentage_error(y, v, sample_weight=w),
                "pinball(0.9)": lambda v: sk.mean_pinball_loss(y, v, alpha=0.9, sample_weight=w),
            },
        ),
        "clustered": {
            "plain": {which: clustered(values, np.ones(len(y)), age) for which, values in means.items()},
            "weighted": {which: clustered(values, w, age) for which, values in means.items()},
        },
    }


def ranked(groups, relevance, scores):
    """Mean over the groups with anything relevant. No ties, so that label_ranking_average_precision_score means the same."""
    found = {name: [] for name in ["ndcg", "ndcg(5)", "map", "mrr", "hit_rate(1)", "hit_rate(3)", "precision_at(5)"]}
    for group in np.unique(groups):
        inside = groups == group
        r, s = relevance[inside], scores[inside]
        assert len(np.unique(s)) == len(s)
        hits = (r > 0)[np.argsort(-s)]
        found["precision_at(5)"].append(hits[:5].sum() / 5)
        if not hits.any():
            continue
        found["ndcg"].append(sk.ndcg_score([r], [s]))
        found["ndcg(5)"].append(sk.ndcg_score([r], [s], k=5))
        found["map"].append(sk.label_ranking_average_precision_score([r > 0], [s]))
        found["mrr"].append(1 / (1 + np.argmax(hits)))
        for k in [1, 3]:
            found[f"hit_rate({k})"].append(float(hits[:k].any()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def digits():
    """A query is a digit, its items 30 pictures: relevance 3 for that digit, 1 for its neighbours."""
    data = datasets.load_digits()
    n = len(data.target)
    query = np.arange(n) // 30
    asked = query % 10
    distance = np.abs(data.target - asked)
    relevance = np.select([distance == 0, distance == 1], [3, 1], 0)
    p = {}
    for which, pixels in {"candidate": 64, "baseline": 24}.items():
        model = scaled(linear_model.LogisticRegression(C=0.01))
        decisions = model_selection.cross_val_predict(model, data.data[:, :pixels], data.target, cv=5, method="decision_function")
        p[which] = np.round(decisions[np.arange(n), asked], 9)
    left = np.arange(n) % 3 == 0  # a segment cuts groups
    return {
        "columns": columns(
            query=np.array([f"q{q}" for q in query]), y=relevance, half=np.where(left, "left", "right"), new=p["candidate"], old=p["baseline"]
        ),
        "expected": {
            where: {which: ranked(query[rows], relevance[rows], scores[rows]) for which, scores in p.items()}
            for where, rows in {"overall": left | ~left, "left": left, "right": ~left}.items()
        },
    }


def iris():
    """A linear scorer, trained on pairs of flowers to prefer the higher species code, as ONNX; its ranking within each soil."""
    rows = pd.read_parquet(HERE.parent / "models" / "rows.parquet")
    x, y = rows[MATRIX].to_numpy(dtype=np.float64), rows["species_code"].to_numpy()
    first, second = np.meshgrid(np.arange(len(y)), np.arange(len(y)))
    pairs = (y[first] != y[second]).ravel()
    first, second = first.ravel()[pairs], second.ravel()[pairs]
    preference = linear_model.LogisticRegression(C=1e-4, fit_intercept=False, tol=1e-10)
    preference.fit(x[first] - x[second], y[first] > y[second])
    weights = preference.coef_.T.astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["input", "weights"], ["score"], name="linear")],
        "ranking",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, len(MATRIX)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (HERE.parent / "models" / "ranking.onnx").write_bytes(model.SerializeToString(deterministic=True))
    scores = (rows[MATRIX].to_numpy(dtype=np.float32).astype(np.float64) @ weights.astype(np.float64)).ravel()
    per_soil = [sk.ndcg_score([y[inside]], [scores[inside]]) for inside in [(rows["soil"] == soil).to_numpy() for soil in sorted(set(rows["soil"]))]]
    return {"ndcg": float(np.mean(per_soil)), "groups": len(per_soil)}


if __name__ == "__main__":
    expected = {"breast cancer": breast_cancer(), "wine": wine(), "diabetes": diabetes(), "digits": digits(), "iris": iris()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case, allow_nan=False)}" for name, case in expected.items())
    (HERE / "rows.json").write_text(f"{{\n{lines}\n}}\n")
