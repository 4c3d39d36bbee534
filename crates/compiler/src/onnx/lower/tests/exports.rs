//! What exporters write around networks: half precision, arithmetic of shapes, guards, free dimensions, weights in
//! other files, tails without a circuit, old operator sets, ONNX Runtime's own operators.

use std::{cell::RefCell, collections::BTreeMap};

use hushproof_core::Error;
use prost::Message;

use super::{Build, graph, rewrites::More};
use crate::onnx::{
    Dims, Files, FloatModel, Graph, ReadOptions, import_with,
    pb::{
        GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
        tensor_shape_proto::{Dimension, dimension::Value},
        type_proto,
    },
    proto, read, read_with,
    tests::graphs::{Builder, value},
};

fn half_weight(mut builder: Builder, name: &str, dims: &[i64], bits: &[u16]) -> Builder {
    let raw_data = bits.iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let tensor = TensorProto { name: name.into(), data_type: 10, dims: dims.to_vec(), raw_data, ..Default::default() };
    builder.0.initializer.push(tensor);
    builder
}

#[test]
fn half_precision_is_exact() {
    // 1.5, −0.25, the least and the largest number.
    let model = half_weight(graph(&[1, 2]), "w", &[2, 2], &[0x3e00, 0xb400, 0x0001, 0x7bff]);
    let model = model.node("MatMul", &["x", "w"], "y");
    let least = 2f64.powi(-24);
    model.alone(&[1.0, 0.0], &[1.5, -0.25]);
    assert_eq!(model.read().unwrap().eval(&[0.0, 1.0]).unwrap(), [least, 65504.0]);
    assert!(model.read().unwrap().notes()[0].starts_with("1 of the model's tensors have half precision"));
    assert!(FloatModel::of(proto::check(model.model()).unwrap()).is_err());
    assert!(graph(&[1, 2]).node("Relu", &["x"], "y").read().unwrap().notes().is_empty());
    // 1 + 2^−7 and −3 as BFLOAT16, in the field of INT32.
    let mut brain = graph(&[1, 2]).node("Mul", &["x", "w"], "y");
    let int32_data = vec![0x3f81, 0xc040];
    brain.0.initializer.push(TensorProto {
        name: "w".into(),
        data_type: 16,
        dims: vec![2],
        int32_data,
        ..Default::default()
    });
    brain.alone(&[1.0, 1.0], &[1.0 + 0.0078125, -3.0]);
    // Infinite numbers are the largest of single precision, as elsewhere.
    let bounds = half_weight(graph(&[1, 2]), "low", &[], &[0xfc00]).node("Max", &["x", "low"], "y");
    bounds.alone(&[1.0, -7.0], &[1.0, -7.0]);
    let nan = half_weight(graph(&[1, 1]), "w", &[1], &[0x7c01]).node("Mul", &["x", "w"], "y");
    assert!(matches!(nan.refused(), Error::Graph { node, .. } if node == "w"));
}

#[test]
fn empty_slices_of_shapes_leave_nothing() {
    // As nn.TransformerEncoder flattens: the sizes in front of an axis, a product, the sizes behind it.
    let model = graph(&[1, 2, 3])
        .integers("zero", &[0])
        .integers("one", &[1])
        .integers("three", &[3])
        .integers("max", &[i64::MAX]);
    let model = model.node("Shape", &["x"], "shape").node("Slice", &["shape", "zero", "zero"], "front");
    let model = model.node("Slice", &["shape", "three", "max", "zero"], "behind");
    let model = model.integers("all", &[-1]).node("Concat", &["front", "one", "all", "behind"], "sizes").int("axis", 0);
    let model = model.node("Reshape", &["x", "sizes"], "flat").node("Relu", &["flat"], "y");
    model.alone(&[1.0, -1.0, 2.0, -2.0, 3.0, -3.0], &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]);
    // The sizes of a scalar are none, their product is 1.
    let scalar = graph(&[1, 2]).node("ReduceSum", &["x"], "sum").int("keepdims", 0).node("Shape", &["sum"], "none");
    let scalar =
        scalar.node("ReduceProd", &["none"], "one").int("keepdims", 0).node("Cast", &["one"], "c").int("to", 1);
    scalar.node("Add", &["x", "c"], "y").alone(&[1.0, 2.0], &[2.0, 3.0]);
    let empty = graph(&[1, 2]).integers("none", &[]).node("Expand", &["x", "none"], "a").node("Relu", &["a"], "y");
    empty.alone(&[1.0, -2.0], &[1.0, 0.0]);
    // Of values nothing may be left, nor may others take nothing.
    let values = graph(&[1, 2]).integers("zero", &[0]).node("Slice", &["x", "zero", "zero"], "y");
    assert!(matches!(values.refused(), Error::Graph { node, .. } if node == "#0"));
    let nothing = graph(&[1, 2]).weight("none", &[0], &[]);
    for op in ["Mul", "Add", "MatMul", "Max", "Gemm", "Equal", "Conv", "Where"] {
        let refused = nothing.clone().node(op, &["x", "none"], "y").read().and_then(|graph| graph.network());
        assert!(refused.is_err(), "{op}");
    }
}

#[test]
fn guards_that_do_nothing_cost_nothing() {
    let low = f32::MIN;
    // The softmax of JAX: against −∞ and by its own maximum.
    let model = graph(&[2, 3]).weight("low", &[], &[low]).integers("axis", &[1]);
    let model = model.node("ReduceMax", &["x", "axis"], "most").node("Max", &["most", "low"], "bounded");
    let model = model.node("Sub", &["x", "bounded"], "shifted").node("Exp", &["shifted"], "exp");
    let model = model.node("ReduceSum", &["exp", "axis"], "sum").node("Div", &["exp", "sum"], "y");
    let mut at = model.model();
    at.opset_import[0].version = 18;
    let graph_18 = Graph::build(&proto::check(at).unwrap()).unwrap();
    let network = graph_18.network().unwrap();
    assert!(network.layers.iter().all(|layer| layer.bias.iter().all(|bias| bias.abs() < 1e3)));
    let y = network.eval(&[0.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
    assert!((y[3] - 1.0 / 3.0).abs() < 1e-9 && (y.iter().sum::<f64>() - 2.0).abs() < 1e-9, "{y:?}");
    // A single bound is exact, two that are no bounds are nothing.
    let clip = graph(&[1, 3]).weight("low", &[], &[low]).weight("high", &[], &[2.5]);
    let clip = clip.node("Clip", &["x", "low", "high"], "y");
    clip.alone(&[-1e6, 2.0, 3.0], &[-1e6, 2.0, 2.5]);
    let free = graph(&[1, 3]).weight("low", &[], &[low]).weight("high", &[], &[f32::MAX]);
    assert_eq!(super::form(&free.node("Clip", &["x", "low", "high"], "y").lowered()), ["3x1x1 0:1x1 Linear"]);
    let private = graph(&[1, 4]).integers("sizes", &[3, 1]).node("Split", &["x", "sizes"], "a").int("axis", 1);
    let private = private.outputs(&["a", "b"]).node("Clip", &["a", "", "b"], "y");
    private.alone(&[1.0, 5.0, -1.0, 2.0], &[1.0, 2.0, -1.0]);
}

#[test]
fn masked_values_are_no_maxima() {
    let mut model = graph(&[1, 3]).weight("low", &[], &[f32::MIN]).integers("axis", &[1]);
    model.0.initializer.push(TensorProto {
        name: "mask".into(),
        data_type: 9,
        dims: vec![3],
        int32_data: vec![1, 0, 1],
        ..Default::default()
    });
    let model = model.node("Where", &["mask", "x", "low"], "masked");
    let model = model.node("ReduceMax", &["masked"], "most").ints("axes", &[1]);
    model.clone().node("Identity", &["most"], "y").alone(&[1.0, 9.0, 2.0], &[2.0]);
    let model = model.node("Sub", &["masked", "most"], "shifted").node("Exp", &["shifted"], "exp");
    let model = model.node("ReduceSum", &["exp", "axis"], "sum").node("Div", &["exp", "sum"], "y");
    let e = 1f64.exp();
    model.alone(&[1.0, 9.0, 2.0], &[1.0 / (1.0 + e), 0.0, e / (1.0 + e)]);
}

#[test]
fn errors_name_operators_of_the_graph() {
    let model = graph(&[1, 2]).node("HardSwish", &["x"], "a").node("LayerNormalization", &["a", "scale"], "y");
    let model = model.weight("scale", &[2], &[1.0, 2.0]);
    let network = model.read().unwrap().network().unwrap();
    assert!(network.layers.iter().all(|layer| ["HardSwish", "LayerNormalization"].contains(&layer.op.as_str())));
    let operators: Vec<_> = model.read().unwrap().nodes().iter().map(|node| node.op()).collect();
    assert!(operators.contains(&"Reciprocal") || operators.contains(&"Mul"), "{operators:?}");
}

/// A network on an input with free dimensions.
fn free(dims: &[Option<&str>]) -> Vec<u8> {
    let mut model = graph(&[1]).node("Relu", &["x"], "y");
    let shape = vec![1; dims.len()];
    model.0.input = vec![value("x", &shape, 1)];
    let Some(type_proto::Value::TensorType(tensor)) = model.0.input[0].r#type.as_mut().unwrap().value.as_mut() else {
        panic!()
    };
    let named = |name: &Option<&str>| Dimension {
        value: name.map(|name| match name.parse() {
            Ok(size) => Value::DimValue(size),
            Err(_) => Value::DimParam(name.to_owned()),
        }),
    };
    tensor.shape.as_mut().unwrap().dim = dims.iter().map(named).collect();
    model.model().encode_to_vec()
}

#[test]
fn free_dimensions_are_given_or_shown() {
    let bytes = free(&[Some("batch"), Some("3"), Some("height"), None]);
    let refused = read(&bytes).unwrap_err().to_string();
    assert!(refused.contains("[batch, 3, height, ?]") && refused.contains("--dim NAME=SIZE"), "{refused}");
    let dims = |sizes: &[(&str, usize)]| Dims::from_iter(sizes.iter().map(|(name, size)| ((*name).to_owned(), *size)));
    let shape = |dims: &Dims, shown: &[(String, Vec<usize>)]| {
        let options = ReadOptions { dims, shown, ..ReadOptions::default() };
        read_with(&bytes, &options).map(|graph| graph.inputs()[0].shape.clone())
    };
    assert_eq!(shape(&dims(&[("height", 4), ("x.3", 5)]), &[]).unwrap(), [1, 3, 4, 5]);
    assert_eq!(shape(&dims(&[("batch", 1), ("height", 4), ("x.3", 5)]), &[]).unwrap(), [1, 3, 4, 5]);
    let shown = |name: &str, shape: &[usize]| [(name.to_owned(), shape.to_vec())];
    for (name, rows) in [("x", &[40, 3, 4, 5][..]), ("x", &[40, 1, 3, 4, 5]), ("", &[40, 3, 4, 5])] {
        assert_eq!(shape(&dims(&[]), &shown(name, rows)).unwrap(), [1, 3, 4, 5]);
    }
    assert_eq!(shape(&dims(&[("height", 6)]), &shown("x", &[40, 3, 4, 5])).unwrap(), [1, 3, 6, 5]);
    for other in [shown("y", &[40, 3, 4, 5]), shown("x", &[4, 5]), shown("x", &[40, 3, 0, 5])] {
        assert!(matches!(shape(&dims(&[]), &other), Err(Error::DynamicShape { .. })));
    }
    for bad in [("width", 4), ("height", 0), ("x.1", 3)] {
        assert!(matches!(shape(&dims(&[bad]), &[]), Err(Error::Option { option: "--dim", .. })), "{bad:?}");
    }
    assert!(matches!(shape(&dims(&[("height", usize::MAX), ("x.3", 1)]), &[]), Err(Error::Graph { .. })));
}

/// Files by their names, and what was read of them.
struct Beside(BTreeMap<&'static str, Vec<u8>>, RefCell<Vec<(String, u64, usize)>>);

impl Files for Beside {
    fn read(&self, location: &str, offset: u64, len: usize) -> Result<Vec<u8>, String> {
        self.1.borrow_mut().push((location.to_owned(), offset, len));
        let bytes = self.0.get(location).ok_or("no such file")?;
        bytes.get(offset as usize..offset as usize + len).map(<[u8]>::to_vec).ok_or_else(|| "too short".to_owned())
    }
}

#[test]
fn weights_come_from_other_files() {
    let model = |entries: &[(&str, &str)]| {
        let mut model = graph(&[1, 2]).weight("w", &[2], &[]).node("Mul", &["x", "w"], "y");
        let entry = |(key, value): &(&str, &str)| StringStringEntryProto { key: (*key).into(), value: (*value).into() };
        model.0.initializer[0].external_data = entries.iter().map(entry).collect();
        model.0.initializer[0].data_location = Some(1);
        model.model().encode_to_vec()
    };
    let bytes: Vec<u8> = [9.0f32, 2.0, -3.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let beside = Beside(BTreeMap::from([("w.bin", bytes)]), RefCell::default());
    let open = |model: &[u8]| read_with(model, &ReadOptions { files: Some(&beside), ..ReadOptions::default() });
    let entries = [("location", "w.bin"), ("offset", "4"), ("length", "8")];
    assert_eq!(open(&model(&entries)).unwrap().eval(&[1.0, 1.0]).unwrap(), [2.0, -3.0]);
    assert_eq!(open(&model(&entries[..2])).unwrap().eval(&[1.0, 1.0]).unwrap(), [2.0, -3.0]);
    assert_eq!(open(&model(&entries[..1])).unwrap().eval(&[1.0, 1.0]).unwrap(), [9.0, 2.0]);
    assert_eq!(*beside.1.borrow().last().unwrap(), ("w.bin".to_owned(), 0, 8));
    for bad in [
        &[("offset", "4")][..],
        &[("location", "other")],
        &[("location", "w.bin"), ("offset", "8")],
        &[("location", "w.bin"), ("length", "12")],
        &[("location", "w.bin"), ("offset", "-4")],
    ] {
        assert!(matches!(open(&model(bad)), Err(Error::ExternalFile { tensor, .. }) if tensor == "w"), "{bad:?}");
    }
    let refused = read(&model(&entries)).unwrap_err().to_string();
    assert!(refused.contains("save_as_external_data=False"), "{refused}");
    // Before anything is read: as many bytes as would fit no memory.
    let mut large = graph(&[1, 2]).weight("w", &[1 << 40], &[]).node("Mul", &["x", "w"], "y");
    large.0.initializer[0].data_location = Some(1);
    large.0.initializer[0].external_data =
        vec![StringStringEntryProto { key: "location".into(), value: "w.bin".into() }];
    assert!(matches!(open(&large.model().encode_to_vec()), Err(Error::ExternalFile { .. })));
}

#[test]
fn refusals_say_what_compiles() {
    let model = graph(&[1, 4]).weight("w", &[4], &[1.0, 2.0, 3.0, 4.0]).node("Mul", &["x", "w"], "scores");
    let model = model.node("Relu", &["scores"], "boxes").node("NonMaxSuppression", &["boxes", "scores"], "picked");
    let model = model.node("Unique", &["picked"], "y");
    let bytes = model.model().encode_to_vec();
    let Err(Error::UnsupportedAfter { operators, outputs }) = import_with(&bytes, &ReadOptions::default()) else {
        panic!()
    };
    assert_eq!(operators.len(), 2);
    assert_eq!(outputs, ["boxes", "scores"]);
    let names = outputs.clone();
    let (_, network) = import_with(&bytes, &ReadOptions { outputs: &names, ..ReadOptions::default() }).unwrap();
    assert_eq!(network.output.name, "boxes+scores");
    assert_eq!(network.predict(&[1.0, -1.0, 0.0, 1.0]), [1.0, 0.0, 0.0, 4.0, 1.0, -2.0, 0.0, 4.0]);
    let text = Error::UnsupportedAfter { operators, outputs }.to_string();
    assert!(text.ends_with("up to `boxes`, `scores` the graph compiles: --outputs boxes,scores"), "{text}");
    // Nothing but the input is in front.
    let first = graph(&[1, 4]).node("Unique", &["x"], "a").node("Relu", &["a"], "y").model().encode_to_vec();
    assert!(matches!(import_with(&first, &ReadOptions::default()), Err(Error::Unsupported(_))));
    // An operator that is read, but has no normal form.
    let private = graph(&[1, 2, 3]).random("v", &[1, 2, 4]).node("Relu", &["x"], "a");
    let private = private.node("Conv", &["v", "a"], "y").model().encode_to_vec();
    let refused = import_with(&private, &ReadOptions::default()).unwrap_err();
    assert_eq!(refused.code(), "unsupported-operators", "{refused}");
}

#[test]
fn foreign_files_are_named() {
    for (bytes, what) in [
        (&b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"[..], "Git LFS"),
        (b"\n<!DOCTYPE html><html>", "HTML"),
        (b"PK\x03\x04rest of an archive", "zip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x1c\0\0\0TFL3\0\0", "TensorFlow Lite"),
        (b"", "empty"),
    ] {
        match read(bytes) {
            Err(Error::NotOnnx { reason }) => assert!(reason.contains(what), "{reason}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

fn at_opset(builder: &Builder, version: i64) -> Graph {
    let mut model = builder.model();
    model.opset_import[0].version = version;
    Graph::build(&proto::check(model).unwrap()).unwrap()
}

#[test]
fn old_operator_sets_broadcast_by_attributes() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let add = |dims: &[i64]| {
        let count = dims.iter().product::<i64>() as usize;
        let data: Vec<f32> = (0..count).map(|i| (i + 1) as f32 * 10.0).collect();
        graph(&[1, 2, 3]).weight("b", dims, &data).node("Add", &["x", "b"], "y")
    };
    let channels = add(&[2]).int("broadcast", 1).int("axis", 1);
    assert_eq!(at_opset(&channels, 6).eval(&x).unwrap(), [11.0, 12.0, 13.0, 24.0, 25.0, 26.0]);
    let suffix = add(&[3]).int("broadcast", 1);
    assert_eq!(at_opset(&suffix, 1).eval(&x).unwrap(), [11.0, 22.0, 33.0, 14.0, 25.0, 36.0]);
    let same = add(&[1, 2, 3]).ints("consumed_inputs", &[0, 0]);
    assert_eq!(at_opset(&same, 5).eval(&x).unwrap(), [11.0, 22.0, 33.0, 44.0, 55.0, 66.0]);
    let refused = |builder: &Builder| {
        let mut model = builder.model();
        model.opset_import[0].version = 6;
        Graph::build(&proto::check(model).unwrap()).unwrap_err()
    };
    assert!(matches!(refused(&add(&[3])), Error::Shape { op, .. } if op == "Add"));
    assert!(matches!(refused(&add(&[2]).int("broadcast", 1)), Error::Shape { .. }));
    assert!(matches!(refused(&add(&[2]).int("broadcast", 1).int("axis", 9)), Error::Shape { .. }));
    let prelu = graph(&[1, 2, 3]).weight("s", &[2], &[0.5, 0.25]).node("PRelu", &["x", "s"], "y");
    let y = at_opset(&prelu, 6).eval(&[-2.0, 2.0, -4.0, -4.0, 1.0, -8.0]).unwrap();
    assert_eq!(y, [-1.0, 2.0, -2.0, -1.0, 1.0, -2.0]);
    let reshape = graph(&[1, 2, 3]).node("Reshape", &["x"], "a").ints("shape", &[1, -1]).node("Relu", &["a"], "y");
    assert_eq!(at_opset(&reshape, 1).outputs()[0].shape, [1, 6]);
    let cast = graph(&[1, 2, 3]).node("Cast", &["x"], "a").text("to", "FLOAT").node("Relu", &["a"], "y");
    assert_eq!(at_opset(&cast, 5).eval(&x).unwrap(), x);
    let concat = graph(&[1, 2, 3]).node("Concat", &["x", "x"], "y");
    assert_eq!(at_opset(&concat, 3).outputs()[0].shape, [1, 4, 3]);
    let split = graph(&[1, 4]).node("Split", &["x"], "a").int("axis", 1).outputs(&["a", "b"]);
    let split = split.node("Sub", &["a", "b"], "y");
    assert_eq!(at_opset(&split, 11).eval(&[1.0, 2.0, 3.0, 5.0]).unwrap(), [-2.0, -3.0]);
    assert_eq!(at_opset(&split, 17).eval(&[1.0, 2.0, 3.0, 5.0]).unwrap(), [-2.0, -3.0]);
}

#[test]
fn operators_of_the_runtime_are_read() {
    let mut model = graph(&[1, 2]).node("Gelu", &["x"], "y");
    model.0.node[0].domain = "com.microsoft".into();
    let y = model.read().unwrap().network().unwrap().eval(&[1.0, 0.0]);
    assert!((y[0] - 0.841_344_746).abs() < 1e-6 && y[1] == 0.0, "{y:?}");
    model.0.node[0].op_type = "QAttention".into();
    assert!(matches!(model.refused(), Error::Unsupported(ops) if ops[0].op == "com.microsoft.QAttention"));
}

#[test]
fn several_inputs_keep_their_names() {
    let mut model = graph(&[1, 2]).node("Concat", &["x", "b"], "y").int("axis", 1);
    model.0.input = vec![value("x", &[1, 2], 1), value("b", &[-1, 1], 1)];
    let network = model.read().unwrap().network().unwrap();
    let parts: Vec<_> = network.input.parts.iter().map(|part| (part.name.as_str(), &part.shape[..])).collect();
    assert_eq!(parts, [("x", &[1, 2][..]), ("b", &[1, 1])]);
    assert!(graph(&[1, 2]).node("Relu", &["x"], "y").lowered().input.parts.is_empty());
}

/// Changes to everything that the new paths read.
#[test]
fn changed_exports_never_panic() {
    let mut builder = graph(&[1, 2, 3]).integers("none", &[]).integers("zero", &[0]).integers("max", &[i64::MAX]);
    builder = half_weight(builder, "w", &[3], &[0x3c00, 0xc000, 0x3555]);
    builder = builder.node("Shape", &["x"], "shape").node("Slice", &["shape", "zero", "max"], "front");
    builder = builder.node("Concat", &["front", "none"], "sizes").int("axis", 0).node("Expand", &["x", "sizes"], "a");
    builder = builder.node("Mul", &["a", "w"], "b").int("broadcast", 1).int("axis", 2).node("Softmax", &["b"], "c");
    builder = builder.node("Gelu", &["c"], "d").node("Unique", &["d"], "y");
    builder.0.node[6].domain = "com.microsoft".into();
    for version in [6, 12, 17] {
        let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
        let opset_import = vec![opset("", version), opset("com.microsoft", 1)];
        let model = ModelProto { graph: Some(builder.0.clone()), opset_import, ..Default::default() };
        let bytes = model.encode_to_vec();
        for i in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0xff, bytes[i] ^ 1, bytes[i].wrapping_add(8)] {
                let mut changed = bytes.clone();
                changed[i] = value;
                let shown = [("x".to_owned(), vec![usize::from(value), 2, 3])];
                let _ = import_with(&changed, &ReadOptions { shown: &shown, ..ReadOptions::default() });
            }
        }
    }
    let graph: GraphProto = builder.0;
    let renamed: Vec<NodeProto> = graph.node.clone();
    // Every operator on empty operands.
    for (name, _) in crate::ops::operators() {
        for inputs in [&["none", "none"][..], &["x", "none"], &["none", "x", "none"], &["none"], &["f", "f", "f"]] {
            let mut one = Builder(GraphProto { node: vec![renamed[0].clone()], ..graph.clone() });
            one = one.weight("f", &[2, 0, 1], &[]);
            one.0.node[0].op_type = name.trim_start_matches("com.microsoft.").to_owned();
            one.0.node[0].domain =
                if name.starts_with("com.microsoft.") { "com.microsoft".into() } else { String::new() };
            one.0.node[0].input = inputs.iter().map(|name| (*name).to_owned()).collect();
            one.0.node[0].output = vec!["y".into()];
            let _ = one.read().and_then(|graph| graph.network());
        }
    }
}
