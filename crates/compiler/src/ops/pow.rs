//! [Pow](https://onnx.ai/onnx/operators/onnx__Pow.html): a to the power b with numpy broadcasting. Opset 7+.
//!
//! The powers 2 and 4 are products, other constant ones tables, one for each different number. Of a private power the
//! base must be constant and positive: e^(b · ln a) by a table of e^x. Unsupported: both private, and integers to a
//! private power.

use hushproof_core::{float, graph::Unary};

use super::{
    op::{Id, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::without_attributes,
};
use crate::tensor::{DType, Tensor, broadcast, broadcast_indices};

/// Most different powers of one tensor.
const MAX_POWERS: usize = 8;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Pow",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a to the power b; either a constant",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        let dtype = to.fact(a).dtype;
        if let Some(power) = to.value(b) {
            let shape = to.shape(b);
            let power = power.clone();
            let exponent = match power.data() {
                [first, rest @ ..] if rest.iter().all(|power| power == first) => *first,
                _ => return Ok(vec![each(to, a, &power, dtype)?]),
            };
            let a = to.float(a)?;
            let y = power_of(to, a, exponent)?;
            // The power's shape may enlarge the result.
            let y = if shape.is_empty() {
                y
            } else {
                let ones = to.floats(&shape, vec![1.0; shape.iter().product()])?;
                to.op("Mul", &[y, ones])?
            };
            let whole = exponent >= 0.0 && exponent.fract() == 0.0 && dtype == DType::Int;
            return Ok(vec![if whole { to.relabel(y, DType::Int)? } else { y }]);
        }
        if dtype == DType::Int {
            return Err(OpError::unsupported("an integer to a private power; insert a Cast to FLOAT"));
        }
        let base = to.value(a).ok_or_else(|| OpError::unsupported("a private base and a private power"))?;
        if base.data().iter().any(|base| *base <= 0.0) {
            return Err(OpError::unsupported("a private power of a number that is not positive"));
        }
        let (shape, logs) = (base.shape().to_vec(), base.data().iter().map(|base| float::ln(*base)).collect());
        let logs = to.floats(&shape, logs)?;
        let b = to.float(b)?;
        let y = to.op("Mul", &[b, logs])?;
        Ok(vec![to.table("Exp", Unary::Exp, y)?])
    },
};

/// The power of a private value: squares as products, which are as exact as it is over its whole range.
fn power_of(to: &mut Rewriter<'_>, a: Id, exponent: f64) -> OpResult<Id> {
    match exponent {
        1.0 => Ok(a),
        2.0 => to.op("Mul", &[a, a]),
        4.0 => {
            let square = to.op("Mul", &[a, a])?;
            to.op("Mul", &[square, square])
        }
        _ => to.table("Pow", Unary::Pow { exponent }, a),
    }
}

/// Powers that differ: a table for each of them, of the values that have it.
fn each(to: &mut Rewriter<'_>, a: Id, power: &Tensor, dtype: DType) -> OpResult<Id> {
    let a = to.float(a)?;
    let shape = broadcast(&to.shape(a), power.shape())
        .ok_or_else(|| OpError::shape("shapes that broadcast to one another", &[&to.shape(a), power.shape()]))?;
    let (of, powers) = (broadcast_indices(&to.shape(a), &shape), broadcast_indices(power.shape(), &shape));
    let exponents: Vec<f64> = powers.into_iter().map(|at| power.data()[at]).collect();
    let mut different = exponents.clone();
    different.sort_by(f64::total_cmp);
    different.dedup();
    if different.len() > MAX_POWERS {
        return Err(OpError::unsupported(format!("{} different powers; at most {MAX_POWERS}", different.len())));
    }
    // The values by their powers, and where each went.
    let (mut parts, mut places, mut next) = (vec![], vec![0u32; of.len()], 0);
    for exponent in different {
        let own: Vec<usize> = (0..of.len()).filter(|at| exponents[*at] == exponent).collect();
        let sources = own.iter().map(|at| Some(of[*at] as u32)).collect();
        for at in &own {
            places[*at] = next;
            next += 1;
        }
        let part = to.select(a, vec![1, own.len()], sources, 0.0)?;
        parts.push(match exponent {
            0.0 => to.floats(&[1, own.len()], vec![1.0; own.len()])?,
            _ => power_of(to, part, exponent)?,
        });
    }
    let all = to.joined(&parts)?;
    let y = to.select(all, shape, places.into_iter().map(Some).collect(), 0.0)?;
    let whole = exponents.iter().all(|exponent| *exponent >= 0.0 && exponent.fract() == 0.0) && dtype == DType::Int;
    if whole { to.relabel(y, DType::Int) } else { Ok(y) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn pow() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[3.0, -2.0]);
        case.gives(&[&x, &constant(&[], &[2.0])], &[1, 2], &[9.0, 4.0]);
        case.gives(&[&x, &constant(&[2, 1], &[3.0, 3.0])], &[2, 2], &[27.0, -8.0, 27.0, -8.0]);
        case.gives(&[&constant(&[], &[2.0]), &x], &[1, 2], &[8.0, 0.25]);
        case.gives(&[&x, &constant(&[2], &[1.0, 2.0])], &[1, 2], &[3.0, 4.0]);
        case.gives(&[&x, &constant(&[2, 2], &[0.0, 2.0, 3.0, 1.0])], &[2, 2], &[1.0, 4.0, 27.0, -2.0]);
        case.unsupported(&[&constant(&[], &[-2.0]), &x]);
        case.unsupported(&[&x, &x]);
    }
}
