//! [ScatterElements](https://onnx.ai/onnx/operators/onnx__ScatterElements.html): the data with single values replaced
//! along an axis, or reduced with others. Opset 11+; `reduction` from 16.
//!
//! Constant indices only move values, exactly. Private ones must be distinct, as ONNX asks, and are compared by a
//! table with every value they may have. A `reduction` by max or min is exact, one by products rounds once for each
//! update of a value. Unsupported: private indices with a `reduction`.

use super::{
    op::{Id, Inputs, OpError, OpResult, RewriteDef, Rewriter, axis},
    support::{
        indices::{OneOf, along, check_along, index, scatter},
        inputs::pair,
        shapes::grown,
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ScatterElements",
    opsets: 11..=27,
    inputs: 3..=3,
    summary: "values replaced along an axis, or reduced with others at constant indices",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        let reduction = attrs.text("reduction").unwrap_or_else(|| "none".into());
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let updates = Inputs(inputs).get(2)?;
        let (shape, places) = (to.shape(data), to.shape(indices));
        let axis = axis(name, shape.len())?;
        check_along(&shape, &places, axis)?;
        if to.shape(updates) != places {
            return Err(OpError::shape("as many updates as indices", &[&places, &to.shape(updates)]));
        }
        if to.value(indices).is_none() {
            if reduction != "none" {
                return Err(OpError::unsupported("private indices with a reduction"));
            }
            let places = along(&shape, &places, axis);
            return scatter_private(to, [data, indices, updates], shape[axis], &places);
        }
        let list = to.list(indices, "the indices")?;
        let target = |(i, (start, stride)): (i64, (usize, usize))| Ok(start + index(i, shape[axis])? * stride);
        let targets = list.into_iter().zip(along(&shape, &places, axis)).map(target).collect::<OpResult<Vec<_>>>()?;
        scatter(to, data, updates, &targets, &reduction)
    },
};

/// The data with values replaced at private places: at each, whose number for update i is `places[i]` = (start, stride)
/// of an axis, the update.
fn scatter_private(
    to: &mut Rewriter<'_>,
    [data, indices, updates]: [Id; 3],
    size: usize,
    places: &[(usize, usize)],
) -> OpResult<Vec<Id>> {
    let (shape, dtype, len) = (to.shape(data), to.fact(data).dtype, to.len(data));
    let one = OneOf::new(to, indices, size)?;
    let (data, updates) = (to.float(data)?, to.float(updates)?);
    let count = places.len();
    let targets = (0..count).flat_map(|i| (0..one.width).map(move |w| (i, w)));
    let targets: Vec<usize> = targets.map(|(i, w)| places[i].0 + (one.low[i] + w) * places[i].1).collect();
    let sources = targets.iter().map(|target| Some(*target as u32)).collect();
    let old = to.select(data, vec![count, one.width], sources, 0.0)?;
    let column = to.reshape(updates, &[count, 1])?;
    let change = to.op("Sub", &[column, old])?;
    let change = to.op("Mul", &[change, one.chosen])?;
    let mut y = to.reshape(data, &[len])?;
    // Each value sums the changes that may meet it: as many rounds as the most of them.
    let mut rounds: Vec<Vec<Option<u32>>> = vec![];
    let mut seen = vec![0; len];
    for (at, target) in targets.into_iter().enumerate() {
        if rounds.len() == seen[target] {
            grown(len, &[rounds.len() + 1, len])?;
            rounds.push(vec![None; len]);
        }
        rounds[seen[target]][target] = Some(at as u32);
        seen[target] += 1;
    }
    let count = rounds.len();
    let all = to.select(change, vec![count, len], rounds.concat(), 0.0)?;
    let sum = to.reduce("ReduceSum", all, &[0], false)?;
    y = to.op("Add", &[y, sum])?;
    let y = to.reshape(y, &shape)?;
    Ok(vec![to.relabel(y, dtype)?])
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn scatter_elements() {
        let case = Case::new(&super::DEF);
        let case = case.with("axis", Attr::Int(1));
        let (x, updates) = (private(&[1, 4], &[1.0, 2.0, 3.0, 4.0]), private(&[1, 2], &[10.0, 20.0]));
        let at = || integers(&[1, 2], &[3, 1]);
        case.gives(&[&x, &at(), &updates], &[1, 4], &[1.0, 20.0, 3.0, 10.0]);
        case.gives(&[&x, &at().into_private(), &updates], &[1, 4], &[1.0, 20.0, 3.0, 10.0]);
        let negative = integers(&[1, 2], &[-1, -3]).into_private();
        case.gives(&[&x, &negative, &updates], &[1, 4], &[1.0, 20.0, 3.0, 10.0]);
        let add = case.with("reduction", Attr::Text("add".into()));
        add.gives(&[&x, &at(), &updates], &[1, 4], &[1.0, 22.0, 3.0, 14.0]);
        let both = integers(&[1, 2], &[3, 3]);
        add.gives(&[&x, &both, &updates], &[1, 4], &[1.0, 2.0, 3.0, 34.0]);
        let max = case.with("reduction", Attr::Text("max".into()));
        max.gives(&[&x, &both, &updates], &[1, 4], &[1.0, 2.0, 3.0, 20.0]);
        case.with("reduction", Attr::Text("other".into())).unsupported(&[&x, &both, &updates]);
        add.unsupported(&[&x, &at().into_private(), &updates]);
        case.shape_error(&[&x, &integers(&[1, 1], &[0]), &updates]);
    }
}
