//! [Einsum](https://onnx.ai/onnx/operators/onnx__Einsum.html): sums of products, by equation. Opset 12+.
//!
//! Diagonals are selections; two operands at a time become MatMul over what is summed (or Mul where nothing is), with
//! what both keep as the batch. Exact as these are: products of two private tensors are rounded once. Letters of size 1
//! broadcast. At most two operands of a pair may be private; there may be any number of constant ones.

use std::collections::BTreeMap;

use super::op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Einsum",
    opsets: 12..=27,
    inputs: 1..=16,
    summary: "sums of products by equation, with ellipses and diagonals",
    marks: &[],
    rewrite,
};

/// Names an axis: a letter, or an axis of an ellipsis, counted from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Ellipsis(usize),
    Letter(char),
}

/// A tensor whose axes have names, each once.
#[derive(Debug, Clone)]
struct Named {
    id: Id,
    labels: Vec<Label>,
}

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let equation = attrs.text("equation");
    attrs.finish()?;
    let equation: String = equation.unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let invalid = || OpError::Graph(format!("the equation `{equation}` does not fit its operands"));
    let (left, right) = equation.split_once("->").map_or((&equation[..], None), |(left, right)| (left, Some(right)));
    let terms: Vec<&str> = left.split(',').collect();
    let inputs = inputs.iter().copied().collect::<Option<Vec<Id>>>().ok_or_else(invalid)?;
    if terms.len() != inputs.len() {
        return Err(invalid());
    }
    let mut operands = vec![];
    for (term, id) in terms.iter().zip(&inputs) {
        operands.push((*id, labels(term, Some(to.shape(*id).len())).ok_or_else(invalid)?));
    }
    let mut sizes: BTreeMap<Label, usize> = BTreeMap::new();
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for (id, labels) in &operands {
        for (label, size) in labels.iter().zip(to.shape(*id)) {
            *counts.entry(*label).or_default() += 1;
            let known = sizes.entry(*label).or_insert(size);
            if *known == 1 {
                *known = size;
            } else if size != 1 && size != *known {
                return Err(invalid());
            }
        }
    }
    let ellipsis = || sizes.keys().rev().copied().filter(|label| matches!(label, Label::Ellipsis(_)));
    let output: Vec<Label> = match right {
        Some(right) => {
            let rank = ellipsis().count();
            let letters = right.chars().filter(|c| *c != '.').count();
            labels(right, Some(letters + if right.contains("...") { rank } else { 0 })).ok_or_else(invalid)?
        }
        None => {
            let once = counts.iter().filter(|(label, count)| matches!(label, Label::Letter(_)) && **count == 1);
            ellipsis().chain(once.map(|(label, _)| *label)).collect()
        }
    };
    let mut seen = output.clone();
    seen.sort_unstable();
    seen.dedup();
    if seen.len() != output.len() || output.iter().any(|label| !sizes.contains_key(label)) {
        return Err(invalid());
    }

    let mut all = vec![];
    for (id, labels) in operands {
        all.push(diagonal(to, id, &labels, &sizes)?);
    }
    let mut all = all.into_iter();
    let mut product = all.next().ok_or_else(invalid)?;
    let mut rest: Vec<Named> = all.collect();
    while !rest.is_empty() {
        let next = rest.remove(0);
        let later: Vec<Label> = rest.iter().flat_map(|other| other.labels.clone()).chain(output.clone()).collect();
        product = multiplied(to, product, next, &later, &sizes)?;
    }
    let product = summed(to, product, &output)?;
    Ok(vec![arranged(to, &product, &output, &sizes)?])
}

/// The labels of a term; its ellipsis stands for what is missing to `rank`.
fn labels(term: &str, rank: Option<usize>) -> Option<Vec<Label>> {
    let letters = |text: &str| {
        text.chars().map(|c| c.is_ascii_alphabetic().then_some(Label::Letter(c))).collect::<Option<Vec<_>>>()
    };
    let all = match term.split_once("...") {
        None => letters(term)?,
        Some((before, after)) => {
            let (before, after) = (letters(before)?, letters(after)?);
            let missing = rank?.checked_sub(before.len() + after.len())?;
            let middle = (0..missing).rev().map(Label::Ellipsis);
            before.into_iter().chain(middle).chain(after).collect()
        }
    };
    (rank? == all.len()).then_some(all)
}

/// Each label once, and none of size 1 that is larger elsewhere.
fn diagonal(to: &mut Rewriter<'_>, id: Id, labels: &[Label], sizes: &BTreeMap<Label, usize>) -> OpResult<Named> {
    let shape = to.shape(id);
    let mut kept: Vec<Label> = vec![];
    for (label, size) in labels.iter().zip(&shape) {
        if !kept.contains(label) && (*size > 1 || sizes.get(label) == Some(&1)) {
            kept.push(*label);
        }
    }
    let result: Vec<usize> = kept.iter().map(|label| sizes[label]).collect();
    let source = |mut at: usize| {
        let mut coordinates: BTreeMap<Label, usize> = BTreeMap::new();
        for (label, size) in kept.iter().zip(&result).rev() {
            coordinates.insert(*label, at % size);
            at /= size;
        }
        let element = labels.iter().zip(&shape).fold(0, |element, (label, size)| {
            element * size + if *size == 1 { 0 } else { coordinates.get(label).copied().unwrap_or(0) }
        });
        Some(element as u32)
    };
    let sources = (0..result.iter().product()).map(source).collect();
    Ok(Named { id: to.select(id, result, sources, 0.0)?, labels: kept })
}

/// Sums over the labels that are not kept.
fn summed(to: &mut Rewriter<'_>, x: Named, kept: &[Label]) -> OpResult<Named> {
    let axes: Vec<usize> = (0..x.labels.len()).filter(|axis| !kept.contains(&x.labels[*axis])).collect();
    if axes.is_empty() {
        return Ok(x);
    }
    let labels = x.labels.iter().copied().filter(|label| kept.contains(label)).collect();
    Ok(Named { id: to.reduce("ReduceSum", x.id, &axes, false)?, labels })
}

/// Axes in this order; labels that are missing have size 1 in front of broadcasting to their sizes.
fn arranged(to: &mut Rewriter<'_>, x: &Named, order: &[Label], sizes: &BTreeMap<Label, usize>) -> OpResult<Id> {
    let place = |label: &Label| x.labels.iter().position(|other| other == label);
    let present: Vec<usize> = order.iter().filter_map(place).collect();
    let moved = if present.is_sorted() { x.id } else { to.transpose(x.id, &present)? };
    let shape: Vec<usize> = order.iter().map(|label| if place(label).is_some() { sizes[label] } else { 1 }).collect();
    to.reshape(moved, &shape)
}

/// The product of two operands, summed over what nothing reads later.
fn multiplied(
    to: &mut Rewriter<'_>,
    a: Named,
    b: Named,
    later: &[Label],
    sizes: &BTreeMap<Label, usize>,
) -> OpResult<Named> {
    let needed = |other: &Named| [later, &other.labels].concat();
    let (for_a, for_b) = (needed(&b), needed(&a));
    let (a, b) = (summed(to, a, &for_a)?, summed(to, b, &for_b)?);
    let both = |label: &&Label| b.labels.contains(label);
    let batch: Vec<Label> = a.labels.iter().filter(both).filter(|label| later.contains(label)).copied().collect();
    let inner: Vec<Label> = a.labels.iter().filter(both).filter(|label| !later.contains(label)).copied().collect();
    let rows: Vec<Label> = a.labels.iter().filter(|label| !both(label)).copied().collect();
    let columns: Vec<Label> = b.labels.iter().filter(|label| !a.labels.contains(label)).copied().collect();
    let size = |labels: &[Label]| labels.iter().map(|label| sizes[label]).product::<usize>();
    let left = arranged(to, &a, &[&batch[..], &rows, &inner].concat(), sizes)?;
    let left = to.reshape(left, &[size(&batch), size(&rows), size(&inner)])?;
    let right = arranged(to, &b, &[&batch[..], &inner, &columns].concat(), sizes)?;
    let right = to.reshape(right, &[size(&batch), size(&inner), size(&columns)])?;
    let product = to.op(if size(&inner) == 1 { "Mul" } else { "MatMul" }, &[left, right])?;
    let labels = [batch, rows, columns].concat();
    let shape: Vec<usize> = labels.iter().map(|label| sizes[label]).collect();
    Ok(Named { id: to.reshape(product, &shape)?, labels })
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn einsum() {
        let case = |equation: &str| Case::new(&super::DEF).with("equation", Attr::Text(equation.into()));
        let (a, b) = (private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), private(&[2, 1], &[1.0, 10.0]));
        case("ij,jk->ik").gives(&[&a, &b], &[2, 1], &[21.0, 43.0]);
        case("ij,jk->i").gives(&[&a, &b], &[2], &[21.0, 43.0]);
        case("ij,ij->").gives(&[&a, &a], &[], &[30.0]);
        case("ii->i").gives(&[&a], &[2], &[1.0, 4.0]);
        // An axis of size 1 broadcasts.
        case("ij,ij->ij").gives(&[&a, &b], &[2, 2], &[1.0, 2.0, 30.0, 40.0]);
        case("ij,jk").graph_error(&[&a]);
        case("ij,j->i").graph_error(&[&a, &b]);
        Case::new(&super::DEF).graph_error(&[&a]);
    }
}
