"""The peer of bench/metric-frame.ts: Fairlearn's MetricFrame on the same rows, without and with its bootstrap.

Usage: python metric-frame.py ROWS.parquet ROUNDS [N_BOOT]
Prints one JSON line: seconds of each round without intervals, seconds of the one run with n_boot.
"""

import json
import sys
import time
import warnings

import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate
from sklearn.metrics import accuracy_score, precision_score, recall_score

METRICS = {
    "accuracy": accuracy_score,
    "precision": precision_score,
    "recall": recall_score,
    "fpr": false_positive_rate,
    "selection_rate": selection_rate,
}


def frame(rows: pd.DataFrame, **bootstrap) -> float:
    started = time.perf_counter()
    made = MetricFrame(
        metrics=METRICS,
        y_true=rows["label"],
        y_pred=rows["predicted"],
        sensitive_features=rows["segment"],
        **bootstrap,
    )
    made.by_group  # noqa: B018  computed on access
    if bootstrap:
        made.by_group_ci  # noqa: B018
    return time.perf_counter() - started


def main() -> None:
    path, rounds, n_boot = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20
    # Segments without predicted positives warn once per bootstrap sample.
    warnings.filterwarnings("ignore")
    rows = pd.read_parquet(path)
    plain = [frame(rows) for _ in range(rounds)]
    boot = frame(rows, n_boot=n_boot, ci_quantiles=[0.025, 0.5, 0.975], random_state=1)
    print(json.dumps({"plain": plain, "bootstrap": boot, "rows": len(rows), "segments": int(rows["segment"].nunique())}))


if __name__ == "__main__":
    main()
