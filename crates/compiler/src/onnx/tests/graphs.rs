//! Hand-made graphs: what normal form makes of them, and which error refuses them.

use hushproof_core::{
    Error, Result, float,
    graph::{FloatActivation, Network},
};

use crate::onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, tensor_shape_proto as shape, type_proto,
};

use super::{super::proto, form};
use crate::onnx::Graph;

/// A model of one graph from "x" to "y" with float initializers.
#[derive(Clone)]
pub(crate) struct Builder(pub(crate) GraphProto);

pub(crate) fn value(name: &str, dims: &[i64], elem_type: i32) -> ValueInfoProto {
    let dim = |size: &i64| match size {
        -1 => shape::dimension::Value::DimParam("N".into()),
        size => shape::dimension::Value::DimValue(*size),
    };
    let dim = dims.iter().map(|d| shape::Dimension { value: Some(dim(d)), ..Default::default() }).collect();
    let tensor = type_proto::Tensor { elem_type, shape: Some(TensorShapeProto { dim }) };
    let r#type = Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() });
    ValueInfoProto { name: name.into(), r#type, ..Default::default() }
}

pub(crate) fn new(dims: &[i64]) -> Builder {
    let (input, output) = (vec![value("x", dims, 1)], vec![value("y", &[], 1)]);
    Builder(GraphProto { name: "test".into(), input, output, ..Default::default() })
}

impl Builder {
    pub(crate) fn weight(mut self, name: &str, dims: &[i64], data: &[f32]) -> Self {
        let (dims, float_data) = (dims.to_vec(), data.to_vec());
        let tensor = TensorProto { name: name.into(), data_type: 1, dims, float_data, ..Default::default() };
        self.0.initializer.push(tensor);
        self
    }

    pub(crate) fn integers(mut self, name: &str, data: &[i64]) -> Self {
        let (dims, int64_data) = (vec![data.len() as i64], data.to_vec());
        let tensor = TensorProto { name: name.into(), data_type: 7, dims, int64_data, ..Default::default() };
        self.0.initializer.push(tensor);
        self
    }

    pub(crate) fn node(mut self, op: &str, inputs: &[&str], output: &str) -> Self {
        let input = inputs.iter().map(|name| name.to_string()).collect();
        let node = NodeProto { op_type: op.into(), input, output: vec![output.into()], ..Default::default() };
        self.0.node.push(node);
        self
    }

    pub(crate) fn int(mut self, name: &str, i: i64) -> Self {
        let attribute = AttributeProto { name: name.into(), r#type: 2, i, ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    pub(crate) fn ints(mut self, name: &str, ints: &[i64]) -> Self {
        let attribute = AttributeProto { name: name.into(), r#type: 7, ints: ints.to_vec(), ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    pub(crate) fn model(&self) -> ModelProto {
        let opset = OperatorSetIdProto { domain: String::new(), version: 17 };
        ModelProto { graph: Some(self.0.clone()), opset_import: vec![opset], ..Default::default() }
    }

    pub(crate) fn read(&self) -> Result<Graph> {
        Graph::build(&proto::check(self.model())?)
    }

    fn import(&self) -> Result<Network> {
        self.read()?.network()
    }

    /// The network, whose results equal the graph's own for a few inputs.
    fn network(&self) -> Network {
        let graph = self.read().unwrap();
        let network = graph.network().unwrap();
        for seed in 0..8 {
            let x: Vec<f64> =
                (0..network.input.len()).map(|i| f64::from((seed * 7 + i as i32 * 5) % 11) - 5.0).collect();
            let (got, expected) = (network.predict(&x), graph.eval(&x).unwrap());
            assert!(got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?} for {expected:?} at {x:?}");
            assert_eq!(got.len(), network.output.len());
        }
        network
    }

    fn graph_error(&self, expected: &str) -> String {
        match self.import() {
            Err(Error::Graph { node, reason }) => {
                assert_eq!(node, expected, "{reason}");
                reason
            }
            other => panic!("{other:?}"),
        }
    }

    fn unsupported(&self) -> Vec<String> {
        match self.import() {
            Err(Error::Unsupported(ops)) => ops.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }
}

/// x · w with w of 2 × 2 weights.
fn dense() -> Builder {
    new(&[1, 2]).weight("w", &[2, 2], &[1.0, -2.0, 0.5, 3.0]).weight("c", &[2], &[0.25, 4.0])
}

#[test]
fn constants_of_a_small_file_are_few() {
    // Nine of 2^22.
    let mut many = new(&[1]).integers("shape", &[1 << 11, 1 << 11]);
    let sums = ["x", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "y"];
    for pair in sums.windows(2) {
        many = many.node("ConstantOfShape", &["shape"], &format!("{}'s", pair[1]));
        many = many.node("Add", &[pair[0], &format!("{}'s", pair[1])], pair[1]);
    }
    let reason = many.graph_error("#14");
    assert!(reason.contains("constants in all"), "{reason}");
}

#[test]
fn affine_maps_compose() {
    let chain = dense().node("Sub", &["x", "c"], "a").node("Div", &["a", "c"], "b").node("MatMul", &["b", "w"], "d");
    let chain = chain.node("Neg", &["d"], "e").node("MatMul", &["e", "w"], "f").node("Sub", &["c", "f"], "y");
    let network = chain.network();
    assert_eq!(form(&network), "2 2 Linear");
    assert_eq!((&*network.layers[0].node, &*network.layers[0].op), ("#4", "MatMul"));
}

#[test]
fn a_linear_residual_composes() {
    let residual = dense().node("MatMul", &["x", "w"], "a").node("Add", &["a", "x"], "b").node("Relu", &["b"], "y");
    assert_eq!(form(&residual.network()), "2 2 Relu");
    assert_eq!(form(&dense().node("Add", &["x", "x"], "y").network()), "2 2 Linear");
}

#[test]
fn layers_end_where_activations_do() {
    let twice = dense().node("Relu", &["x"], "a").node("Relu", &["a"], "y");
    assert_eq!(form(&twice.network()), "2 2 Relu");
    let scaled = dense().node("Sigmoid", &["x"], "a").node("Mul", &["a", "c"], "b").node("Relu", &["b"], "y");
    assert_eq!(form(&scaled.network()), "2 2 Table(Sigmoid) 2 Relu");
    assert_eq!(form(&dense().node("Identity", &["x"], "y").network()), "2 2 Linear");
    let wide = dense().node("Relu", &["x"], "a").node("Flatten", &["a"], "y").int("axis", 0);
    assert_eq!(wide.network().output.shape, [1, 2]);
}

#[test]
fn comparisons_become_thresholds() {
    let at = |op: &str, inputs: &[&str], p: f32| {
        let model = dense().weight("p", &[], &[p]).node("MatMul", &["x", "w"], "a");
        let network = model.node("Sigmoid", &["a"], "s").node(op, inputs, "y").network();
        assert_eq!(form(&network), "2 2 Threshold");
        match &network.layers[0].activation {
            FloatActivation::Threshold { at } => *at,
            other => panic!("{other:?}"),
        }
    };
    let logit = float::ln(3.0);
    assert_eq!(at("GreaterOrEqual", &["s", "p"], 0.75), logit);
    assert_eq!(at("Greater", &["s", "p"], 0.75), logit.next_up());
    assert_eq!(at("LessOrEqual", &["s", "p"], 0.75), -logit);
    assert_eq!(at("Less", &["p", "s"], 0.75), logit.next_up());

    let affine = dense().weight("p", &[1], &[1.5]).node("MatMul", &["x", "w"], "a").node("Less", &["a", "p"], "b");
    assert_eq!(form(&affine.node("Cast", &["b"], "y").int("to", 1).network()), "2 2 Threshold");
    let scaled = dense().node("Sigmoid", &["x"], "s").node("Mul", &["s", "c"], "a").weight("p", &[], &[0.125]);
    assert_eq!(form(&scaled.node("Greater", &["a", "p"], "y").network()), "2 2 Table(Sigmoid) 2 Threshold");
    let sigmoid =
        |p: f32| dense().weight("p", &[], &[p]).node("Sigmoid", &["x"], "s").node("Greater", &["s", "p"], "y");
    for p in [0.0, 1.0, -0.5, 7.0] {
        assert!(sigmoid(p).graph_error("#1").contains("between 0 and 1"));
    }
}

#[test]
fn decisions_come_last() {
    let arg_max = dense().node("ArgMax", &["x"], "a").int("axis", 1);
    let cast = arg_max.clone().node("Cast", &["a"], "b").int("to", 1);
    assert_eq!(form(&cast.clone().node("Squeeze", &["b"], "y").network()), "2 2 ArgMax");
}

#[test]
fn an_output_depends_on_the_input() {
    dense().node("Add", &["c", "c"], "y").graph_error("y");
}

#[test]
fn everything_unsupported_is_listed() {
    let mut model = dense().node("RoiAlign", &["x"], "a").node("MatMul", &["a", "w"], "b").int("mode", 1);
    model = model.node("Softplus", &["b"], "d").int("base", 2).node("ArgMax", &["x"], "e").int("mode", 1);
    model = model.node("Dropout", &["d"], "f").node("Div", &["c", "x"], "g").node("Concat", &["e", "f", "g"], "y");
    model.0.node[4].name = "drop".into();
    model.0.node[4].domain = "com.example".into();
    assert_eq!(
        model.unsupported(),
        [
            "#0 (RoiAlign): the places it reads depend on values",
            "#1 (MatMul): attribute `mode`",
            "#2 (Softplus): attribute `base`",
            "#3 (ArgMax): attribute `mode`",
            "drop (com.example.Dropout)",
            "#6 (Concat): axis is missing"
        ]
    );
    let mut mask = dense().node("Relu", &["x"], "a").node("Cast", &["mask"], "y").int("to", 1);
    mask.0.node[0].output.push("mask".into());
    assert_eq!(mask.unsupported(), ["#0 (Relu): output `mask`"]);
}

#[test]
fn shapes_are_checked() {
    let misfit = dense().weight("v", &[3, 1], &[0.0; 3]).node("MatMul", &["x", "v"], "y");
    assert!(matches!(misfit.import(), Err(Error::Shape { node, op, .. }) if node == "#0" && op == "MatMul"));
    assert_eq!(new(&[-1, 2]).node("Relu", &["x"], "y").network().input.shape, [1, 2]);
    let free = new(&[-1, -1]).node("Relu", &["x"], "y");
    assert!(matches!(free.import(), Err(Error::DynamicShape { shape, .. }) if shape == "[N, N]"));
    new(&[1, 0]).node("Relu", &["x"], "y").graph_error("x");
    new(&[i64::MAX, i64::MAX]).node("Relu", &["x"], "y").graph_error("x");
    let outer = new(&[1 << 14, 1]).weight("r", &[1, 1 << 12], &[0.5; 1 << 12]).node("Mul", &["x", "r"], "y");
    outer.graph_error("#0");
    let outer = dense().weight("r", &[1, 1 << 13], &[0.5; 1 << 13]).weight("s", &[1 << 13, 1], &[0.5; 1 << 13]);
    outer.node("Mul", &["r", "s"], "a").node("Add", &["x", "a"], "y").graph_error("#0");
    dense().node("Gemm", &["x"], "y").graph_error("#0");
    dense().node("Gemm", &["x", "", "c"], "y").graph_error("#0");
    dense().node("Relu", &["x", "c"], "y").graph_error("#0");
}

#[test]
fn numbers_are_finite() {
    dense().weight("v", &[1], &[f32::NAN]).node("Mul", &["x", "v"], "y").graph_error("v");
    dense().weight("v", &[1], &[0.0]).node("Div", &["x", "v"], "y").graph_error("#0");
    let mut huge = dense().weight("v", &[1], &[f32::MAX]).node("Mul", &["x", "v"], "a0");
    for i in 0..8 {
        huge = huge.node("Mul", &[&format!("a{i}"), "v"], &format!("a{}", i + 1));
    }
    huge.node("Relu", &["a8"], "y").graph_error("#9");
}

#[test]
fn element_types_are_checked() {
    let typed = |elem_type: i32| {
        let mut model = dense();
        model.0.input = vec![value("x", &[1, 2], elem_type)];
        model
    };
    let cast = |model: Builder| model.node("Cast", &["x"], "a").int("to", 1).node("MatMul", &["a", "w"], "y");
    for elem_type in [1, 6, 7, 9, 10, 11, 16] {
        assert_eq!(form(&cast(typed(elem_type)).network()), "2 2 Linear");
    }
    assert_eq!(typed(7).node("MatMul", &["x", "w"], "y").unsupported().len(), 1);
    assert_eq!(form(&typed(10).node("MatMul", &["x", "w"], "y").network()), "2 2 Linear");
    assert_eq!(cast(typed(8)).unsupported().len(), 1, "names are no numbers");
    cast(typed(99)).graph_error("x");
}

#[test]
fn operator_sets_are_checked() {
    let relu = dense().node("Relu", &["x"], "y");
    for versions in [&[][..], &[0], &[28], &[-1], &[13, 14]] {
        let set = |version: &i64| OperatorSetIdProto { domain: String::new(), version: *version };
        let model = ModelProto { opset_import: versions.iter().map(set).collect(), ..relu.model() };
        assert!(matches!(proto::check(model), Err(Error::NotOnnx { .. })), "{versions:?}");
    }
    let mut model = dense().node("GreaterOrEqual", &["x", "c"], "y").model();
    model.opset_import[0].version = 11;
    let source = proto::check(model).unwrap();
    assert!(matches!(Graph::build(&source), Err(Error::Unsupported(ops)) if ops[0].reason.contains("12")));
    assert!(matches!(proto::check(ModelProto { graph: None, ..relu.model() }), Err(Error::NotOnnx { .. })));
}

#[test]
fn evaluation_checks_its_input() {
    let graph = dense().node("Relu", &["x"], "y").read().unwrap();
    assert_eq!(graph.eval(&[1.0, -1.0]).unwrap(), [1.0, 0.0]);
    assert!(matches!(graph.eval(&[1.0]), Err(Error::InputShape { .. })));
    assert_eq!(graph.parameters(), 0);
    assert_eq!(dense().node("MatMul", &["x", "w"], "y").read().unwrap().parameters(), 4);
}
