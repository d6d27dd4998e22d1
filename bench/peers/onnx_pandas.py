"""pandas, scikit-learn's KMeans and metrics, and ONNX Runtime with two threads. Usage: python onnx_pandas.py ROWS.parquet model.onnx"""

import json
import sys

import onnxruntime
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

FEATURES = ["month", "day", "hour", "minute", "weekday", "distance", "temp", "dewp", "humid", "wind_speed", "precip", "visib"]

rows = pd.read_parquet(sys.argv[1], columns=[*FEATURES, "late"])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
session = onnxruntime.InferenceSession(sys.argv[2], options)
features = rows[FEATURES].to_numpy("float32")
rows["segment"] = KMeans(5, n_init=1, random_state=0).fit_predict(features)
rows["score"] = session.run(["probabilities"], {"features": features})[0][:, 1]


def evaluate(segment: pd.DataFrame) -> pd.Series:
    positive = segment["score"] >= 0.5
    return pd.Series(
        {
            "accuracy": accuracy_score(segment["late"], positive),
            "f1": f1_score(segment["late"], positive),
            "auc": roc_auc_score(segment["late"], segment["score"]),
        }
    )


print(json.dumps(rows.groupby("segment")[["late", "score"]].apply(evaluate).to_dict("index")))
