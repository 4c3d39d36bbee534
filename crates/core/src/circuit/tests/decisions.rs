//! Lies about states: signs, clips, tables, thresholds and maxima.

use halo2_proofs::halo2curves::bn256::Fr;

use super::{
    super::{weight_limbs, witness::FirstPhase},
    Rig, assert_rejected,
    fixtures::{self, Builder},
    forgeries::{whole, write},
    lying::forge_bytes,
};
use crate::{
    error::{Error, Rejection},
    graph::{Activation, Lanes, Map, Model, Shape},
    prove::{Transcript, verify_instance},
    statement::PublicCodes,
};

/// A dense layer whose accumulators are given numbers, whatever the input.
fn constant(activation: Activation, y: &[i64]) -> Model {
    let mut b = Builder::new(Shape::vector(4), Lanes { activations: 2, weights: 2 });
    b.dense(0, y.len(), activation);
    if let Map::Conv(conv) = &mut b.model.layers[0].terms[0].map {
        conv.weights.fill(0);
    }
    b.model.layers[0].bias = y.to_vec();
    b.model
}

const INPUT: [i64; 4] = [17, -80, 0, 55];

struct Liar {
    rig: Rig,
    first: FirstPhase,
    codes: PublicCodes,
}

impl Liar {
    fn new(model: Model) -> Self {
        let rig = Rig::new(model);
        let witness = rig.witness(&INPUT);
        let codes = rig.codes(&witness);
        rig.attempt(&witness.first, &[], &codes).unwrap();
        Self { rig, first: witness.first, codes }
    }

    /// Claims a state, a magnitude and a public code for an output; the rest stays honest.
    fn claim(&self, output: usize, state: i64, whole: i64, code: u64) -> Result<(), Error> {
        let (mut first, mut codes) = (self.first.clone(), self.codes.clone());
        write(&self.rig, &mut first, self.rig.element(1, output), state, whole);
        codes.output[output] = code;
        self.rig.recount(&mut first);
        self.rig.attempt(&first, &[], &codes).map(drop)
    }

    fn rejects(&self, what: &str, output: usize, state: i64, whole: i64, code: u64) {
        let outcome = self.claim(output, state, whole, code);
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{what}: {outcome:?}");
    }
}

/// 2^(s−1) − 1 of the fixtures.
const C: i64 = 127;

#[test]
fn a_tie_of_rounding_has_one_code() {
    let liar = Liar::new(constant(Activation::Linear, &[128, 127, -127, -128, -129]));
    let zero = 255;
    assert_eq!(liar.codes.output, [zero, zero, zero, zero, zero - 1]);
    // Both states of a small Y give the same code.
    liar.claim(1, 0, 0, zero).unwrap();
    liar.claim(1, 1, 2 * C, zero).unwrap();
    liar.claim(2, 1, 0, zero).unwrap();
    liar.rejects("rounded up", 0, 1, 256, zero + 1);
    liar.rejects("rounded down", 3, 0, 256, zero - 1);
    liar.rejects("rounded to 0", 4, 0, 255, zero);
    liar.rejects("the other sign of a tie", 0, 0, C - 128, zero);
}

#[test]
fn a_relu_on_the_wrong_side_is_rejected() {
    let liar = Liar::new(constant(Activation::Relu, &[5000, -5000]));
    assert_eq!(liar.codes.output, [20, 0]);
    liar.rejects("positive taken for negative", 0, 0, 5000 + C, 0);
    liar.rejects("positive as negative magnitude", 0, 0, C - 5000, 0);
    liar.rejects("negative taken for positive", 1, 1, 5000 + C, 20);
    liar.rejects("negative as negative magnitude", 1, 1, C - 5000, 0);
    liar.rejects("half a state", 0, 2, 2500, 40);
    // Y = 3 · (U − c) and the code 2 · a, which is right but for the state.
    let liar = Liar::new(constant(Activation::Relu, &[3 * 1666]));
    assert_eq!(liar.codes.output, [20]);
    liar.rejects("a state of 2", 0, 2, 1666 + C, 14);
}

#[test]
fn flipped_signs_of_a_prelu_are_rejected() {
    let (_, model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "prelu argmax").unwrap();
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let codes = rig.codes(&witness);
    for tensor in 1..4 {
        for index in 0..4 {
            let at = rig.element(tensor, index);
            let (state, u) = (witness.first.lanes[at.1].state[at.0], whole(&rig, &witness.first, at));
            for magnitude in [u, 2 * C - u].into_iter().filter(|m| *m == u || *m < 0) {
                let mut first = witness.first.clone();
                write(&rig, &mut first, at, 1 - state, magnitude);
                rig.recount(&mut first);
                assert_rejected(&format!("tensor {tensor}, element {index}"), rig.attempt(&first, &[], &codes));
            }
        }
    }
}

#[test]
fn a_clip_in_the_wrong_state_is_rejected() {
    const TOP: i64 = 255 << 8;
    let (above, middle, below, edge) = (70_000, 20_000, -9_000, TOP - C + 40);
    let liar = Liar::new(constant(Activation::Clip, &[above, middle, below, edge]));
    assert_eq!(liar.codes.output, [255, 78, 0, 255]);
    // Where both states have room, they give the same code.
    liar.claim(3, 2, edge + C - TOP, 255).unwrap();
    liar.claim(3, 1, edge + C, 255).unwrap();
    liar.rejects("2 below the top", 1, 2, middle + C - TOP, 255);
    liar.rejects("2 below the top, in range", 1, 2, middle + C, 255);
    liar.rejects("2 for a negative", 2, 2, below + C - TOP, 255);
    liar.rejects("1 above the top", 0, 1, above + C, 255);
    liar.rejects("1 above the top, in range", 0, 1, (254 << 8) + 255, 254);
    liar.rejects("0 above the top", 0, 0, C - above, 0);
    liar.rejects("3", 0, 3, above + C, 255);
    liar.rejects("−1", 1, -1, middle + C, 78);
    // Y = 3 · (2^(b+s) − 2) − 5 · c − U and the code 3 · (255 − a), which is right but for the state.
    let y = 130_500;
    let liar = Liar::new(constant(Activation::Clip, &[y]));
    let whole = 3 * 65_534 - 5 * C - y;
    assert_eq!((liar.codes.output[0], whole >> 8), (255, 255));
    liar.rejects("a state of 3", 0, 3, whole, 0);
}

#[test]
fn a_value_that_is_not_in_its_table_is_rejected() {
    let (_, model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "function tables").unwrap();
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let honest = rig.codes(&witness);
    let (last, range, size) = (rig.model.layers.len(), 256usize, 64usize);
    assert_eq!(rig.model.layers[last - 1].activation, Activation::Table(1));
    let values = &rig.model.tables[1].base;
    for index in 0..honest.output.len() {
        let at = rig.element(last, index);
        let a = witness.first.lanes[at.1].limbs[1][at.0] as usize;
        let entry = range + size + a;
        let neighbour = (a + 1) % size;
        let claims = [
            ("value of an unassigned table row", 0, 0),
            ("value of the range", 0, a),
            ("value of another argument", values[neighbour], range + size + neighbour),
            ("value of another table", rig.model.tables[0].base[a], range + a),
        ];
        for (what, value, credited) in claims.into_iter().filter(|(_, value, _)| *value != values[a]) {
            let (mut first, mut codes) = (witness.first.clone(), honest.clone());
            first.lanes[at.1].state[at.0] = value;
            codes.output[index] = (value + (1 << 31)) as u64;
            first.multiplicity[entry] -= 1;
            first.multiplicity[credited] += 1;
            assert_rejected(what, rig.attempt(&first, &[], &codes));
        }
    }
    // An idle lane beside elements must hold an entry too.
    let tensor = &rig.layout().tensors[1];
    let idle = (tensor.first..tensor.first + tensor.channel_rows)
        .flat_map(|row| (0..4).map(move |lane| (row, lane)))
        .find(|(row, lane)| rig.layout().rows[*row].mask >> lane & 1 == 0);
    let (row, lane) = idle.unwrap();
    let mut first = witness.first;
    assert_ne!(first.lanes[lane].state[row], 0);
    first.lanes[lane].state[row] = 0;
    first.multiplicity[range] -= 1;
    first.multiplicity[0] += 1;
    assert_rejected("empty table row", rig.attempt(&first, &[], &honest));
}

#[test]
fn an_argument_that_its_table_lacks_is_rejected() {
    let (_, mut model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "function tables").unwrap();
    let whole = Rig::new(model.clone());
    let witness = whole.witness(&input);
    let honest = whole.codes(&witness);
    let (last, range, size) = (model.layers.len(), 256usize, 64usize);
    let at = whole.element(last, 0);
    let a = witness.first.lanes[at.1].limbs[1][at.0] as usize;
    let value = model.tables[1].base[a];
    assert!(a > 0 && value != 0);
    model.tables[1].base[a] = 0;
    model.tables[1].absent = vec![a as u32];
    model.check().unwrap();
    assert!(matches!(model.run(input), Err(Error::ActivationRange { index: 0, .. })));
    let rig = Rig::new(model);
    for (what, claimed, credited) in [("its old value", value, range + size + a), ("0", 0, 0), ("the range", 0, a)] {
        let (mut first, mut codes) = (witness.first.clone(), honest.clone());
        first.lanes[at.1].state[at.0] = claimed;
        codes.output[0] = (claimed + (1 << 31)) as u64;
        first.multiplicity[range + size + a] -= 1;
        first.multiplicity[credited] += 1;
        assert_rejected(what, rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn a_segment_its_base_and_its_slope_belong_together() {
    let (_, model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "sloped functions").unwrap();
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let honest = rig.codes(&witness);
    let (last, range, size) = (rig.model.layers.len(), 32usize, 28usize);
    assert_eq!(rig.model.layers[last - 1].activation, Activation::Table(1));
    let (own, other) = (&rig.model.tables[1], &rig.model.tables[0]);
    for index in 0..honest.output.len() {
        let at = rig.element(last, index);
        let cells = &witness.first.lanes[at.1];
        let (j, f) = (cells.limbs[3][at.0] as usize, cells.limbs[2][at.0]);
        let next = (j + 1) % size;
        let claims = [
            ("base of another segment", own.base[next], own.slope[j], range + size + next),
            ("slope of another segment", own.base[j], own.slope[next], range + size + next),
            ("another segment", own.base[next], own.slope[next], range + size + next),
            ("no slope", own.base[j], 0, range + size + j),
            ("another function", other.base[j], other.slope[j], range + j),
            ("the range", 0, 0, j),
            ("a base that makes up for the slope", own.base[j] + own.slope[j] * f, 0, range + size + j),
        ];
        for (what, base, slope, credited) in claims {
            let code = base + slope * f;
            let (mut first, mut codes) = (witness.first.clone(), honest.clone());
            (first.lanes[at.1].state[at.0], first.lanes[at.1].slopes[at.0]) = (base, slope);
            codes.output[index] = (code + (1 << 31)) as u64;
            first.multiplicity[range + size + j] -= 1;
            first.multiplicity[credited] += 1;
            assert_rejected(what, rig.attempt(&first, &[], &codes));
        }
    }
    // Elsewhere a slope would be a free term in the code.
    let input_row = rig.layout().tensors[0].first;
    let mut first = witness.first;
    assert_eq!(first.lanes[0].slopes[input_row], 0);
    first.lanes[0].slopes[input_row] = 1;
    assert_rejected("a slope beside the input", rig.attempt(&first, &[], &honest));
}

#[test]
fn a_threshold_on_the_wrong_side_is_rejected() {
    let liar = Liar::new(constant(Activation::Threshold, &[4_001, -4_001, 1, -1]));
    assert_eq!(liar.codes.output, [1, 0, 1, 0]);
    for (output, y) in [4_001, -4_001, 1, -1i64].into_iter().enumerate() {
        let wrong = 1 - liar.codes.output[output];
        liar.rejects("flipped", output, wrong as i64, y.abs(), wrong);
        liar.rejects("flipped, negative magnitude", output, wrong as i64, -y.abs(), wrong);
        liar.rejects("flipped, no magnitude", output, wrong as i64, 0, wrong);
    }
}

/// A comparison whose accumulators are given numbers, and a layer that shows its states; private weights show none of
/// the parity that public ones have.
fn compared(y: &[i64], private: bool) -> Model {
    let mut b = Builder::new(Shape::vector(4), Lanes { activations: 2, weights: 2 });
    let x = b.dense(0, y.len(), Activation::Threshold);
    b.copy(x);
    if let Map::Conv(conv) = &mut b.model.layers[0].terms[0].map {
        conv.weights.fill(0);
    }
    b.model.layers[0].bias = y.to_vec();
    b.model.layers[1].bias.fill(0);
    b.model.private_weights = private.then(|| weight_limbs(&b.model).unwrap());
    b.model
}

#[test]
fn an_inner_comparison_on_the_wrong_side_is_rejected() {
    let top = (1i64 << 16) - 1;
    for (private, y) in [(false, [4_001, -4_001, 1, -1, top, -top]), (true, [4_000, -4_000, 0, -1, top, -top - 1])] {
        let rig = Rig::new(compared(&y, private));
        let witness = rig.witness(&INPUT);
        let codes = rig.codes(&witness);
        let states: Vec<i64> = y.iter().map(|y| i64::from(*y >= 0)).collect();
        assert_eq!(witness.trace.codes[1], states);
        assert_eq!(rig.model.output_values(witness.output()), states.iter().map(|s| *s as f64).collect::<Vec<_>>());
        rig.attempt(&witness.first, &[], &codes).unwrap();
        // The states and what the last layer makes of them, so that only the comparison itself is wrong.
        let claim = |output: usize, state: i64, whole: i64| {
            let (mut first, mut codes) = (witness.first.clone(), codes.clone());
            write(&rig, &mut first, rig.element(1, output), state, whole);
            write(&rig, &mut first, rig.element(2, output), i64::from(state > 0), (state << 8) + C);
            codes.output[output] = (state + 255) as u64;
            rig.recount(&mut first);
            rig.attempt(&first, &[], &codes).map(drop)
        };
        for (output, (y, state)) in y.iter().zip(states).enumerate() {
            let whole = if private && state == 0 { -y - 1 } else { y.abs() };
            claim(output, state, whole).unwrap();
            let flipped = if private && state == 0 { -y } else { y.abs() };
            for magnitude in [whole, flipped, flipped + 1, flipped - 1, -flipped, -flipped - 1, 0] {
                let outcome = claim(output, 1 - state, magnitude);
                assert!(matches!(outcome, Err(Error::Rejected(_))), "{private}: {y} with {magnitude}: {outcome:?}");
            }
            // Another state than a bit, of which Y is right: (2·state − 1) · U.
            for (other, magnitude) in [(2, y / 3), (-1, -y / 3), (2, whole), (-1, whole)] {
                let outcome = claim(output, other, magnitude);
                assert!(matches!(outcome, Err(Error::Rejected(_))), "{private}: {y} with state {other}: {outcome:?}");
            }
            // The rounding of other activations would give small values two states.
            for c in [C, -C] {
                let outcome = claim(output, 1 - state, whole + c);
                assert!(matches!(outcome, Err(Error::Rejected(_))), "{private}: {y} rounded: {outcome:?}");
            }
        }
    }
}

#[test]
fn ranks_are_never_negative() {
    let (_, model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "ranks").unwrap();
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let codes = rig.codes(&witness);
    let element = input.iter().position(|code| *code > 0).unwrap();
    let at = rig.element(0, element);
    // The other sign is the rank 0, which gives other accumulators.
    let mut first = witness.first.clone();
    first.lanes[at.1].state[at.0] = 0;
    rig.recount(&mut first);
    assert_rejected("a rank of the other sign", rig.attempt(&first, &[], &codes));
    let mut zero = input.clone();
    zero[element] = 0;
    let honest = rig.witness(&zero);
    let mut first = honest.first.clone();
    write(&rig, &mut first, at, 0, whole(&rig, &witness.first, at));
    rig.recount(&mut first);
    // The magnitude beside it means nothing: it is the same input.
    rig.attempt(&first, &[], &rig.codes(&honest)).unwrap();
    assert!(rig.model.run(input.iter().map(|code| -code).collect()).is_err());
}

/// A forged argmax: index `claim` with this maximum.
fn argmax(rig: &Rig, first: &FirstPhase, y: &[i64], claim: usize, maximum: i64) -> (FirstPhase, PublicCodes) {
    let mut first = first.clone();
    let mut output = Vec::new();
    for (element, y) in y.iter().enumerate() {
        let before = i64::from(element < claim);
        output.push(before as u64);
        let at = rig.element(rig.model.layers.len(), element);
        first.maximum.as_mut().unwrap()[at.0] = maximum;
        write(rig, &mut first, at, before, maximum - y - before);
    }
    rig.recount(&mut first);
    (first, PublicCodes { output, input: Vec::new(), commitments: Vec::new(), output_commitment: None })
}

#[test]
fn a_wrong_index_of_the_maximum_is_rejected() {
    let (_, model, input) = fixtures::all().into_iter().find(|(name, ..)| *name == "prelu argmax").unwrap();
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let y = witness.trace.accumulators.last().unwrap();
    let best = rig.codes(&witness).output.iter().sum::<u64>() as usize;
    for claim in (0..y.len()).filter(|claim| *claim != best) {
        for maximum in [y[claim], y[best]] {
            let (first, codes) = argmax(&rig, &witness.first, y, claim, maximum);
            assert_rejected("wrong index", rig.attempt(&first, &[], &codes));
        }
    }
    // Every gap is positive: the claimed maximum is larger than all accumulators.
    let (first, codes) = argmax(&rig, &witness.first, y, best, y[best] + 1);
    assert_rejected("maximum + 1", rig.attempt(&first, &[], &codes));
    // Each output has a maximum of its own, so that any index has gap 0.
    for claim in (0..y.len()).filter(|claim| *claim != best) {
        let (mut first, codes) = argmax(&rig, &witness.first, y, claim, y[best]);
        let at = rig.element(rig.model.layers.len(), claim);
        first.maximum.as_mut().unwrap()[at.0] = y[claim];
        write(&rig, &mut first, at, 0, 0);
        rig.recount(&mut first);
        assert_rejected("two maxima", rig.attempt(&first, &[], &codes));
    }
}

/// One row with a maximum of its own, so that the first output has gap 0 and all others are below the real one.
#[test]
fn two_maxima_are_rejected() {
    let liar = Liar::new(constant(Activation::ArgMax, &[5, 900, 40]));
    assert_eq!(liar.codes.output, [1, 0, 0]);
    let (mut first, codes) = argmax(&liar.rig, &liar.first, &[5, 900, 40], 0, 900);
    let at = liar.rig.element(1, 0);
    first.maximum.as_mut().unwrap()[at.0] = 5;
    write(&liar.rig, &mut first, at, 0, 0);
    liar.rig.recount(&mut first);
    assert_rejected("two maxima", liar.rig.attempt(&first, &[], &codes));
}

/// States that rise again, or are no index. The reader of a proof refuses such codes before; the circuit does, too.
#[test]
fn an_index_has_one_form() {
    // Each breaks one rule only: no gap is negative, and there is none wherever states change.
    for (y, states, maximum) in [([900, 899, 900], [0, 1, 0], 900), ([5, 900, 40], [1, 1, 1], 901)] {
        let liar = Liar::new(constant(Activation::ArgMax, &y));
        let mut first = liar.first.clone();
        for (output, state) in states.into_iter().enumerate() {
            let at = liar.rig.element(1, output);
            first.maximum.as_mut().unwrap()[at.0] = maximum;
            write(&liar.rig, &mut first, at, state, maximum - y[output] - state);
        }
        liar.rig.recount(&mut first);
        let mut instance = liar.rig.key.vk.statement.instance(&liar.codes, &[7; 32]).unwrap();
        states.iter().zip(&mut instance).for_each(|(state, value)| *value = Fr::from(state.unsigned_abs()));
        let bytes = forge_bytes(&liar.rig.key, &mut liar.rig.circuit(&first, &[]), &instance);
        let outcome = verify_instance(&liar.rig.key.vk, Transcript::Blake2b, &bytes, &instance);
        assert!(matches!(outcome, Err(Error::Rejected(_))), "{states:?}: {outcome:?}");
    }
}

#[test]
fn the_second_of_two_equal_maxima_is_rejected() {
    let liar = Liar::new(constant(Activation::ArgMax, &[5, 900, 900]));
    assert_eq!(liar.codes.output, [1, 0, 0]);
    let (first, codes) = argmax(&liar.rig, &liar.first, &[5, 900, 900], 2, 900);
    assert_rejected("second maximum", liar.rig.attempt(&first, &[], &codes));
    liar.rejects("second maximum, gap 0", 1, 1, 0, 1);
    // No index at all.
    let (first, codes) = argmax(&liar.rig, &liar.first, &[5, 900, 900], 3, 901);
    assert_rejected("no maximum", liar.rig.attempt(&first, &[], &codes));
}
