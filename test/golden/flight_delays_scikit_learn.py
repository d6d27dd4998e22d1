"""Makes flight-delays-scikit-learn.json: what scikit-learn says about both demo models on many segments.

    python -m pip install scikit-learn==1.6.1 onnxruntime==1.30.0 numpy==2.2.6 pandas==2.2.3 pyarrow==26.0.1
    python flight_delays_scikit_learn.py

Segmentry's metrics are compared with these numbers, so nothing here uses Segmentry. onnxruntime has the version of the
onnxruntime-node that Segmentry uses: scores that differ in the last bits would move a mean loss by more than 1e-9.
"""

import json
import math
import platform
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow
import sklearn
from sklearn import metrics

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "examples" / "flight-delays"
ROLES = {"candidate": "2", "baseline": "1"}
THRESHOLD = 0.5
MIN_ROWS_CROSSED = 200


def score(version: str, rows: pd.DataFrame) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    # With one thread the sum over the trees has one order, whatever the batch size; with two, one score in three of
    # the larger model moves by up to 5e-7.
    options.intra_op_num_threads = 1
    model = DEMO / "registry" / "late-flight" / version / "model.onnx"
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = {
        column.name: rows[[column.name]].to_numpy(dtype=object if column.type == "tensor(string)" else np.float32)
        for column in session.get_inputs()
    }
    (probabilities,) = session.run(["probabilities"], feeds)
    return probabilities[:, 1].astype(np.float64)


def number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def ratio(part: int, whole: int) -> float | None:
    return None if whole == 0 else float(part / whole)


def measure(labels: np.ndarray, scores: np.ndarray) -> dict:
    predicted = (scores >= THRESHOLD).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(labels, predicted, labels=[0, 1]).ravel()
    both_classes = 0 < labels.sum() < len(labels)
    undefined = {"zero_division": np.nan}
    return {
        "accuracy": number(metrics.accuracy_score(labels, predicted)),
        "precision": number(metrics.precision_score(labels, predicted, **undefined)),
        "recall": number(metrics.recall_score(labels, predicted, **undefined)),
        "fpr": ratio(fp, fp + tn),
        "fnr": ratio(fn, fn + tp),
        "f1": number(metrics.f1_score(labels, predicted, **undefined)),
        "selection_rate": number(predicted.mean()),
        "auc": number(metrics.roc_auc_score(labels, scores)) if both_classes else None,
        "log_loss": number(metrics.log_loss(labels, scores, labels=[0, 1])),
        "brier": number(metrics.brier_score_loss(labels, scores, pos_label=1)),
    }


def segments(rows: pd.DataFrame):
    """Yields (segmentation, segment, SQL condition, mask). The mask is what the condition selects, done by pandas."""
    yield "overall", "overall", "true", np.ones(len(rows), dtype=bool)
    for column in ("origin", "carrier"):
        for value in sorted(rows[column].unique()):
            yield column, value, f"{column} = '{value}'", (rows[column] == value).to_numpy()
    for carrier, origin in sorted(set(zip(rows["carrier"], rows["origin"]))):
        mask = ((rows["carrier"] == carrier) & (rows["origin"] == origin)).to_numpy()
        if mask.sum() >= MIN_ROWS_CROSSED:
            yield "carrier, origin", f"{carrier}, {origin}", f"carrier = '{carrier}' and origin = '{origin}'", mask
    yield "low visibility", "visib < 3", "visib < 3", (rows["visib"] < 3).to_numpy()
    for month in range(1, 13):
        yield "month", str(month), f"month = {month}", (rows["month"] == month).to_numpy()


def main() -> None:
    rows = pd.read_parquet(DEMO / "flights.parquet")
    labels = rows["late"].to_numpy().astype(int)
    scores = {role: score(version, rows) for role, version in ROLES.items()}

    measured = [
        {
            "segmentation": segmentation,
            "segment": segment,
            "where": where,
            "rows": int(mask.sum()),
            "positives": int(labels[mask].sum()),
            **{role: measure(labels[mask], scores[role][mask]) for role in ROLES},
        }
        for segmentation, segment, where, mask in segments(rows)
    ]
    document = {
        "made_with": {
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "onnxruntime": onnxruntime.__version__,
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "pyarrow": pyarrow.__version__,
        },
        "notes": [
            "Score: probabilities[:, 1], float32 widened to float64. Predicted positive: score >= 0.5.",
            "ONNX Runtime ran with intra_op_num_threads = 1; with more threads the last bits of scores depend on the batch.",
            "log_loss: scikit-learn makes the pair (1 - score, score) in float64 and clips both to [eps, 1 - eps], where "
            "eps = 2.220446049250313e-16 is the machine epsilon of float64. No score in these data is exactly 0 or 1.",
            "null: undefined (a zero denominator; for auc, only one class). f1 is 2 TP / (2 TP + FP + FN): 0, not "
            "undefined, where nothing is predicted positive and there are positives.",
        ],
        "data": "examples/flight-delays/flights.parquet",
        "models": ROLES,
        "threshold": THRESHOLD,
        "segments": measured,
    }
    for values in scores.values():
        if ((values <= 0) | (values >= 1)).any():
            raise AssertionError("the note on exact zeros and ones is wrong")
    text = json.dumps(document, indent=1, allow_nan=False)
    (HERE / "flight-delays-scikit-learn.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(measured)} segments")


if __name__ == "__main__":
    main()
