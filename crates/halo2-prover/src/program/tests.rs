//! Programs against direct evaluation.
#![expect(clippy::unwrap_used, reason = "tests")]

use hushproof_bn254::Fr;

use super::{Builder, Inputs, Program, Scalar, Source, Value};

const ROWS: usize = 200;

fn column(seed: u64) -> Vec<Fr> {
    Fr::from_u64(0x9e37_79b9_7f4a_7c15 ^ seed).powers(ROWS).collect()
}

fn run(program: &Program, columns: &[(Source, &[Fr])]) -> Vec<Fr> {
    let inputs = Inputs {
        challenges: &[Fr::from_u64(1001)],
        beta: Fr::from_u64(1002),
        gamma: Fr::from_u64(1003),
        y: Fr::from_u64(1004),
    };
    let scalars = program.scalars(&inputs);
    let given = |source: Source| columns.iter().find(|(other, _)| *other == source).unwrap().1;
    let sum = |terms: Vec<(Fr, Source)>| -> Vec<Fr> {
        (0..ROWS).map(|row| terms.iter().map(|(factor, source)| *factor * given(*source)[row]).sum()).collect()
    };
    let combinations: Vec<_> = program.combinations(&scalars).map(sum).collect();
    let of = |source: &Source| match *source {
        Source::Combination(index) => combinations[index].as_slice(),
        source => given(source),
    };
    let slices: Vec<_> = program.sources().iter().map(of).collect();
    let mut result = vec![Fr::ZERO; ROWS];
    for part in program.parts() {
        let of_part = |(slot, column)| if part.slots().contains(&slot) { column } else { [].as_slice() };
        let columns: Vec<_> = slices.iter().copied().enumerate().map(of_part).collect();
        part.run(&columns, &scalars, &mut result);
    }
    result
}

#[test]
fn operations_agree_with_field_arithmetic() {
    let (a, b) = (column(1), column(2));
    let columns: [(Source, &[Fr]); 2] = [(Source::Advice(0), &a), (Source::Fixed(3), &b)];
    type Build = fn(&mut Builder, Value, Value, Value) -> Value;
    type Direct = fn(Fr, Fr, Fr) -> Fr;
    let cases: [(Build, Direct); 13] = [
        (|p, a, b, _| p.add(a, b), |a, b, _| a + b),
        (|p, a, b, _| p.sub(a, b), |a, b, _| a - b),
        (|p, a, b, _| p.mul(a, b), |a, b, _| a * b),
        (|p, a, _, _| p.mul(a, a), |a, _, _| a * a),
        (|p, a, _, s| p.sub(s, a), |a, _, s| s - a),
        (|p, a, _, s| p.sub(a, s), |a, _, s| a - s),
        (|p, a, _, s| p.mul(a, s), |a, _, s| a * s),
        (|p, a, _, _| p.neg(a), |a, _, _| -a),
        (
            |p, a, b, s| {
                let (n, m) = (p.neg(a), p.mul(b, s));
                let m = p.neg(m);
                p.add(n, m)
            },
            |a, b, s| -a - b * s,
        ),
        (
            |p, a, b, s| {
                let t = p.add(a, s);
                let t = p.add(t, s);
                let u = p.sub(b, t);
                let u = p.neg(u);
                p.mul(u, t)
            },
            |a, b, s| -(b - (a + s + s)) * (a + s + s),
        ),
        (
            |p, a, b, s| {
                let t = p.mul(a, s);
                let t = p.neg(t);
                let t = p.mul(t, s);
                p.mul(t, b)
            },
            |a, b, s| -(a * s * s) * b,
        ),
        (
            |p, a, _, _| {
                let (zero, one, minus) = (p.constant(Fr::ZERO), p.constant(Fr::ONE), p.constant(-Fr::ONE));
                let t = p.mul(a, one);
                let t = p.add(t, zero);
                let t = p.mul(t, minus);
                let u = p.mul(t, zero);
                p.add(t, u)
            },
            |a, _, _| -a,
        ),
        (|_, _, _, s| s, |_, _, s| s),
    ];
    for (index, (build, direct)) in cases.into_iter().enumerate() {
        let mut builder = Builder::default();
        let (x, z) = (builder.column(Source::Advice(0), 0), builder.column(Source::Fixed(3), -1));
        let s = builder.scalar(Scalar::Challenge(0));
        let output = build(&mut builder, x, z, s);
        let result = run(&builder.compile(&[output]), &columns);
        for row in 0..ROWS {
            let expected = direct(a[row], b[(row + ROWS - 1) % ROWS], Fr::from_u64(1001));
            assert_eq!(result[row], expected, "case {index}, row {row}");
        }
    }
}

#[test]
fn rotations_wrap_around() {
    let a = column(1);
    for rotation in [0, 1, -1, 70, -70, 199, 200, 1000, -1001] {
        let mut builder = Builder::default();
        let output = builder.column(Source::Point, rotation);
        let result = run(&builder.compile(&[output]), &[(Source::Point, &a)]);
        for (row, value) in result.into_iter().enumerate() {
            assert_eq!(value, a[(row as i64 + i64::from(rotation)).rem_euclid(ROWS as i64) as usize]);
        }
    }
}

#[test]
fn fold_weighs_by_powers_of_y_whatever_factors_are_shared() {
    let columns: Vec<_> = (0..5).map(column).collect();
    let given: Vec<(Source, &[Fr])> = (0..5).map(|i| (Source::Advice(i), columns[i].as_slice())).collect();
    let mut builder = Builder::default();
    let [p, q, a, b, c] = std::array::from_fn(|i| builder.column(Source::Advice(i), 0));
    let pq = builder.mul(p, q);
    let pp = builder.mul(p, p);
    let s = builder.scalar(Scalar::Beta);
    let values = [
        builder.mul(p, a),
        builder.mul(pq, b),
        c,
        builder.mul(q, a),
        builder.mul(p, pp),
        s,
        builder.mul(pq, p),
        builder.mul(c, c),
        p,
        builder.constant(Fr::ZERO),
    ];
    let output = builder.fold(&values);
    let result = run(&builder.compile(&[output]), &given);
    for row in 0..ROWS {
        let [p, q, a, b, c] = std::array::from_fn(|i| columns[i][row]);
        let values = [p * a, p * q * b, c, q * a, p * p * p, Fr::from_u64(1002), p * q * p, c * c, p, Fr::ZERO];
        let expected = values.into_iter().fold(Fr::ZERO, |sum, value| sum * Fr::from_u64(1004) + value);
        assert_eq!(result[row], expected, "row {row}");
    }
}

#[test]
fn equal_expressions_are_computed_once() {
    let mut builder = Builder::default();
    let (a, b) = (builder.column(Source::Advice(0), 0), builder.column(Source::Advice(1), 2));
    let product = builder.mul(a, b);
    let same = builder.mul(b, a);
    assert_eq!(product, same);
    let sum = builder.add(product, a);
    let output = builder.mul(sum, same);
    let program = builder.compile(&[output]);
    let [part] = program.parts() else { panic!("one part") };
    assert_eq!(part.code.instructions.len(), 3);
    assert_eq!(part.code.registers, 3);
}

#[test]
fn nothing_folds_to_zero() {
    let mut builder = Builder::default();
    let output = builder.fold(&[]);
    assert_eq!(run(&builder.compile(&[output]), &[]), vec![Fr::ZERO; ROWS]);
}

/// What constraints of a network look like: a selector times a running sum of weights times powers of a challenge,
/// products of a sum of columns, sums shared by products and sums, nested sums times scalars.
fn network(builder: &mut Builder) -> Value {
    let b = builder;
    let eta = b.scalar(Scalar::Challenge(0));
    let selector = b.column(Source::Fixed(0), 0);
    let mut weights = b.constant(Fr::from_u64(7));
    for lane in 1..=10 {
        let lane = b.column(Source::Fixed(lane), 0);
        weights = b.mul(weights, eta);
        weights = b.add(weights, lane);
    }
    let (now, next) = (b.column(Source::Advice(0), 0), b.column(Source::Advice(0), 1));
    let step = b.sub(next, now);
    let step = b.sub(step, weights);
    let value = b.column(Source::Advice(1), -1);
    let product = b.mul(weights, value);
    let other = b.column(Source::Point, 0);
    let sum = b.sub(other, product);
    let sum = b.mul(sum, eta);
    let sum = b.sub(value, sum);
    let sum = b.mul(sum, eta);
    let shared = b.add(value, now);
    let square = b.mul(shared, shared);
    let both = b.sub(square, shared);
    let both = b.neg(both);
    let first = b.mul(selector, step);
    let second = b.mul(selector, sum);
    let third = b.mul(selector, both);
    b.fold(&[first, second, third, next, eta])
}

/// What [`network`] reads, of 14 columns.
fn network_columns(columns: &[Vec<Fr>]) -> Vec<(Source, &[Fr])> {
    let sources = (0..11).map(Source::Fixed).chain([Source::Advice(0), Source::Advice(1), Source::Point]);
    sources.zip(columns.iter().map(Vec::as_slice)).collect()
}

#[test]
fn formed_combinations_change_no_value() {
    let columns: Vec<_> = (0..14).map(column).collect();
    let given = network_columns(&columns);
    let mut plain = Builder::default();
    let output = network(&mut plain);
    let plain = plain.compile(&[output]);
    assert!(plain.combinations.is_empty());
    let expected = run(&plain, &given);
    for (k, cosets) in [(10, 3), (1, 1), (24, 7)] {
        let mut builder = Builder::default();
        let output = network(&mut builder);
        let output = builder.form_combinations(output, k, cosets);
        let program = builder.compile(&[output]);
        assert_eq!(run(&program, &given), expected, "k = {k}");
        // The ten lanes are transformed as one.
        let lanes = |source: &&Source| matches!(source, Source::Fixed(1..));
        assert_eq!(program.sources().iter().filter(lanes).count(), 0, "k = {k}");
        assert!(program.sources().len() < plain.sources().len() - 7, "k = {k}");
    }
}

/// Lanes of three columns each: two constraints of one selector, one of another, and a sum over all lanes.
fn lanes(builder: &mut Builder, count: usize) -> Value {
    let b = builder;
    let [active, other] = [0, 1].map(|index| b.column(Source::Fixed(index), 0));
    let (mut constraints, mut total) = (Vec::new(), b.constant(Fr::from_u64(3)));
    for lane in 0..count {
        let [x, y, z] = [0, 1, 2].map(|index| b.column(Source::Advice(3 * lane + index), index as i32 - 1));
        let (xy, xx, yz) = (b.mul(x, y), b.mul(x, x), b.mul(y, z));
        let (first, second) = (b.sub(xy, z), b.sub(xx, yz));
        constraints.extend([b.mul(active, first), b.mul(other, second)]);
        let third = b.mul(yz, x);
        constraints.push(b.mul(active, third));
        total = b.add(total, z);
    }
    constraints.push(b.neg(total));
    b.fold(&constraints)
}

#[test]
fn parts_add_up_and_hold_few_columns() {
    const LANES: usize = 16;
    let columns: Vec<_> = (0..3 * LANES + 2).map(|seed| column(seed as u64)).collect();
    let mut given: Vec<(Source, &[Fr])> = (0..3 * LANES).map(|i| (Source::Advice(i), columns[i].as_slice())).collect();
    given.extend([0, 1].map(|i| (Source::Fixed(i), columns[3 * LANES + i].as_slice())));
    let mut builder = Builder::default();
    let output = lanes(&mut builder, LANES);
    assert_eq!(builder.parts(output, 3 * LANES + 2), [output]);
    let expected = run(&builder.compile(&[output]), &given);
    let mut builder = Builder::default();
    let output = lanes(&mut builder, LANES);
    let parts = builder.parts(output, 3 * LANES + 1);
    let program = builder.compile(&parts);
    assert_eq!(run(&program, &given), expected);
    let (mut held, mut most) = (Vec::new(), 0);
    for part in program.parts() {
        held.extend(part.slots().iter().filter(|slot| !held.contains(*slot)).collect::<Vec<_>>());
        most = most.max(held.len());
        held.retain(|slot| !part.last().contains(slot));
    }
    assert!(held.is_empty());
    assert!(most <= 12, "{most} of {} columns in {} parts", program.sources().len(), program.parts().len());
}

#[test]
fn parts_of_a_network_change_no_value() {
    let columns: Vec<_> = (0..14).map(column).collect();
    let given = network_columns(&columns);
    let mut plain = Builder::default();
    let output = network(&mut plain);
    let expected = run(&plain.compile(&[output]), &given);
    for formed in [false, true] {
        let mut builder = Builder::default();
        let mut output = network(&mut builder);
        if formed {
            output = builder.form_combinations(output, 10, 3);
        }
        let parts = builder.parts(output, 0);
        assert_eq!(run(&builder.compile(&parts), &given), expected);
    }
}
