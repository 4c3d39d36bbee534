//! Exact copies of tensors where one arrangement of rows cannot serve all that happens to a tensor.
//!
//! The rows that a convolution makes also hold coefficients that are no output, so that neither a matrix nor the instance
//! can read single elements there, and the two parts of a `PRelu` are no single code. A copy has its source's steps,
//! hence its codes.

use crate::graph::planar::{Conv, FloatActivation, FloatLayer, Map, Network, Shape, Term};

/// Inserts the copies that a network needs.
pub(super) fn insert(network: Network) -> Network {
    let mut network = with_readable_end(network);
    let copied: Vec<bool> = (0..=network.layers.len()).map(|tensor| needs_copy(&network, tensor)).collect();
    let mut layers: Vec<FloatLayer> = Vec::new();
    // Where each tensor is now, and where matrices read it.
    let (mut main, mut apart) = (Vec::new(), Vec::new());
    let mut old = std::mem::take(&mut network.layers).into_iter();
    for copied in copied {
        if !main.is_empty() {
            let Some(mut layer) = old.next() else { break };
            for term in &mut layer.terms {
                term.source = if matches!(term.map, Map::Sparse(_)) { apart[term.source] } else { main[term.source] };
            }
            layer.same_step = layer.same_step.map(|tensor| main[tensor]);
            layers.push(layer);
        }
        let tensor = layers.len();
        main.push(tensor);
        if copied {
            let (node, op) = layers.last().map_or((network.input.name.clone(), "input".to_owned()), name);
            let shape = layers.last().map_or(network.input_shape, |layer| layer.shape);
            layers.push(copy(node, op, shape, tensor, FloatActivation::Linear));
        }
        apart.push(layers.len());
    }
    Network { layers, ..network }
}

/// Whether a matrix reads planes of this tensor whose rows must serve something else too.
fn needs_copy(network: &Network, tensor: usize) -> bool {
    let read_by = |is: fn(&Map<f64>) -> bool| {
        network.layers.iter().flat_map(|layer| &layer.terms).any(|term| term.source == tensor && is(&term.map))
    };
    let is_matrix = |map: &Map<f64>| matches!(map, Map::Sparse(_));
    if network.shape(tensor).is_vector() || !read_by(is_matrix) {
        return false;
    }
    let Some(layer) = tensor.checked_sub(1).map(|layer| &network.layers[layer]) else { return true };
    let two_parts = matches!(layer.activation, FloatActivation::PRelu { .. });
    two_parts
        || read_by(|map| matches!(map, Map::Conv(_)))
        || !layer.terms.iter().all(|term| is_elementwise(network, term, layer))
}

/// Whether a term reads, for each value, the values at its own place only.
fn is_elementwise(network: &Network, term: &Term<f64>, layer: &FloatLayer) -> bool {
    let from = network.shape(term.source);
    match &term.map {
        Map::Conv(conv) => {
            (from.height, from.width) == (layer.shape.height, layer.shape.width)
                && (conv.kernel, conv.stride, conv.pad) == ([1, 1], [1, 1], [0, 0])
        }
        Map::Sparse(_) => true,
    }
}

/// Puts a copy behind a last layer whose elements cannot be published.
fn with_readable_end(mut network: Network) -> Network {
    let source = network.layers.len();
    let Some(last) = network.layers.last() else { return network };
    let two_parts = matches!(last.activation, FloatActivation::PRelu { .. });
    if !two_parts && last.terms.iter().all(|term| is_elementwise(&network, term, last)) {
        return network;
    }
    let (node, op) = name(last);
    let shape = last.shape;
    let decides = matches!(last.activation, FloatActivation::Threshold { .. } | FloatActivation::ArgMax);
    let mut end = FloatActivation::Linear;
    if let (true, Some(last)) = (decides, network.layers.last_mut()) {
        std::mem::swap(&mut end, &mut last.activation);
    }
    network.layers.push(copy(node, op, shape, source, end));
    network
}

fn name(layer: &FloatLayer) -> (String, String) {
    (layer.node.clone(), layer.op.clone())
}

/// A layer that applies an activation to the values of a tensor.
fn copy(node: String, op: String, shape: Shape, source: usize, activation: FloatActivation) -> FloatLayer {
    let channels = shape.channels;
    let identity = Conv {
        input_start: 0,
        inputs: channels,
        output_start: 0,
        outputs: channels,
        groups: channels,
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        weights: vec![1.0; channels],
    };
    let same_step = (activation == FloatActivation::Linear).then_some(source);
    FloatLayer {
        node,
        op,
        shape,
        terms: vec![Term { source, map: Map::Conv(identity), negative: None }],
        bias: vec![0.0; channels],
        activation,
        same_step,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::graph::{Port, planar::Sparse};

    const PLANES: Shape = Shape { channels: 2, height: 3, width: 3 };

    fn kernel(side: usize) -> Map<f64> {
        let pad = (side / 2) as isize;
        let weights = (0..4 * side * side).map(|i| (i as f64).sin()).collect();
        Map::Conv(Conv {
            input_start: 0,
            inputs: 2,
            output_start: 0,
            outputs: 2,
            groups: 1,
            kernel: [side; 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [pad, pad],
            weights,
        })
    }

    fn matrix(from: Shape) -> Map<f64> {
        Map::Sparse(Sparse { columns: (0..from.len()).map(|i| vec![(i as u32 % 2, (i as f64).cos())]).collect() })
    }

    fn layer(shape: Shape, terms: Vec<(usize, Map<f64>)>, activation: FloatActivation) -> FloatLayer {
        FloatLayer {
            node: "node".to_owned(),
            op: "Conv".to_owned(),
            shape,
            terms: terms.into_iter().map(|(source, map)| Term { source, map, negative: None }).collect(),
            bias: vec![0.1; shape.channels],
            activation,
            same_step: None,
        }
    }

    /// The layers after insertion, with the same outputs as before.
    fn inserted(layers: Vec<FloatLayer>) -> Vec<FloatLayer> {
        let port = |shape: &[usize]| Port { name: "port".to_owned(), shape: shape.to_vec() };
        let network = Network {
            name: "network".to_owned(),
            input: port(&[1, 2, 3, 3]),
            input_shape: PLANES,
            output: port(&[1, 2]),
            layers,
            softmax: false,
        };
        let input: Vec<f64> = (0..PLANES.len()).map(|i| (i as f64 * 0.7).sin()).collect();
        let expected = network.eval(&input);
        let network = insert(network);
        assert_eq!(network.eval(&input), expected);
        network.layers
    }

    #[test]
    fn matrices_read_copies_of_what_convolutions_make() {
        let relu = || FloatActivation::Relu;
        let end = |from| layer(Shape::vector(2), vec![(from, matrix(PLANES))], FloatActivation::Linear);
        let layers = inserted(vec![layer(PLANES, vec![(0, kernel(3))], relu()), end(1)]);
        assert_eq!((layers.len(), layers[1].same_step, layers[2].terms[0].source), (3, Some(1), 2));
        let layers = inserted(vec![layer(PLANES, vec![(0, kernel(1))], relu()), end(1)]);
        assert_eq!(layers.len(), 2);
        let shared = layer(PLANES, vec![(1, kernel(3)), (0, kernel(1))], relu());
        let ends = layer(
            Shape::vector(2),
            vec![(1, matrix(PLANES)), (2, matrix(PLANES)), (0, matrix(PLANES))],
            FloatActivation::Linear,
        );
        let layers = inserted(vec![layer(PLANES, vec![(0, kernel(1))], relu()), shared, ends]);
        let sources: Vec<usize> = layers.last().map(|l| l.terms.iter().map(|t| t.source).collect()).unwrap_or_default();
        assert_eq!((layers.len(), sources), (6, vec![3, 5, 1]));
        assert_eq!(layers[3].terms.iter().map(|t| t.source).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn an_end_is_read_from_a_copy() {
        let pool = Map::Conv(Conv {
            input_start: 0,
            inputs: 2,
            output_start: 0,
            outputs: 2,
            groups: 2,
            kernel: [3, 3],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
            weights: vec![1.0 / 9.0; 18],
        });
        let ends = |activation| inserted(vec![layer(Shape::vector(2), vec![(0, pool.clone())], activation)]);
        let layers = ends(FloatActivation::ArgMax);
        assert_eq!(
            (&layers[0].activation, &layers[1].activation),
            (&FloatActivation::Linear, &FloatActivation::ArgMax)
        );
        assert_eq!(layers[1].same_step, None);
        let layers = ends(FloatActivation::PRelu { slope: vec![0.5, 0.25] });
        assert_eq!((&layers[1].activation, layers[1].same_step), (&FloatActivation::Linear, Some(1)));
        let plain = layer(Shape::vector(2), vec![(0, matrix(PLANES))], FloatActivation::Linear);
        assert_eq!(inserted(vec![plain]).len(), 2, "a copy of the input");
    }
}
