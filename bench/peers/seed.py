"""The peer to beat: what a data scientist writes in a notebook. Prints one JSON line. Usage: python seed.py ROWS.parquet forest.joblib"""

import json
import sys

import joblib
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

FEATURES = ["month", "day", "hour", "minute", "weekday", "distance", "temp", "dewp", "humid", "wind_speed", "precip", "visib"]

rows = pd.read_parquet(sys.argv[1], columns=[*FEATURES, "late"])
model = joblib.load(sys.argv[2])
rows["segment"] = KMeans(5, n_init=1, random_state=0).fit_predict(rows[FEATURES].to_numpy())


def evaluate(segment: pd.DataFrame) -> pd.Series:
    score = model.predict_proba(segment[FEATURES].to_numpy())[:, 1]
    label = segment["late"]
    return pd.Series(
        {
            "accuracy": accuracy_score(label, score >= 0.5),
            "f1": f1_score(label, score >= 0.5),
            "auc": roc_auc_score(label, score),
        }
    )


print(json.dumps(rows.groupby("segment")[[*FEATURES, "late"]].apply(evaluate).to_dict("index")))
