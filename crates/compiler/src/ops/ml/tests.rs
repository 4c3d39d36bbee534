//! One harness for the operators of the domain: a whole graph of one node, its float reference and its normal form
//! against the same expectation, and proved integers where they must be exact.

use hushproof_core::Error;

use super::super::{Attr, RewriteDef};
use crate::{
    onnx::node_graph,
    tensor::{DType, Fact, Tensor},
};

pub(super) fn ints(values: &[i64]) -> Attr {
    Attr::Ints(values.to_vec())
}

pub(super) fn floats(values: &[f64]) -> Attr {
    Attr::Floats(values.to_vec())
}

pub(super) fn text(value: &str) -> Attr {
    Attr::Text(value.to_owned())
}

pub(super) fn texts(values: &[&str]) -> Attr {
    Attr::Texts(values.iter().map(|value| (*value).to_owned()).collect())
}

pub(super) fn tensor(values: &[f64]) -> Attr {
    Attr::Tensor(Tensor::new(Fact::float(vec![values.len()]), values.to_vec()).unwrap())
}

pub(super) fn whole(values: &[i64]) -> Attr {
    let fact = Fact { dtype: DType::Int, shape: vec![values.len()] };
    Attr::Tensor(Tensor::new(fact, values.iter().map(|value| *value as f64).collect()).unwrap())
}

/// A tree of one branch: node 0, node 1 where it holds and node 2 where it does not.
pub(super) struct Stump {
    pub(super) feature: i64,
    pub(super) mode: &'static str,
    pub(super) value: f64,
}

/// An operator with attributes on a row of features.
#[derive(Clone)]
pub(super) struct Case {
    def: &'static RewriteDef,
    attrs: Vec<(&'static str, Attr)>,
    indices: Option<Vec<i64>>,
    dtype: DType,
}

impl Case {
    pub(super) fn new(def: &'static RewriteDef) -> Self {
        Self { def, attrs: vec![], indices: None, dtype: DType::Float }
    }

    /// The input holds integers.
    pub(super) fn integers(self) -> Self {
        Self { dtype: DType::Int, ..self }
    }

    /// The input holds names.
    pub(super) fn names(self) -> Self {
        Self { dtype: DType::Name, ..self }
    }

    /// The network on a row of this length, of which all outputs are read.
    pub(super) fn network(&self, features: usize) -> hushproof_core::graph::Network {
        self.graph(features, 1).unwrap().network().unwrap()
    }

    /// With constant indices as second input.
    pub(super) fn indexed(&self, indices: &[i64]) -> Self {
        Self { indices: Some(indices.to_vec()), ..self.clone() }
    }

    pub(super) fn with(&self, name: &'static str, value: Attr) -> Self {
        let mut case = self.clone();
        case.attrs.push((name, value));
        case
    }

    /// The same with another value of an attribute.
    pub(super) fn replaced(&self, name: &'static str, value: Attr) -> Self {
        let mut case = self.clone();
        case.attrs.retain(|(known, _)| *known != name);
        case.with(name, value)
    }

    pub(super) fn stumps(&self, stumps: &[Stump]) -> Self {
        let each = |values: fn(i64, &Stump) -> [i64; 3]| {
            let values = stumps.iter().enumerate().flat_map(|(tree, stump)| values(tree as i64, stump));
            ints(&values.collect::<Vec<_>>())
        };
        let modes: Vec<&str> = stumps.iter().flat_map(|stump| [stump.mode, "LEAF", "LEAF"]).collect();
        let values: Vec<f64> = stumps.iter().flat_map(|stump| [stump.value, 0.0, 0.0]).collect();
        self.with("nodes_treeids", each(|tree, _| [tree; 3]))
            .with("nodes_nodeids", each(|_, _| [0, 1, 2]))
            .with("nodes_featureids", each(|_, stump| [stump.feature, 0, 0]))
            .with("nodes_truenodeids", each(|_, _| [1, 0, 0]))
            .with("nodes_falsenodeids", each(|_, _| [2, 0, 0]))
            .with("nodes_modes", texts(&modes))
            .with("nodes_values", floats(&values))
    }

    pub(super) fn graph(&self, features: usize, outputs: usize) -> Result<crate::onnx::Graph, Error> {
        let fact = Fact { dtype: self.dtype, shape: vec![1, features] };
        node_graph(self.def, self.attrs.clone(), fact, self.indices.as_deref(), outputs)
    }

    /// The leading outputs on a row, by the float reference and by the normal form; a network may have a softmax.
    pub(super) fn gives(&self, x: &[f64], outputs: &[&[f64]]) {
        let graph = self.graph(x.len(), outputs.len()).unwrap();
        let expected = outputs.concat();
        let close = |got: &[f64], what: &str| {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
            let all = got.len() >= expected.len() && got.iter().zip(&expected).all(close);
            assert!(all, "{what}: got {got:?}, expected {expected:?}");
        };
        close(&graph.eval(x).unwrap(), "the reference");
        close(&graph.network().unwrap().predict(x), "the normal form");
    }

    fn error(&self, features: usize) -> Error {
        let made = self.graph(features, 1).and_then(|graph| graph.network());
        made.expect_err("the operator accepts this")
    }

    pub(super) fn unsupported(&self, features: usize) {
        let error = self.error(features);
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
    }

    pub(super) fn shape_error(&self, features: usize) {
        let error = self.error(features);
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }

    pub(super) fn graph_error(&self, features: usize) {
        let error = self.error(features);
        assert!(matches!(error, Error::Graph { .. }), "{error}");
    }
}
