"""As onnx_pandas.py, with Fairlearn's MetricFrame in place of groupby-apply. Usage: python metric_frame.py ROWS.parquet model.onnx"""

import sys

import numpy as np
import onnxruntime
import pandas as pd
from fairlearn.metrics import MetricFrame
from sklearn.cluster import KMeans
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

FEATURES = ["month", "day", "hour", "minute", "weekday", "distance", "temp", "dewp", "humid", "wind_speed", "precip", "visib"]

rows = pd.read_parquet(sys.argv[1], columns=[*FEATURES, "late"])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
session = onnxruntime.InferenceSession(sys.argv[2], options)
features = rows[FEATURES].to_numpy("float32")
segment = KMeans(5, n_init=1, random_state=0).fit_predict(features)
score = session.run(["probabilities"], {"features": features})[0][:, 1]
label = rows["late"].to_numpy()


def labels(metric):
    return lambda y_true, y_score: metric(y_true, np.asarray(y_score) >= 0.5)


frame = MetricFrame(
    metrics={"accuracy": labels(accuracy_score), "f1": labels(f1_score), "auc": roc_auc_score},
    y_true=label,
    y_pred=score,
    sensitive_features=segment,
)
print(frame.by_group.to_json())
