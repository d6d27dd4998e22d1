"""Makes test/golden/classes/: models of three classes whose labels are written, ordered and told in different ways.

    python make_class_models.py

with the packages of make_models.py. All of them are the same logistic regression on the iris data, so that they are right on the same
rows: only what the classes are called, and their order, which scikit-learn sorts, differ.
"""

from pathlib import Path

import numpy as np
import onnx
import pyarrow.parquet as pq
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

FOLDER = Path(__file__).resolve().parent
MATRIX = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
OPSET = {"": 17, "ai.onnx.ml": 3}

GRADES = np.array([2, 9, 10])
WORDS = np.array(["low", "mid", "high"], dtype=object)


def train(x: np.ndarray, labels: np.ndarray) -> onnx.ModelProto:
    model = LogisticRegression(max_iter=1000).fit(x, labels)
    return convert_sklearn(
        model,
        name="classes",
        initial_types=[("input", FloatTensorType([None, len(MATRIX)]))],
        options={id(model): {"zipmap": False}},
        target_opset=OPSET,
    )


def through_encoder(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    """Its labels become words in an operator of their own, as pipelines that decode their target do."""
    [classifier] = [node for node in model.graph.node if node.op_type == "LinearClassifier"]
    classifier.output[0] = "code"
    encoder = helper.make_node(
        "LabelEncoder",
        ["code"],
        ["label"],
        domain="ai.onnx.ml",
        keys_int64s=list(range(len(names))),
        values_strings=names,
    )
    model.graph.node.append(encoder)
    [operators] = [opset for opset in model.opset_import if opset.domain == "ai.onnx.ml"]
    operators.version = OPSET["ai.onnx.ml"]
    [label] = [output for output in model.graph.output if output.name == "label"]
    label.type.tensor_type.elem_type = TensorProto.STRING
    return model


def without_label(model: onnx.ModelProto) -> onnx.ModelProto:
    kept = [output for output in model.graph.output if output.name != "label"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return model


def main() -> None:
    table = pq.read_table(FOLDER / "models" / "rows.parquet").to_pandas()
    x = table[MATRIX].to_numpy(dtype=np.float64)
    code = table["species_code"].to_numpy()
    grades = GRADES[code]
    texts = grades.astype(str).astype(object)
    place = np.searchsorted(np.sort(np.unique(texts)), texts)
    models = {
        # 2, 9, 10
        "integers": train(x, grades),
        # "10", "2", "9"
        "texts": train(x, texts),
        # high, low, mid
        "words": train(x, WORDS[code]),
        # 0, 1, 2
        "codes": train(x, code),
        # "10", "2", "9", which only its labels tell
        "encoded": through_encoder(train(x, place), ["10", "2", "9"]),
        # The same order, which nothing tells.
        "untold": without_label(train(x, texts)),
        # 2, 9, 10 without a label
        "unlabelled": without_label(train(x, grades)),
    }
    (FOLDER / "classes").mkdir(exist_ok=True)
    for name, model in models.items():
        onnx.checker.check_model(model)
        (FOLDER / "classes" / f"{name}.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
