"""Expected values of every metric on four real data sets, from scikit-learn: writes real.json beside itself.

    pip install scikit-learn==1.6.1 scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6
    python real.py

The data come with scikit-learn (no download): breast cancer (569 rows), wine (178), iris (150), diabetes (442). Two small models
each predict every row by cross-validation; what is stored are labels, predictions, weights and expected values. Intervals
by the delta method are computed by spread.py, those of clustered means from statsmodels' cluster-robust covariance.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import stats
from sklearn import datasets, ensemble, linear_model, metrics as sk, model_selection, naive_bayes, pipeline, preprocessing, tree
from spread import contributions, ends, spread

DIGITS = 6


def scaled(model):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def floats(values):
    return [round(float(v), DIGITS) for v in np.ravel(values)]


def estimates(named, columns, weights):
    """Value, with and without weights, and its spread by numerical derivatives, for metric(*columns, weights)."""
    ones = np.ones(len(weights))
    found = {}
    for name, metric in named.items():
        own = contributions(metric, *columns)
        found[name] = {
            "value": float(metric(*columns, ones)),
            "weighted": float(metric(*columns, weights)),
            "spread": spread(own),
            "weightedSpread": spread(contributions(metric, *columns, weights=weights)),
        }
    return found


def fixed_weights(n):
    return 0.25 + (np.arange(n) * 7 % 11) / 4


def f_beta(beta):
    return lambda y, s, w: sk.fbeta_score(y, s >= 0.5, beta=beta, sample_weight=w)


def ks(y, s, w):
    fpr, tpr, _ = sk.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    return np.max(np.abs(tpr - fpr))


def ece(y, s, w):
    bins = np.minimum(9, np.floor(s * 10)).astype(int)
    return sum(abs(np.sum((w * (s - y))[bins == b])) for b in range(10)) / np.sum(w)


BINARY = {
    "balanced_accuracy": lambda y, s, w: sk.balanced_accuracy_score(y, s >= 0.5, sample_weight=w),
    "specificity": lambda y, s, w: sk.recall_score(1 - y, s < 0.5, sample_weight=w),
    "f_beta(2)": f_beta(2),
    "f_beta(0.5)": f_beta(0.5),
    "mcc": lambda y, s, w: sk.matthews_corrcoef(y, s >= 0.5, sample_weight=w),
    "prevalence": lambda y, s, w: np.average(y, weights=w),
    "accuracy": lambda y, s, w: sk.accuracy_score(y, s >= 0.5, sample_weight=w),
    "precision": lambda y, s, w: sk.precision_score(y, s >= 0.5, sample_weight=w),
    "f1": lambda y, s, w: sk.f1_score(y, s >= 0.5, sample_weight=w),
    "auc": lambda y, s, w: sk.roc_auc_score(y, s, sample_weight=w),
    "average_precision": lambda y, s, w: sk.average_precision_score(y, s, sample_weight=w),
    "log_loss": lambda y, s, w: sk.log_loss(y, s, sample_weight=w),
    "brier": lambda y, s, w: sk.brier_score_loss(y, s, sample_weight=w),
    "ece": ece,
    "ks": ks,
}


def binary():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    models = {"candidate": scaled(linear_model.LogisticRegression(C=0.02)), "baseline": naive_bayes.GaussianNB()}
    x = x[:, :5]  # few features: models that make mistakes
    weights = fixed_weights(len(y))
    case = {"labels": [int(v) for v in y], "weights": floats(weights), "expected": {}}
    for which, model in models.items():
        scores = np.round(model_selection.cross_val_predict(model, x, y, cv=5, method="predict_proba")[:, 1], DIGITS)
        case[which] = floats(scores)
        case["expected"][which] = estimates(BINARY, [y, scores], weights)
    return case


def average(kind, metric):
    return lambda y, p, w: metric(y, p.argmax(axis=1), average=kind, zero_division=0, sample_weight=w)


MULTICLASS = {
    f"{kind}_{name}": average(kind, metric)
    for kind in ["macro", "weighted", "micro"]
    for name, metric in [("f1", sk.f1_score), ("precision", sk.precision_score), ("recall", sk.recall_score)]
} | {
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p.argmax(axis=1), sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    "top_k_accuracy(2)": lambda y, p, w: sk.top_k_accuracy_score(y, p, k=2, sample_weight=w),
}


def multiclass(load):
    data = load()
    x, y, names = data.data[:, :3], data.target, [str(name) for name in data.target_names]
    models = {"candidate": scaled(linear_model.LogisticRegression(C=0.1)), "baseline": tree.DecisionTreeClassifier(max_depth=2, random_state=0)}
    weights = fixed_weights(len(y))
    case = {"labels": [int(v) for v in y], "names": names, "weights": floats(weights), "expected": {}}
    one_vs_rest = {
        f"auc({name})": (lambda j: lambda y, p, w: sk.roc_auc_score(y == j, p[:, j], sample_weight=w))(j) for j, name in enumerate(names)
    }
    for which, model in models.items():
        p = np.round(model_selection.cross_val_predict(model, x, y, cv=5, method="predict_proba"), DIGITS)
        p[:, -1] = np.round(1 - p[:, :-1].sum(axis=1), DIGITS)
        p = np.maximum(p, 0)
        case[which] = floats(p)
        case["expected"][which] = estimates(MULTICLASS | one_vs_rest, [y, p], weights)
    return case


REGRESSION = {
    "mae": lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w),
    "rmse": lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
    "mape": lambda y, p, w: sk.mean_absolute_percentage_error(y, p, sample_weight=w),
    "r2": lambda y, p, w: sk.r2_score(y, p, sample_weight=w),
    "bias": lambda y, p, w: np.average(p - y, weights=w),
    "pinball(0.9)": lambda y, p, w: sk.mean_pinball_loss(y, p, alpha=0.9, sample_weight=w),
}


def diabetes():
    data = datasets.load_diabetes(scaled=False)
    x, y = data.data, data.target
    models = {"candidate": scaled(linear_model.Ridge()), "baseline": ensemble.RandomForestRegressor(20, max_depth=3, random_state=0)}
    return data, x, y, {w: np.round(model_selection.cross_val_predict(m, x, y, cv=5), DIGITS) for w, m in models.items()}


def regression():
    _, x, y, predicted = diabetes()
    weights = fixed_weights(len(y))
    clusters = x[:, 0].astype(int)  # patients of one age
    case = {"labels": floats(y), "weights": floats(weights), "clusters": [int(c) for c in clusters], "expected": {}}
    for which, values in predicted.items():
        case[which] = floats(values)
        found = estimates(REGRESSION, [y, values], weights)
        found["median_ae"] = {"value": float(sk.median_absolute_error(y, values))}
        errors = np.abs(values - y)
        fit = sm.OLS(errors, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
        totals = np.array([(errors - errors.mean())[clusters == c].sum() for c in np.unique(clusters)]) / len(y)
        assert np.isclose(fit.bse[0] ** 2, np.sum(totals**2))
        found["clustered_mae"] = ends(errors.mean(), **spread((errors - errors.mean()) / len(y), clusters=clusters))
        case["expected"][which] = found
    return case


def ranking():
    """Patients of one age and sex are a group; relevant is who gets worse: quartile of disease progression, 0 to 3."""
    _, x, y, predicted = diabetes()
    groups = (x[:, 0] // 10 * 10 + x[:, 1]).astype(int)
    grades = np.digitize(y, np.quantile(y, [0.25, 0.5, 0.75]))
    case = {"labels": [int(g) for g in grades], "groups": [int(g) for g in groups], "expected": {}}
    for which, values in predicted.items():
        scores = np.round(values / 20) * 20  # so that there are ties
        case[which] = floats(scores)
        found = {}
        for name, k in [("ndcg", None), ("ndcg(3)", 3), ("ndcg(10)", 10)]:
            per_group = []
            for group in np.unique(groups):
                inside = groups == group
                if grades[inside].sum() > 0:
                    dcg = lambda s: sk.dcg_score([grades[inside]], [s[inside]], k=k)
                    per_group.append(dcg(scores) / dcg(grades.astype(float)))
            per_group = np.array(per_group)
            found[name] = ends(per_group.mean(), **spread((per_group - per_group.mean()) / len(per_group)))
        case["expected"][which] = found
    return case


expected = {
    "binary": binary(),
    "multiclass": {"wine": multiclass(datasets.load_wine), "iris": multiclass(datasets.load_iris)},
    "regression": regression(),
    "ranking": ranking(),
}
pathlib.Path(__file__).with_name("real.json").write_text(json.dumps(expected, allow_nan=False) + "\n")
