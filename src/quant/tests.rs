use std::collections::BTreeMap;

use super::*;
use crate::graph::{Activation, FloatLayer, Matrix, Port};

/// A small deterministic generator of values in [−1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// About normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() / 2f64.sqrt()
    }
}

fn port(name: &str, len: usize) -> Port {
    Port { name: name.to_owned(), shape: vec![1, len] }
}

/// A random network: widths of input and layers, the activation of each layer.
fn network(random: &mut Random, widths: &[usize], activations: &[FloatActivation]) -> Network {
    let layers: Vec<FloatLayer> = activations
        .iter()
        .enumerate()
        .map(|(t, activation)| {
            let (cols, rows) = (widths[t], widths[t + 1]);
            let gain = 1.5 / (cols as f64).sqrt();
            let data = (0..rows * cols).map(|_| random.normal() * gain).collect();
            let bias = (0..rows).map(|_| random.normal() * 0.3).collect();
            let weights = Matrix { rows, cols, data };
            FloatLayer { node: format!("layer{t}"), op: "Gemm".to_owned(), weights, bias, activation: *activation }
        })
        .collect();
    let last = widths[widths.len() - 1];
    let outputs = if activations.last() == Some(&FloatActivation::ArgMax) { 1 } else { last };
    Network { name: "net".to_owned(), input: port("x", widths[0]), output: port("y", outputs), layers }
}

/// Rows whose features have scales from 0.01 to 1000 and are off zero.
fn rows(random: &mut Random, width: usize, count: usize) -> Vec<Vec<f64>> {
    let shared: Vec<f64> = (0..count).map(|_| random.normal()).collect();
    shared.iter().map(|s| (0..width).map(|_| 0.5 * s + random.normal()).collect()).collect()
}

fn float(network: &Network) -> impl Fn(&[f64]) -> Result<Vec<f64>> {
    |row| Ok(network.layers.iter().fold(row.to_vec(), |x, layer| layer.activate(&layer.affine(&x))))
}

fn digits(limb_bits: u32) -> Digits {
    Digits { limb_bits, value_limbs: 2, remainder_limbs: 2 }
}

const LASTS: [FloatActivation; 5] = [
    FloatActivation::Identity,
    FloatActivation::Relu,
    FloatActivation::Sigmoid,
    FloatActivation::Threshold { at: 0.1 },
    FloatActivation::ArgMax,
];

/// Every hidden activation before every last one, at several limb sizes: errors shrink with the bits.
#[test]
fn random_networks_stay_close() {
    let mut summary = BTreeMap::new();
    for (h, hidden) in [FloatActivation::Relu, FloatActivation::Sigmoid].into_iter().enumerate() {
        for (l, last) in LASTS.into_iter().enumerate() {
            for seed in 0..4 {
                let mut random = Random(1 + seed);
                let net = network(&mut random, &[12, 16, 8, 5], &[hidden, hidden, last]);
                let data = rows(&mut random, 12, 1200);
                let (calibration, test) = data.split_at(200);
                let ranges = Ranges::from_rows(&net, calibration).unwrap();
                for limb_bits in 5..=8 {
                    let d = digits(limb_bits);
                    let segments = 1 << (limb_bits - 1);
                    let model = quantize(&net, &ranges, d, segments, 4, &Options::default()).unwrap();
                    let report = evaluate(float(&net), &net, &model, test).unwrap();
                    assert!(report.out_of_range <= 1, "{hidden:?} {last:?} {report}");
                    let span = match last {
                        FloatActivation::Identity | FloatActivation::Relu => {
                            ranges.affine[2].iter().map(Span::magnitude).fold(0.0, f64::max)
                        }
                        _ => 1.0,
                    };
                    let worst: &mut [f64; 3] = summary.entry((limb_bits, h, l)).or_insert([0.0, 0.0, 1.0]);
                    worst[0] = worst[0].max(report.max_abs_error.unwrap() / span);
                    worst[1] += report.mean_abs_error.unwrap() / span / 4.0;
                    worst[2] = worst[2].min(report.top1_agreement.unwrap_or(1.0));
                }
            }
        }
    }
    for ((limb_bits, h, l), [max, mean, top1]) in summary {
        eprintln!("{limb_bits} bits, {h} → {:?}: max {max:.5} mean {mean:.6} top1 {top1:.4}", LASTS[l]);
    }
}

#[test]
fn sigmoid_table_error() {
    for limb_bits in [2u32, 4, 5, 6, 7, 8, 10, 12] {
        for hidden in [false, true] {
            let d = digits(limb_bits);
            let errors: Vec<String> =
                [1, 2, 4, 8, 16, 32, 64, 128, 1024].map(|j| format!("{:.1e}", table_segments_error(j, &d, hidden).unwrap())).into();
            eprintln!("{limb_bits} {hidden} {} {errors:?}", output_bits(&d, hidden));
        }
    }
}
