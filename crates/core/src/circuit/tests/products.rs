//! Products of two tensors: what a prover may try in the cells of the factors.

use super::{
    super::{Layout, Witness, weights::Multiplier, weights::WeightCell, witness::FirstPhase},
    Rig, assert_rejected, fixtures,
};
use crate::{
    error::Error,
    graph::{Activation, Lanes, Map, Model, Shape},
};

fn fixture(name: &str) -> (Rig, Vec<i64>) {
    let (_, model, input) = fixtures::all().into_iter().find(|(fixture, ..)| *fixture == name).unwrap();
    (Rig::new(model), input)
}

/// Rows of pairs, and the lanes that hold an element.
fn pairs(rig: &Rig) -> (Vec<usize>, Vec<(usize, usize)>) {
    let rows = (0..rig.layout().rows.len()).filter(|row| rig.layout().rows[*row].pair).collect();
    let tensor = rig.model.layers.iter().position(|layer| !layer.times().is_empty()).unwrap() + 1;
    (rows, (0..rig.model.shape(tensor).len()).map(|index| rig.element(tensor, index)).collect())
}

#[test]
fn factors_are_the_values_they_copy() {
    let (rig, input) = fixture("pairs");
    let witness = rig.witness(&input);
    let codes = rig.codes(&witness);
    let (rows, elements) = pairs(&rig);
    let product =
        |first: &FirstPhase, at: (usize, usize)| first.lanes[at.1].limbs[0][at.0] * first.lanes[at.1].state[at.0];
    let attempt = |what: &str, first: FirstPhase| {
        let mut first = first;
        rig.recount(&mut first);
        assert_rejected(what, rig.attempt(&first, &[], &codes));
    };
    let at = *elements.iter().find(|at| product(&witness.first, **at) != 0).unwrap();
    let set = |first: &mut FirstPhase, (row, lane): (usize, usize), u: i64, v: i64| {
        first.lanes[lane].limbs[0][row] = u;
        first.lanes[lane].state[row] = v;
    };
    let (u, v) = (witness.first.lanes[at.1].limbs[0][at.0], witness.first.lanes[at.1].state[at.0]);
    // The same product of other factors.
    for (what, (a, b)) in
        [("swapped factors", (v, u)), ("a factor of 1", (u * v, 1)), ("negated factors", (-u, -v)), ("zeros", (0, 0))]
    {
        if (a, b) != (u, v) {
            let mut first = witness.first.clone();
            set(&mut first, at, a, b);
            attempt(what, first);
        }
    }
    // Elements in each other's places.
    let other = *elements.iter().find(|other| product(&witness.first, **other) != u * v).unwrap();
    let mut first = witness.first.clone();
    let (x, y) = (first.lanes[other.1].limbs[0][other.0], first.lanes[other.1].state[other.0]);
    set(&mut first, at, x, y);
    set(&mut first, other, u, v);
    attempt("swapped elements", first);
    // Lanes without an element.
    let lanes = rig.layout().params.lanes.activations;
    let idle = rows.iter().flat_map(|row| (0..lanes).map(move |lane| (*row, lane)));
    let idle = idle.into_iter().find(|at| !elements.contains(at)).unwrap();
    for (what, a, b) in [("a pair in an idle lane", 1, 1), ("one factor in an idle lane", 0, 1)] {
        let mut first = witness.first.clone();
        set(&mut first, idle, a, b);
        attempt(what, first);
    }
    // A cell less, and the idle lane behind it more.
    let mut first = witness.first.clone();
    first.lanes[at.1].limbs[0][at.0] -= 1;
    first.lanes[idle.1].limbs[0][idle.0] += 1;
    attempt("an error moved into an idle lane", first);
}

/// A lie that keeps all tensors but the product's consistent with another product.
fn lie(rig: &Rig, input: &[i64], change: impl Fn(&mut Model)) -> Witness {
    let mut other = rig.model.clone();
    change(&mut other);
    other.check().unwrap();
    let lie = Witness::new(&other, rig.layout(), input.to_vec()).unwrap();
    assert_ne!(lie.trace.codes, rig.witness(input).trace.codes);
    lie
}

#[test]
fn products_are_of_the_tensors_they_name() {
    for (name, layer) in [("scaled channels", 2), ("matrix product", 3)] {
        let (rig, input) = fixture(name);
        let change = |apply: &dyn Fn(&mut Model)| {
            let lie = lie(&rig, &input, apply);
            assert_rejected(name, rig.attempt(&lie.first, &[], &rig.codes(&lie)));
        };
        change(&|model| {
            if let Map::Product(product) = &mut model.layers[layer].terms[0].map {
                product.weight += 1;
            }
        });
        // A factor that is the same everywhere.
        change(&|model| {
            let term = &model.layers[layer].terms[0];
            let (from, Map::Product(product)) = (model.shape(term.source), &term.map) else { panic!("no product") };
            let mut conv = product.geometry(from, model.shape(product.factor));
            conv.weights = vec![50; conv.outputs * conv.group_inputs() * conv.taps()];
            model.layers[layer].terms[0].map = Map::Conv(conv);
        });
    }
}

#[test]
fn runs_that_are_factors_are_copied() {
    for name in ["scaled channels", "matrix product"] {
        let (rig, input) = fixture(name);
        let witness = rig.witness(&input);
        let copied = rig.layout().weights.rows.iter().enumerate().filter_map(|(row, weights)| {
            let Multiplier::Copy(WeightCell::Consumed(run)) = weights.multiplier else { return None };
            Some((row, run))
        });
        for (row, run) in copied.step_by(3) {
            let config = rig.config();
            for (what, column, row) in [("multiplier", config.multiplier, row), ("run", config.consumed, run)] {
                let fault = super::Fault { column: column.index(), row, delta: 3.into() };
                let outcome = rig.attempt(&witness.first, &[fault], &rig.codes(&witness));
                assert_rejected(&format!("{name}: {what} on row {row}"), outcome);
            }
        }
    }
}

#[test]
fn unusable_products_are_refused() {
    let refused = |change: &dyn Fn(&mut Model)| {
        let (_, mut model, _) = fixtures::all().into_iter().find(|(name, ..)| *name == "pairs").unwrap();
        change(&mut model);
        model.check().unwrap_err()
    };
    let times = |model: &mut Model, change: &dyn Fn(&mut Map<i64>)| {
        if let Activation::Product { times } = &mut model.layers[2].activation {
            change(&mut times[0].map);
        }
    };
    let artifact = |error: Error| matches!(error, Error::Artifact { .. });
    assert!(artifact(refused(&|model| model.layers[2].bias[0] = 1)));
    assert!(artifact(refused(&|model| model.layers[2].activation = Activation::Product { times: vec![] })));
    assert!(artifact(refused(&|model| times(model, &|map| {
        if let Map::Conv(conv) = map {
            *conv = crate::graph::Conv { kernel: [1, 2], weights: vec![1; 4], ..conv.clone() };
        }
    }))));
    let error = refused(&|model| {
        times(model, &|map| {
            if let Map::Conv(conv) = map {
                conv.weights[0] = 1 << 55;
            }
        });
    });
    assert!(matches!(&error, Error::Range { node, .. } if node == "layer2"), "{error}");

    // A selection that leaves something out has coefficients that are no outputs.
    let mut b =
        fixtures::Builder::new(Shape { channels: 1, height: 2, width: 3 }, Lanes { activations: 2, weights: 2 });
    let product = b.multiply(0, 0);
    for layer in 0..2 {
        b.model.layers[layer].shape = Shape { channels: 1, height: 2, width: 2 };
    }
    b.dense(product, 2, Activation::Linear);
    b.model.check().unwrap();
    let error = Layout::new(&b.model).unwrap_err();
    assert!(matches!(&error, Error::Graph { node, .. } if node == "layer0"), "{error}");
}
