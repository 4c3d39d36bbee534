//! [LabelEncoder](https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html): another number for each known
//! integer. Operator sets 2 to 5.
//!
//! Each number from which on the value is another is compared with x: exact on integers. Strings as values, and as keys
//! of integers that an operator before made of strings, become their indices. Unsupported: keys that are no integers.

use super::{
    super::op::{Id, Inputs, OpError, OpResult, RewriteDef, Rewriter},
    features::integer,
};
use crate::tensor::DType;

/// Most keys.
const MAX_KEYS: usize = 256;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LabelEncoder",
    opsets: 2..=5,
    inputs: 1..=1,
    summary: "numbers for integers; strings are their indices",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let keys = attrs.ints("keys_int64s").map(|keys| keys.into_iter().map(|key| key as f64).collect::<Vec<_>>());
        let strings = attrs.texts("keys_strings").map(|keys| (0..keys.len()).map(|index| index as f64).collect());
        let (mut values, mut other, mut dtype) = (None, 0.0, DType::Float);
        if let Some(floats) = attrs.floats("values_floats") {
            (values, other) = (Some(floats), attrs.float("default_float", 0.0));
        }
        if let Some(integers) = attrs.ints("values_int64s") {
            values = Some(integers.into_iter().map(|value| value as f64).collect());
            (other, dtype) = (attrs.int("default_int64").unwrap_or(-1) as f64, DType::Int);
        }
        if let Some(texts) = attrs.texts("values_strings") {
            (values, other, dtype) = (Some((0..texts.len()).map(|index| index as f64).collect()), -1.0, DType::Int);
        }
        for name in ["default_float", "default_int64", "default_string"] {
            attrs.ignore(name);
        }
        if keys.is_none() && strings.is_none() {
            attrs.reject("keys that are no integers");
        }
        attrs.finish()?;
        let (keys, values) = (keys.or(strings).unwrap_or_default(), values.unwrap_or_default());
        if keys.is_empty() || keys.len() != values.len() || keys.len() > MAX_KEYS {
            let reason = format!("{} keys, {} values; 1 to {MAX_KEYS} are served", keys.len(), values.len());
            return Err(OpError::Graph(reason));
        }
        let mut pairs: Vec<(f64, f64)> = Vec::new();
        for (key, value) in keys.into_iter().zip(values) {
            // The first of equal keys counts.
            if pairs.iter().all(|(known, _)| *known != key) {
                pairs.push((key, value));
            }
        }
        encoded(to, inputs, pairs, other, dtype).map(|y| vec![y])
    },
};

fn encoded(
    to: &mut Rewriter<'_>,
    inputs: &[Option<Id>],
    mut pairs: Vec<(f64, f64)>,
    other: f64,
    dtype: DType,
) -> OpResult<Id> {
    let x = Inputs(inputs).get(0)?;
    if to.fact(x).dtype != DType::Int {
        return Err(OpError::unsupported("an input that is no integer"));
    }
    let (shape, count) = (to.shape(x), to.len(x));
    // What lies between two keys is the default: at each number from which on the value is another, it changes.
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut edges, mut changes, mut at) = (vec![], vec![], other);
    for (index, (key, value)) in pairs.iter().enumerate() {
        edges.push(*key);
        changes.push(value - at);
        at = *value;
        if pairs.get(index + 1).is_none_or(|(next, _)| *next > key + 1.0) {
            edges.push(key + 1.0);
            changes.push(other - at);
            at = other;
        }
    }
    let x = to.float(x)?;
    let x = to.reshape(x, &[count, 1])?;
    let least = to.floats(&[1, edges.len()], edges)?;
    let above = to.op("Sub", &[x, least])?;
    let above = to.compares(above, false)?;
    let above = to.float(above)?;
    let changes = to.floats(&[to.len(least), 1], changes)?;
    let y = to.op("MatMul", &[above, changes])?;
    let y = to.affine(y, 1.0, other)?;
    let y = to.reshape(y, &shape)?;
    let values: Vec<f64> = pairs.iter().map(|(_, value)| *value).chain([other]).collect();
    if dtype == DType::Int { integer(to, y, &values) } else { Ok(y) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats, ints, texts};
    use crate::ops::Attr;

    #[test]
    fn label_encoder() {
        let case = Case::new(&super::DEF).integers().with("keys_int64s", ints(&[3, 1, 2]));
        let coded = case.with("values_int64s", ints(&[30, 10, 20])).with("default_int64", Attr::Int(5));
        coded.gives(&[1.0, 2.0, 3.0, 4.0, 0.0], &[&[10.0, 20.0, 30.0, 5.0, 5.0]]);
        case.with("values_strings", texts(&["c", "a", "b"])).gives(&[3.0, 9.0], &[&[0.0, -1.0]]);
        case.with("values_floats", floats(&[0.5, 1.5, 2.5])).gives(&[3.0, 2.0], &[&[0.5, 2.5]]);
        case.with("values_floats", floats(&[0.5])).graph_error(1);
        Case::new(&super::DEF).integers().with("keys_floats", floats(&[0.5])).unsupported(1);
        Case::new(&super::DEF).with("keys_int64s", ints(&[1])).with("values_int64s", ints(&[2])).unsupported(1);
    }
}
