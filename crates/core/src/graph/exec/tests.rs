use proptest::prelude::*;

use super::{
    super::{Digits, Map, Table, check::tests::sample},
    *,
};

const DIGITS: [Digits; 4] = [
    Digits { limb_bits: 2, value_limbs: 1, remainder_limbs: 1 },
    Digits { limb_bits: 3, value_limbs: 2, remainder_limbs: 1 },
    Digits { limb_bits: 8, value_limbs: 2, remainder_limbs: 2 },
    Digits { limb_bits: 16, value_limbs: 1, remainder_limbs: 1 },
];

fn tables(digits: &Digits) -> Vec<Table> {
    let base: Vec<i64> = (0..1 << (digits.limb_bits - 1)).map(|a| 7 * a - 5).collect();
    let slope = if digits.value_limbs > 1 { base.iter().map(|base| base % 5 - 2).collect() } else { Vec::new() };
    vec![Table { base, slope, absent: Vec::new() }]
}

/// Y from its element, as [`Activation`] states it.
fn rebuilt(activation: &Activation, e: &Element, digits: &Digits, tables: &[Table]) -> i64 {
    let (b, s) = (digits.value_bits(), digits.remainder_bits());
    let c = (1i64 << (s - 1)) - 1;
    let u = (e.upper << s | e.lower).cast_signed();
    match activation {
        Activation::Clip if e.state == 2 => u + (((1 << b) - 1) << s) - c,
        Activation::Linear | Activation::Relu | Activation::PRelu | Activation::Clip => (2 * e.state - 1) * (u - c),
        Activation::Table(index) => u - tables[*index].zero(digits),
        Activation::Threshold => (2 * e.state - 1) * u,
        Activation::ArgMax => u,
        Activation::Record => u - c,
        Activation::Product { .. } => panic!("nothing is cut"),
    }
}

/// Y / 2^s to the nearest integer, ties towards 0.
fn rounded(y: i64, s: u32) -> i64 {
    y.signum() * ((y.abs() + (1 << (s - 1)) - 1) >> s)
}

fn check(activation: &Activation, y: i64, digits: &Digits) {
    let tables = tables(digits);
    let (b, s) = (digits.value_bits(), digits.remainder_bits());
    let (c, top) = ((1i64 << (s - 1)) - 1, (1i64 << b) - 1);
    let argument = y + tables[0].zero(digits);
    let segment = argument.div_euclid(1 << digits.low_bits());
    let inside = match activation {
        Activation::Linear | Activation::Relu | Activation::PRelu => rounded(y, s).abs() <= top,
        Activation::Clip => -top <= rounded(y, s) && y + c < ((2 * top + 1) << s),
        Activation::Table(_) => (0..tables[0].base.len() as i64).contains(&segment),
        Activation::Threshold => y.abs() < 1 << (b + s),
        Activation::ArgMax => (0..1 << (b + s)).contains(&y),
        Activation::Record => (0..1 << (b + s)).contains(&(y + c)),
        Activation::Product { .. } => false,
    };
    let Some(e) = activation.split(y, digits, &tables) else {
        return assert!(!inside, "{activation:?} refuses {y}");
    };
    assert!(inside, "{activation:?} takes {y}");
    assert!(e.upper >> b == 0 && e.lower >> s == 0, "{e:?}");
    assert_eq!(rebuilt(activation, &e, digits, &tables), y, "{activation:?} {e:?}");
    let expected = match activation {
        Activation::Linear => rounded(y, s),
        Activation::Relu | Activation::PRelu => rounded(y, s).max(0),
        Activation::Clip => rounded(y, s).clamp(0, top),
        Activation::Table(_) => {
            let f = (argument >> (digits.low_bits() - digits.limb_bits)) & ((1 << digits.limb_bits) - 1);
            let slope = tables[0].slope.get(segment as usize).map_or(0, |slope| slope * f);
            tables[0].base[segment as usize] + slope
        }
        Activation::Threshold => i64::from(y > 0),
        Activation::Record => (y + c) >> s,
        Activation::ArgMax | Activation::Product { .. } => 0,
    };
    assert_eq!(e.code(activation, digits, &tables), expected, "{activation:?} {y}");
    if *activation == Activation::PRelu {
        assert_eq!(e.negative(), (-rounded(y, s)).max(0));
    }
}

const ALL: [Activation; 8] = [
    Activation::Linear,
    Activation::Relu,
    Activation::PRelu,
    Activation::Clip,
    Activation::Table(0),
    Activation::Threshold,
    Activation::ArgMax,
    Activation::Record,
];

/// Every Y around every limit and tie.
#[test]
fn elements_rebuild_their_accumulators() {
    for digits in &DIGITS {
        let (b, s) = (digits.value_bits(), digits.remainder_bits());
        let (row, half, table) = (1i64 << (b + s), 1i64 << (s - 1), 1i64 << (s + digits.limb_bits - 2));
        let edges = [0, half, 1 << s, (1 << s) + half, row - (1 << s), row - half, row, 2 * row - (1 << s)];
        for edge in edges.into_iter().chain([2 * row - (1 << s) - half, 2 * row, table, table - half, 1 << 61]) {
            for y in (edge - 3..=edge + 3).flat_map(|y| [y, -y]).filter(|y| y.abs() < 1 << 62) {
                ALL.iter().filter(|a| **a != Activation::Threshold || y != 0).for_each(|a| check(a, y, digits));
            }
        }
    }
    for y in -400..400 {
        ALL.iter().for_each(|activation| check(activation, y, &DIGITS[0]));
    }
}

proptest! {
    #[test]
    fn elements_rebuild_any_accumulator(y in -(1i64 << 40)..1 << 40, shift in 0u32..36, digits in 0..DIGITS.len()) {
        ALL.iter().for_each(|activation| check(activation, y >> shift, &DIGITS[digits]));
    }
}

#[test]
fn runs_follow_the_activations() {
    let model = sample(Activation::Linear);
    let len = model.input.shape.len();
    let input: Vec<i64> = (0..len as i64).map(|i| i * 37 % 101 - 50).collect();
    let trace = model.run(input.clone()).unwrap();
    assert_eq!(trace.codes[0], input);
    assert_eq!(trace.accumulators.len(), model.layers.len());
    for (index, layer) in model.layers.iter().enumerate() {
        let (codes, y) = (&trace.codes[index + 1], &trace.accumulators[index]);
        assert_eq!(codes.len(), layer.shape.len());
        let elements = model.elements(layer, y).unwrap();
        let expected = elements.iter().map(|e| e.code(&layer.activation, &model.digits, &model.tables));
        assert!(codes.iter().copied().eq(expected));
        assert_eq!(trace.negative[index + 1].is_empty(), layer.activation != Activation::PRelu);
    }
    // Value 0 of layer 0: a 3 × 3 kernel with pad 1 reads four inputs of each of the two channels.
    let Map::Conv(conv) = &model.layers[0].terms[0].map else { panic!() };
    let at = |c: usize, i: usize, j: usize| input[(c * 4 + i) * 4 + j];
    let sum: i64 = (0..2)
        .flat_map(|c| (0..2).flat_map(move |i| (0..2).map(move |j| (c, i, j))))
        .map(|(c, i, j)| conv.kernel_weights(0, c)[(i + 1) * 3 + j + 1] * at(c, i, j))
        .sum();
    assert_eq!(trace.accumulators[0][0], sum + model.layers[0].bias[0]);
    // The negative parts enter with their own weights.
    let (main, negative) = (&trace.codes[1], &trace.negative[1]);
    assert!(main.iter().zip(negative).all(|(p, n)| *p >= 0 && *n >= 0 && p * n == 0));
    assert!(negative.iter().any(|n| *n > 0));
    let term = &model.layers[1].terms[0];
    let (Map::Conv(k), Some(Map::Conv(n))) = (&term.map, &term.negative) else { panic!() };
    assert_eq!(trace.accumulators[1][0], k.weights[0] * main[0] + n.weights[0] * negative[0] + model.layers[1].bias[0]);
}

#[test]
fn arg_max_gives_thermometer_bits() {
    let model = sample(Activation::ArgMax);
    let input = vec![3; model.input.shape.len()];
    let trace = model.run(input).unwrap();
    let (y, codes) = (&trace.accumulators.last().unwrap(), trace.codes.last().unwrap());
    let best = y.iter().position(|v| v == y.iter().max().unwrap()).unwrap();
    assert_eq!(model.output_values(codes), [best as f64]);
    let elements = model.elements(model.layers.last().unwrap(), y).unwrap();
    for (o, e) in elements.iter().enumerate() {
        let u = (e.upper << model.digits.remainder_bits() | e.lower).cast_signed();
        assert_eq!(u, y[best] - y[o] - codes[o]);
    }
    assert_eq!(bits(&[1, 5, 5, 2]), [1, 0, 0, 0]);
    assert_eq!(bits(&[7, 7]), [0, 0]);
}

#[test]
fn values_out_of_range_are_named() {
    let model = sample(Activation::Relu);
    let len = model.input.shape.len();
    assert!(matches!(model.quantize_input(&[0.0]), Err(Error::InputShape { .. })));
    let with = |x: f64| model.quantize_input(&(0..len).map(|i| if i == 20 { x } else { 0.0 }).collect::<Vec<_>>());
    assert!(matches!(with(f64::NAN), Err(Error::InputValue { index: 20, .. })));
    let top = (1i64 << model.digits.value_bits()) - 1;
    let scale = model.input.scale[1];
    assert_eq!(with(top as f64 * scale).unwrap()[20], top);
    assert_eq!(with(-2.4 * scale).unwrap()[20], -2);
    assert!(matches!(with((top + 1) as f64 * -scale), Err(Error::InputRange { index: 20, .. })));
    assert!(matches!(model.run(vec![0; len - 1]), Err(Error::Artifact { .. })));
    assert!(matches!(model.run(vec![top + 1; len]), Err(Error::Artifact { .. })));
    let mut wide = model.clone();
    wide.layers[0].bias[1] = 1 << 40;
    let refused = wide.run(vec![0; len]);
    assert!(matches!(refused, Err(Error::ActivationRange { node, index: 16 }) if node == "conv"));
}
