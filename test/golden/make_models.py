"""Makes test/golden/models/: one small ONNX file per shape of model that Segmentry meets, data, and what they predict.

    python -m pip install scikit-learn==1.6.1 skl2onnx==1.18.0 onnx==1.17.0 'protobuf<6' onnxruntime==1.30.0 \\
        numpy==2.2.6 pandas==2.2.3 pyarrow==26.0.1
    python make_models.py

rows.parquet is the iris data that comes with scikit-learn, with a few made-up columns for the types that iris lacks.
expected.json holds the outputs of every loadable model for all rows, in the order of rows.parquet, from Python's
ONNX Runtime with one thread. Floats are float32 values widened to float64 where the output is float32.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import skl2onnx
import sklearn
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

FOLDER = Path(__file__).resolve().parent / "models"
SEED = 150
OPSET = {"": 17, "ai.onnx.ml": 3}
MAX_MODEL_BYTES = 50_000
FIXED_BATCH = 8
MATRIX = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
MIXED = ["petal_length", "leaves", "soil"]


def make_rows() -> pd.DataFrame:
    iris = load_iris()
    random = np.random.default_rng(SEED)
    rows = pd.DataFrame(iris.data.astype(np.float32), columns=MATRIX)
    code = iris.target.astype(np.int64)
    rows.insert(0, "flower_id", np.arange(1, len(rows) + 1, dtype=np.int64))
    rows["species"] = iris.target_names[code].astype(object)
    rows["species_code"] = code
    rows["is_virginica"] = (code == 2).astype(np.int32)
    # Made up, and weakly tied to the species so that a model has something to learn from them.
    rows["leaves"] = 3 + code + random.integers(0, 4, len(rows))
    rows["soil"] = random.choice(np.array(["clay", "loam", "sand"], dtype=object), len(rows))
    rows["height"] = 10 + 3 * rows["petal_length"].astype(np.float64) + random.normal(0, 1, len(rows))
    return rows


def convert(model, name: str, inputs: list, zipmap: bool | None = False) -> onnx.ModelProto:
    # zipmap is None for models to which the option does not apply.
    options = None if zipmap is None else {id(model): {"zipmap": zipmap}}
    return convert_sklearn(model, name=name, initial_types=inputs, options=options, target_opset=OPSET)


def linear_score(model: LogisticRegression, name: str, flat: bool) -> onnx.ModelProto:
    """A graph as people write it by hand: one score per row, no label, no probabilities of the other class."""
    weights = numpy_helper.from_array(model.coef_.T.astype(np.float32), "weights")
    bias = numpy_helper.from_array(model.intercept_.astype(np.float32), "bias")
    nodes = [
        helper.make_node("Gemm", ["input", "weights", "bias"], ["logit"], name="linear"),
        helper.make_node("Sigmoid", ["logit"], ["probability" if flat else "score"], name="sigmoid"),
    ]
    initializers = [weights, bias]
    if flat:
        initializers.append(numpy_helper.from_array(np.array([-1], dtype=np.int64), "one_axis"))
        nodes.append(helper.make_node("Reshape", ["probability", "one_axis"], ["score"], name="flatten"))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, len(MATRIX)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None] if flat else [None, 1])],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET[""])], ir_version=8)


def label_alone(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model without its probabilities, nor the steps that only they need."""
    wanted = {"label"}
    needed = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            needed.insert(0, node)
    outputs = [output for output in model.graph.output if output.name == "label"]
    del model.graph.node[:], model.graph.output[:]
    model.graph.node.extend(needed)
    model.graph.output.extend(outputs)
    return model


def make_models(rows: pd.DataFrame) -> dict[str, onnx.ModelProto]:
    x = rows[MATRIX].to_numpy(dtype=np.float64)
    virginica = rows["is_virginica"].to_numpy(dtype=np.int64)
    virginica_name = np.where(virginica == 1, "virginica", "other").astype(object)
    floats = [("input", FloatTensorType([None, len(MATRIX)]))]

    binary = LogisticRegression(max_iter=1000).fit(x, virginica)
    named = LogisticRegression(max_iter=1000).fit(x, virginica_name)
    codes = LogisticRegression(max_iter=1000).fit(x, rows["species_code"])
    species = LogisticRegression(max_iter=1000).fit(x, rows["species"].to_numpy(dtype=object))
    height = LinearRegression().fit(x, rows["height"])
    mlp = MLPClassifier(hidden_layer_sizes=(32, 32), max_iter=2000, random_state=SEED).fit(x, virginica)
    mixed = Pipeline(
        [
            (
                "encode",
                ColumnTransformer(
                    [
                        ("float", "passthrough", ["petal_length"]),
                        ("int", "passthrough", ["leaves"]),
                        ("text", OneHotEncoder(handle_unknown="ignore"), ["soil"]),
                    ]
                ),
            ),
            ("classify", LogisticRegression(max_iter=1000)),
        ]
    ).fit(rows[MIXED], virginica)

    return {
        "matrix-float": convert(binary, "matrix-float", floats),
        "matrix-double": convert(binary, "matrix-double", [("input", DoubleTensorType([None, len(MATRIX)]))]),
        "columns-mixed": convert(
            mixed,
            "columns-mixed",
            [
                ("petal_length", FloatTensorType([None, 1])),
                ("leaves", Int64TensorType([None, 1])),
                ("soil", StringTensorType([None, 1])),
            ],
        ),
        "zipmap": convert(binary, "zipmap", floats, zipmap=True),
        "single-score": linear_score(binary, "single-score", flat=False),
        "single-score-flat": linear_score(binary, "single-score-flat", flat=True),
        "label-only": label_alone(convert(binary, "label-only", floats)),
        "label-string": label_alone(convert(named, "label-string", floats)),
        "multiclass": convert(codes, "multiclass", floats),
        "multiclass-string": convert(species, "multiclass-string", floats),
        "regression": convert(height, "regression", floats, zipmap=None),
        "fixed-batch": convert(binary, "fixed-batch", [("input", FloatTensorType([FIXED_BATCH, len(MATRIX)]))]),
        "mlp": convert(mlp, "mlp", floats),
    }


def to_bytes(model: onnx.ModelProto) -> bytes:
    # The converter lists the opsets in the order of a Python set, which changes from one process to the next.
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def predict(content: bytes, rows: pd.DataFrame) -> dict:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(string)": object}
    feeds = {
        # An input called "input" is the matrix of the four measurements; any other is the column of that name.
        entry.name: rows[MATRIX if entry.name == "input" else [entry.name]].to_numpy(dtype=kinds[entry.type])
        for entry in session.get_inputs()
    }
    names = [output.name for output in session.get_outputs()]
    fixed = session.get_inputs()[0].shape[0] == FIXED_BATCH
    if fixed:
        (full,) = feeds.values()
        missing = -len(full) % FIXED_BATCH
        padded = np.concatenate([full, np.repeat(full[-1:], missing, axis=0)])  # filled up with the last row
        parts = [session.run(names, {"input": part}) for part in np.split(padded, len(padded) // FIXED_BATCH)]
        results = [np.concatenate(part)[: len(full)] for part in zip(*parts)]
    else:
        results = session.run(names, feeds)
    describe = lambda entry: {"name": entry.name, "type": entry.type, "shape": entry.shape}
    return {
        "inputs": [describe(entry) for entry in session.get_inputs()],
        "outputs": [describe(entry) for entry in session.get_outputs()],
        "predictions": {
            # A sequence of maps, as ZipMap makes it, becomes a list of objects with text keys.
            name: result.tolist() if isinstance(result, np.ndarray) else [dict(entry) for entry in result]
            for name, result in zip(names, results)
        },
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    rows = make_rows()
    table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, FOLDER / "rows.parquet", compression="zstd")

    expected = {}
    for name, model in make_models(rows).items():
        content = to_bytes(model)
        if len(content) >= MAX_MODEL_BYTES:
            raise AssertionError(f"{name} has {len(content)} bytes")
        (FOLDER / f"{name}.onnx").write_bytes(content)
        expected[name] = {"file": f"{name}.onnx", "sha256": hashlib.sha256(content).hexdigest(), **predict(content, rows)}
        if name == "matrix-float":
            (FOLDER / "corrupt.onnx").write_bytes(content[: len(content) // 2])
        print(f"{name:>18} {len(content):>6} bytes", expected[name]["inputs"], expected[name]["outputs"])

    document = {
        "made_with": {
            "scikit-learn": sklearn.__version__,
            "skl2onnx": skl2onnx.__version__,
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
        "rows": "rows.parquet",
        "matrix": MATRIX,
        "models": expected,
    }
    # One line per model keeps the file small and its differences readable.
    lines = json.dumps({**document, "models": {}}, allow_nan=False)[: -len("{}}")]
    lines += "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in expected.items()) + "\n}}\n"
    json.loads(lines)
    (FOLDER / "expected.json").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
