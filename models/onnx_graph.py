"""Builds, writes and runs ONNX graphs; shared by the scripts of this folder."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8  # the IR version that ships with opset 17


class Graph:
    """A chain of ONNX nodes: each call to `node` reads the previous output unless `inputs` says otherwise."""

    def __init__(self, name, input_name, input_shape):
        self.name = name
        self.inputs = [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, input_shape)]
        self.nodes = []
        self.initializers = []
        self.last = input_name

    def constant(self, name, value, dtype=np.float32):
        """Embeds `value` as initializer `name` and returns the name."""
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op, name, *constants, inputs=None, output=None, **attributes):
        """Appends node `name`, which reads [previous output, *constants] or exactly `inputs`; returns its output."""
        output = output or f"{name}:0"
        inputs = inputs or [self.last, *constants]
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        self.last = output
        return output

    def dense(self, name, weight, bias, output=None):
        """Appends a Gemm with `weight` [outputs, inputs] (transB=1) and `bias` [outputs]."""
        weight = self.constant(f"{name}.weight", weight)
        bias = self.constant(f"{name}.bias", bias)
        return self.node("Gemm", f"{name}/gemm", weight, bias, transB=1, output=output)

    def conv(self, name, weight, bias=None, op="Conv", **attributes):
        """Appends a Conv with `weight` [outputs, inputs / groups, *kernel] and, if given, `bias` [outputs]."""
        constants = [self.constant(f"{name}.weight", weight)]
        if bias is not None:
            constants.append(self.constant(f"{name}.bias", bias))
        return self.node(op, f"{name}/{op.lower()}", *constants, **attributes)

    def model(self, output_shape, output_type=TensorProto.FLOAT, opset=OPSET, ir_version=IR_VERSION, infer_shapes=True):
        """Returns the checked model whose only output is the last node's.

        Without `infer_shapes` the shapes of the nodes may contradict each other.
        """
        outputs = [helper.make_tensor_value_info(self.last, output_type, output_shape)]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, outputs, self.initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", opset)],
            ir_version=ir_version,
            producer_name="hushproof-models",
        )
        onnx.checker.check_model(model, full_check=infer_shapes)
        return model


def write_model(path, model):
    """Writes `model` with a deterministic encoding."""
    Path(path).write_bytes(model.SerializeToString(deterministic=True))


def run_rows(model, rows):
    """Runs a one-row model on each row of `rows` (no batch axis in a row) and stacks the outputs along axis 0."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: row[np.newaxis].astype(np.float32)})[0] for row in rows])


def json_value(array):
    """Nested lists of `array`; float32 values take the shortest decimal that reads back to the same float32."""
    if np.ndim(array):
        return [json_value(item) for item in array]
    return float(str(array)) if isinstance(array, np.floating) else int(array)


def write_rows(path, groups):
    """Writes `groups`, {key: rows} or {key: {name: rows}}, as JSON with one row per line."""

    def encode(value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(key)}: {encode(item)}" for key, item in value.items()) + "}"
        return "[\n" + ",\n".join(json.dumps(row) for row in json_value(value)) + "\n]"

    Path(path).write_text(encode(groups) + "\n")


def write_manifest(path, key, entries):
    """Replaces the entries of `key` in the manifest at `path` and leaves its other keys as they are."""
    path = Path(path)
    manifest = json.loads(path.read_text()) if path.exists() else {}
    manifest[key] = entries
    path.write_text(json.dumps({key: manifest[key] for key in sorted(manifest)}, indent=2) + "\n")
