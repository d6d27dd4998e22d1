"""Makes test/golden/poison/: models that some rows break, for the tests of isolation.

    python -m pip install onnx==1.17.0 'protobuf<6' numpy==2.2.6
    python make_poison_models.py

All take "x" and "divisor" (float) and give a score in [0, 1]:

- crash.onnx ends its process (SIGFPE on x86-64) where the divisor is -1: it divides the smallest integer, whose quotient by
  -1 no integer holds, which ONNX Runtime leaves to the processor. Where the divisor is 0 ONNX Runtime refuses the batch.
- at_load.onnx does so when it is loaded: all that the division needs is constant, and ONNX Runtime computes constants then.
- sound.onnx gives crash.onnx's scores, and a score everywhere.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent / "poison"
OPSET = 17


def constant(name: str, values: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(values, name)


def save(name: str, nodes: list, initializers: list) -> None:
    inputs = [helper.make_tensor_value_info(column, TensorProto.FLOAT, ["N", 1]) for column in ("x", "divisor")]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N", 1])]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def scored(poison: str) -> list:
    """Nodes from x and something that is 0 for every row to the score: sigmoid(x + 0 * poison)."""
    return [
        helper.make_node("Mul", [poison, "zero"], ["nothing"]),
        helper.make_node("Add", ["x", "nothing"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["score"]),
    ]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    zero = constant("zero", np.zeros((1, 1), np.float32))
    whole = helper.make_node("Cast", ["divisor"], ["whole"], to=TensorProto.INT64)

    save("sound", scored("divisor"), [zero])
    save(
        "crash",
        [
            whole,
            helper.make_node("Div", ["smallest", "whole"], ["quotient"]),
            helper.make_node("Cast", ["quotient"], ["poison"], to=TensorProto.FLOAT),
            *scored("poison"),
        ],
        [zero, constant("smallest", np.full((1, 1), np.iinfo(np.int64).min, np.int64))],
    )
    save(
        "at_load",
        [
            helper.make_node("Div", ["smallest", "minus_one"], ["quotient"]),
            helper.make_node("Cast", ["quotient"], ["constant"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["divisor", "constant"], ["poison"]),
            *scored("poison"),
        ],
        [
            zero,
            constant("smallest", np.full((1, 1), np.iinfo(np.int64).min, np.int64)),
            constant("minus_one", np.full((1, 1), -1, np.int64)),
        ],
    )


if __name__ == "__main__":
    main()
