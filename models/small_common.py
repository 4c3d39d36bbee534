"""Weights, rows and files of the small graphs; shared by make_small.py and the other small_*.py.

small/NAME.json is {"inputs": {name: rows}, "outputs": {name: rows}}. Every graph takes one row per run (leading axis 1,
or "N"): a row is the input without that leading axis, and an output row the output without its own.
"""

from pathlib import Path

import numpy as np

from onnx_graph import run_rows, write_model, write_rows

SMALL = Path(__file__).resolve().parent / "small"
ROWS = 16
IMAGE_ROWS = 8
CANDIDATES = 4096  # random rows that a decision graph chooses its rows from
MARGIN = 0.05  # least distance of a chosen row from a tie, in units of the compared values


def weights(rng, *shape):
    """Normal values scaled by 1/sqrt(fan-in), the last axis of a [outputs, inputs] weight."""
    return rng.normal(size=shape) / np.sqrt(shape[-1])


def rows_of(rng, *shape, count=ROWS):
    """`count` rows, uniform in [-1, 1)."""
    return rng.uniform(-1, 1, (count, *shape)).astype(np.float32)


def balanced(rows, classes, margins):
    """The first ROWS rows whose margin is at least MARGIN, taking the classes in turn."""
    queues = [list(np.flatnonzero((classes == c) & (margins >= MARGIN))) for c in np.unique(classes)]
    chosen = [queues[i % len(queues)].pop(0) for i in range(ROWS)]
    return rows[chosen]


def save(model, rows=None, run=True):
    """Writes the model and, when `rows` are given, its reference vectors: only the inputs unless `run`."""
    write_model(SMALL / f"{model.graph.name}.onnx", model)
    if rows is not None:
        vectors = {"inputs": {model.graph.input[0].name: rows}}
        if run:
            vectors["outputs"] = {model.graph.output[0].name: run_rows(model, rows)}
        write_rows(SMALL / f"{model.graph.name}.json", vectors)


def image_rows(rng, *shape, count=IMAGE_ROWS):
    """`count` noise images of different brightness and contrast, in [-1, 1] with two decimals."""
    per_row = (count, *[1] * len(shape))
    noise = rng.uniform(-1, 1, (count, *shape)) * rng.uniform(0.4, 1, per_row)
    return np.round(np.clip(noise + rng.uniform(-0.6, 0.6, per_row), -1, 1), 2).astype(np.float32)


def kernel(rng, outputs, inputs, *taps, gain=2.0):
    """Weight [outputs, inputs of a group, *taps], scaled by gain/sqrt(fan-in)."""
    return gain * weights(rng, outputs, inputs * int(np.prod(taps))).reshape(outputs, inputs, *taps)


def conv(graph, rng, name, outputs, inputs, taps, gain=2.0, bias=True, **attributes):
    """Appends a Conv with random weights; `inputs` counts those of one group."""
    bias = rng.normal(size=outputs) / 8 if bias else None
    return graph.conv(name, kernel(rng, outputs, inputs, *taps, gain=gain), bias, kernel_shape=taps, **attributes)


def dense(graph, rng, name, outputs, inputs, output=None):
    """Appends a Gemm with random weights."""
    return graph.dense(name, 2 * weights(rng, outputs, inputs), rng.normal(size=outputs) / 8, output=output)


def head(graph, rng, inputs, outputs, rows, opset=None):
    """Flatten and Gemm to `outputs` values `y`; saves the graph with its vectors."""
    graph.node("Flatten", "flatten", axis=1)
    dense(graph, rng, "head", outputs, inputs, output="y")
    save(graph.model([1, outputs], **(opset or {})), rows)


def normalization(graph, rng, name, channels):
    """Appends a BatchNormalization with random statistics."""
    values = {
        "scale": rng.uniform(0.5, 2, channels) * rng.choice([-1, 1], channels),
        "bias": rng.normal(size=channels) / 4,
        "mean": rng.normal(size=channels) / 4,
        "variance": rng.uniform(0.25, 2, channels),
    }
    constants = [graph.constant(f"{name}.{key}", value) for key, value in values.items()]
    graph.node("BatchNormalization", name, *constants, epsilon=1e-3)


def clip(graph, name, most=6.0):
    """Appends a Clip to [0, most]; its bounds are shared by all clips of the graph."""
    known = {initializer.name for initializer in graph.initializers}
    bounds = {"clip.least": 0.0, "clip.most": most}
    names = [key if key in known else graph.constant(key, value) for key, value in bounds.items()]
    graph.node("Clip", name, *names)
