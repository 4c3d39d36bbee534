use super::*;
use crate::lanes::Limbs30;
use crate::lanes::fma51::Fma51;
use crate::lanes::tests::Pair;

/// Every action once, on columns and registers, around both ends of the columns.
fn code() -> Code {
    let column = |slot, rotation| Operand::Column { slot, rotation };
    let register = Operand::Register;
    let actions = [
        Action::Add(column(0, 0), column(1, 3)),
        Action::Sub(register(0), column(1, -2)),
        Action::Mul(register(1), register(0)),
        Action::Square(column(0, -1)),
        Action::Negate(register(3)),
        Action::AddScalar(register(4), 0),
        Action::SubFrom(1, register(2)),
        Action::MulScalar(register(6), 2),
        Action::Add(register(7), register(5)),
    ];
    let instruction = |(target, action)| Instruction { target, action };
    let instructions: Vec<_> = (0..).zip(actions).map(instruction).collect();
    Code { registers: instructions.len(), output: Output::Row(register(8)), instructions }
}

fn check(run: impl Fn(&Code, &[&[Fr]], &[Fr], &mut [Fr])) {
    for rows in [1, 2, 5, 13, 32, 71, 520] {
        let [a, b] = [3, 5].map(|base| (-Fr::from_u64(base)).powers(rows).collect::<Vec<_>>());
        let scalars = [7, 8, 9].map(|value| Fr::ZERO - Fr::from_u64(value));
        let before: Vec<_> = Fr::from_u64(11).powers(rows).collect();
        let mut result = before.clone();
        run(&code(), &[&a, &b], &scalars, &mut result);
        for (row, result) in result.into_iter().enumerate() {
            let at = |column: &[Fr], rotation: i64| column[(row as i64 + rotation).rem_euclid(rows as i64) as usize];
            let sum = at(&a, 0) + at(&b, 3);
            let product = (sum - at(&b, -2)) * sum;
            let expected = (scalars[1] - product) * scalars[2] + scalars[0] - at(&a, -1).square();
            assert_eq!(result, before[row] + expected, "row {row} of {rows}");
        }
    }
}

#[test]
fn every_kind_of_lanes_runs_the_code() {
    check(Code::run);
    check(run::<Fr>);
    check(run::<Limbs30<FrParams>>);
    check(run::<Fma51<FrParams, Pair<true>>>);
}

#[test]
fn a_scalar_is_added_to_every_row() {
    let code = Code { instructions: Vec::new(), registers: 0, output: Output::Scalar(0) };
    let mut result = vec![Fr::ONE; 70];
    code.run(&[], &[Fr::from_u64(4)], &mut result);
    assert!(result.iter().all(|value| *value == Fr::from_u64(5)));
}
