//! A float network in normal form: a chain of affine maps, each followed by one activation.

use super::Port;
use crate::float;

/// A dense row-major matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Number of rows (outputs).
    pub rows: usize,
    /// Number of columns (inputs).
    pub cols: usize,
    /// `rows * cols` values, row after row.
    pub data: Vec<f64>,
}

impl Matrix {
    /// Row `row`: the weights of one output.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }
}

/// What follows an affine map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FloatActivation {
    /// Nothing; only as the last layer.
    Identity,
    /// max(y, 0).
    Relu,
    /// 1 / (1 + e^-y).
    Sigmoid,
    /// 1 where y ≥ `at`, else 0; only as the last layer.
    Threshold {
        /// The threshold on y.
        at: f64,
    },
    /// Index of the largest y, the first one of equals; only as the last layer.
    ArgMax,
}

/// `activation(weights · x + bias)` on flattened tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatLayer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Outputs × inputs.
    pub weights: Matrix,
    /// One value per output.
    pub bias: Vec<f64>,
    /// What follows.
    pub activation: FloatActivation,
}

/// A float network in normal form.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Name of the graph.
    pub name: String,
    /// The private input.
    pub input: Port,
    /// The output; one value per output of the last layer, or a single one after `ArgMax`.
    pub output: Port,
    /// At least one layer; `cols` of each is `rows` of the one before.
    pub layers: Vec<FloatLayer>,
}

impl Network {
    /// The output values on input values (flat, ONNX order).
    pub fn eval(&self, input: &[f64]) -> Vec<f64> {
        self.layers.iter().fold(input.to_vec(), |x, layer| layer.activate(&layer.affine(&x)))
    }
}

impl FloatLayer {
    /// The affine part, before the activation.
    pub fn affine(&self, x: &[f64]) -> Vec<f64> {
        (0..self.weights.rows)
            .map(|o| self.weights.row(o).iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + self.bias[o])
            .collect()
    }

    /// The activation of an affine result.
    pub fn activate(&self, y: &[f64]) -> Vec<f64> {
        match self.activation {
            FloatActivation::Identity => y.to_vec(),
            FloatActivation::Relu => y.iter().map(|y| y.max(0.0)).collect(),
            FloatActivation::Sigmoid => y.iter().map(|y| float::sigmoid(*y)).collect(),
            FloatActivation::Threshold { at } => y.iter().map(|y| f64::from(*y >= at)).collect(),
            FloatActivation::ArgMax => {
                let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
                vec![best as f64]
            }
        }
    }
}
