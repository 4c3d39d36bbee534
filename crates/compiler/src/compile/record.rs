//! A network on the integers of a record, whatever model reads them: what a committed input is.
//!
//! Comparisons of a value with constants read its integer in place of its rank: `x ≥ u` is `n ≥ m`, m the least integer
//! whose value reaches u. A missing value has an integer of its own, beyond all others; where a comparison or a sum
//! would take it for a large number, a bit that tells it corrects them.

use hushproof_core::{
    error::{Error, Result},
    graph::{
        Categories, Digits, FinishFunction, FloatActivation, FloatLayer, Function, Map, Network, Shape, Sparse, Term,
        rank,
    },
    schema::{self, Field, Kind, Records, Schema},
};

/// Most bits of an integer: a row holds it, and what it lacks of the largest one.
const MAX_BITS: u32 = Digits::MAX_ROW_BITS / 2;

/// What a bit of a missing value adds to an output of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Correction {
    layer: usize,
    element: usize,
    output: u32,
    weight: f64,
}

/// A comparison `c · reach − 1 − rank ≥ 0`, where `reach` is a sum of bits and a constant.
#[derive(Debug, Clone, Copy)]
struct Comparison {
    element: usize,
    output: usize,
    c: f64,
}

/// The coefficients of a comparison with an integer: `reach · a + c − n ≥ 0`.
#[derive(Debug, Clone, Copy)]
struct Integral {
    a: f64,
    c: f64,
}

/// The network on records of a schema.
///
/// # Errors
/// `Option` for schemas that are none of the network's input; `Graph` for a network that reads ranks, or values that may
/// be missing, in a way that is not served.
pub(super) fn on_records(mut network: Network, schema: &Records) -> Result<Network> {
    fits(&network, schema)?;
    let mut corrections = Vec::new();
    for index in 0..network.layers.len() {
        corrections.extend(imputed(&network, index, schema)?);
        let comparisons = comparisons(&network, index)?;
        if comparisons.is_empty() {
            continue;
        }
        let mut integral = vec![None; network.layers[index].shape.len()];
        for comparison in comparisons {
            let (of_output, correction) = with_integers(&network, &comparison, schema);
            integral[comparison.output] = Some((comparison.c, of_output));
            corrections.extend(correction.map(|weight| Correction {
                layer: index,
                element: comparison.element,
                output: comparison.output as u32,
                weight,
            }));
        }
        rewrite(&mut network.layers[index], &integral);
    }
    network.whole = (0..schema.len()).map(|at| schema.is_whole(at)).collect();
    if !corrections.is_empty() {
        correct(&mut network, &corrections, schema);
    }
    network.records = Some(schema.clone());
    Ok(network)
}

/// Checks that records of some schemas are inputs of a network.
fn fits(network: &Network, records: &Records) -> Result<()> {
    let refuse = |reason: String| Err(Error::Option { option: "--schema", reason });
    let shape = network.input_shape;
    let parts: Vec<(&str, Vec<usize>)> =
        network.input.parts.iter().map(|part| (part.name.as_str(), part.shape.clone())).collect();
    let several = records.schemas().len() > 1;
    if several && records.schemas().len() != parts.len() {
        let (got, names) = (records.schemas().len(), network.input.name.as_str());
        return refuse(format!("{got} schemas, the model takes one, or one for each of `{names}`"));
    }
    let whole = (network.input.name.as_str(), vec![1, shape.channels, shape.height, shape.width]);
    let taken = if several { parts } else { vec![whole] };
    for ((first, schema), (name, shape)) in records.placed().zip(taken) {
        let len = shape.iter().product::<usize>();
        if schema.len() != len {
            let inputs = network.input.parts.len();
            let hint =
                if several || inputs == 0 { String::new() } else { format!("; or give a schema for each of {inputs}") };
            return refuse(format!("a record of {} values, `{name}` of the model takes {len}{hint}", schema.len()));
        }
        if let schema::Shape::Image(image) = &schema.shape
            && !shape.ends_with(&[image.channels, image.height, image.width])
        {
            let own = [image.channels, image.height, image.width];
            return refuse(format!("an image of {own:?}, `{name}` takes {shape:?} (channels, height, width last)"));
        }
        let fields: &[Field] = if let schema::Shape::Fields(fields) = &schema.shape { fields } else { &[] };
        for (at, field) in (first..).zip(fields) {
            field_fits(network, at, field).map_err(|reason| Error::Option { option: "--schema", reason })?;
        }
    }
    if let Some(at) = (0..records.len()).find(|at| records.largest_of(*at) >> MAX_BITS > 0) {
        return refuse(too_wide(&records.title(at), records.largest_of(at)));
    }
    for channel in 0..shape.channels {
        let of = |at: usize| (records.scaling(at), records.largest_of(at), network.is_ranked(at));
        let first = channel * shape.plane();
        if (first..first + shape.plane()).any(|at| of(at) != of(first)) {
            return refuse(format!("the fields of channel {channel} of the input are of different ranges or decimals"));
        }
    }
    Ok(())
}

/// What is wrong with an element of too many integers.
fn too_wide(title: &str, steps: u64) -> String {
    format!("{title} has {steps} steps, fewer than 2^{MAX_BITS} are served: give it fewer decimals, or a smaller range")
}

/// Checks that a field is what an element of a network's input takes.
fn field_fits(network: &Network, at: usize, field: &Field) -> Result<(), String> {
    if field.missing && network.missing.get(at).copied().flatten().is_none() {
        return Err(format!("field `{}` may be missing, which the model has no use for", field.name));
    }
    let names = network.input.categories_of(at);
    let agree = match (&field.kind, names) {
        (Kind::Category(values), Some(Categories { names, open, .. })) => {
            values.starts_with(names) && (*open || values.len() == names.len())
        }
        (_, Some(_)) => false,
        (_, None) => true,
    };
    let expected = || names.map(|names| names.names.join(", ")).unwrap_or_default();
    if agree {
        Ok(())
    } else {
        Err(format!("field `{}` must be a category of the model's names: {}", field.name, expected()))
    }
}

/// The network with the integers of a record for an output: a layer that makes them, of the scale 1, and one that copies
/// them, which shows that they are in range.
///
/// # Errors
/// `Option` for a schema that is none of the output; `Graph` for an output that cannot be one.
pub(super) fn with_output(mut network: Network, schema: &Schema) -> Result<Network> {
    let refuse = |reason: String| Err(Error::Option { option: "--output-schema", reason });
    let node = network.output.name.clone();
    let graph = |reason: &str| Err(Error::Graph { node: node.clone(), reason: reason.to_owned() });
    if network.decision().is_some() {
        return graph("the output is a decision; a committed one is a record of values");
    }
    let Some(last) = network.layers.len().checked_sub(1) else { return graph("has no layer") };
    let len = network.layers[last].shape.len();
    if schema.len() != len {
        return refuse(format!("a record of {} values, the model gives {len}", schema.len()));
    }
    if let Some(at) = (0..len).find(|at| schema.largest_of(*at) >> MAX_BITS > 0) {
        return refuse(too_wide(&schema.title(at), schema.largest_of(at)));
    }
    if let Some(at) = (0..len).find(|at| schema.nearest(*at, f64::NAN).is_some()) {
        return refuse(format!("{} may be missing, which no output is", schema.title(at)));
    }
    if let Some(finish) = network.finish.take() {
        if finish.function != FinishFunction::Sigmoid || (finish.start, finish.len) != (0, len) {
            return graph("ends in a softmax, which its reader applies; commit to what the softmax reads (--outputs)");
        }
        network.layers[last].activation = FloatActivation::Table(Function::Sigmoid);
    }
    let scaling: Vec<(f64, f64)> =
        (0..len).map(|at| schema.scaling(at)).map(|(scale, zero)| (scale.recip(), zero as f64)).collect();
    let layer = |op: &str, source: usize, weights: &dyn Fn(usize) -> f64, activation: FloatActivation| FloatLayer {
        node: node.clone(),
        op: op.to_owned(),
        shape: Shape::vector(len),
        terms: vec![Term {
            source,
            map: Map::Sparse(Sparse { columns: (0..len).map(|at| vec![(at as u32, weights(at))]).collect() }),
            negative: None,
        }],
        bias: vec![0.0; len],
        activation,
        same_scale: None,
    };
    if !rescaled(&mut network.layers[last], &scaling) {
        let bias = scaling.iter().map(|(_, zero)| *zero).collect();
        let made = layer("integers", last + 1, &|at| scaling[at].0, FloatActivation::Linear);
        network.layers.push(FloatLayer { bias, ..made });
    }
    network.layers.push(layer("record", network.layers.len(), &|_| 1.0, FloatActivation::Record));
    network.committed = Some(schema.clone());
    Ok(network)
}

/// Makes a last layer give other units of its values, (factor, summand) each; whether it could.
fn rescaled(layer: &mut FloatLayer, scaling: &[(f64, f64)]) -> bool {
    let linear = layer.activation == FloatActivation::Linear && layer.same_scale.is_none();
    let maps = || layer.terms.iter().map(|term| &term.map);
    if !linear || !layer.shape.is_vector() || !maps().all(|map| map.factor().is_none()) {
        return false;
    }
    for map in layer.terms.iter_mut().map(|term| &mut term.map) {
        match map {
            Map::Sparse(sparse) => {
                let entries = sparse.columns.iter_mut().flatten();
                entries.for_each(|(output, weight)| *weight *= scaling[*output as usize].0);
            }
            Map::Conv(conv) => {
                let (start, per) = (conv.output_start, conv.group_inputs() * conv.taps());
                let weights = conv.weights.iter_mut().enumerate();
                weights.for_each(|(at, weight)| *weight *= scaling[start + at / per].0);
            }
            Map::Product(_) => {}
        }
    }
    layer.bias.iter_mut().zip(scaling).for_each(|(bias, (factor, zero))| *bias = *bias * factor + zero);
    true
}

/// The value with which the network reads an integer that is no missing value.
fn value(network: &Network, schema: &Records, element: usize, integer: u64) -> f64 {
    let value = schema.value(element, integer);
    let names = network.input.categories_of(element).filter(|names| names.open);
    names.map_or(value, |names| value.min(names.names.len() as f64))
}

/// The integers of an element that are no missing value: from 0 to below this.
fn numbers(schema: &Records, element: usize) -> u64 {
    let missing = schema.nearest(element, f64::NAN).is_some();
    schema.largest_of(element) + u64::from(!missing)
}

/// The least integer whose value reaches a number; one more than the last one where none does.
fn least(network: &Network, schema: &Records, element: usize, cut: f64) -> u64 {
    let (mut low, mut high) = (0, numbers(schema, element));
    while low < high {
        let middle = low.midpoint(high);
        if value(network, schema, element, middle) >= cut { high = middle } else { low = middle + 1 }
    }
    low
}

/// The comparisons of ranks in a layer.
fn comparisons(network: &Network, index: usize) -> Result<Vec<Comparison>> {
    let layer = &network.layers[index];
    let graph = |reason: &str| Error::Graph { node: layer.node.clone(), reason: reason.to_owned() };
    let other = || graph("compares values of a committed input in a way that is not served; use --input private");
    let mut found: Vec<Option<Comparison>> = vec![None; layer.shape.len()];
    let mut numbers = vec![false; layer.shape.len()];
    for term in layer.terms.iter().filter(|term| term.source == 0) {
        for (element, output, weight) in entries(&term.map, network.input_shape).ok_or_else(other).or_else(|error| {
            // Planes are read as numbers; of ranks there are none among them.
            if network.cuts.is_empty() { Ok(Vec::new()) } else { Err(error) }
        })? {
            if !network.is_ranked(element) {
                numbers[output] = true;
            } else if weight != -1.0 || found[output].is_some() {
                return Err(other());
            } else {
                found[output] = Some(Comparison { element, output, c: 0.0 });
            }
        }
    }
    let multiplied = layer.all_terms().any(|term| term.source == 0 && term.map.factor().is_some());
    let found: Vec<Comparison> = found.into_iter().flatten().collect();
    if found.is_empty() {
        return if multiplied && !network.cuts.is_empty() { Err(other()) } else { Ok(found) };
    }
    let compares = matches!(layer.activation, FloatActivation::Threshold { at } if at == 0.0);
    if !compares || !layer.shape.is_vector() || found.iter().any(|comparison| numbers[comparison.output]) {
        return Err(other());
    }
    let mut divisors: Vec<f64> = layer.bias.iter().map(|bias| bias + 1.0).collect();
    for term in layer.terms.iter().filter(|term| term.source > 0) {
        for (_, output, weight) in entries(&term.map, network.shape(term.source)).ok_or_else(other)? {
            divisors[output] = gcd(divisors[output].abs(), weight.abs());
        }
    }
    let with_divisor = |comparison: Comparison| {
        let c = divisors[comparison.output].abs();
        if c.fract() == 0.0 { Ok(Comparison { c, ..comparison }) } else { Err(other()) }
    };
    found.into_iter().map(with_divisor).collect()
}

/// The greatest common divisor of two whole numbers that are not negative.
fn gcd(a: f64, b: f64) -> f64 {
    if b == 0.0 { a } else { gcd(b, a % b) }
}

/// A comparison of the record's integer, and what a missing value's bit has to add to it.
fn with_integers(network: &Network, comparison: &Comparison, schema: &Records) -> (Integral, Option<f64>) {
    let &Comparison { element, c, .. } = comparison;
    let cuts = network.cuts.get(element).and_then(Option::as_ref).map_or(&[][..], Vec::as_slice);
    let m = match cuts.get((c as usize).wrapping_sub(1)) {
        Some(cut) => least(network, schema, element, *cut),
        // No rank is below 0, and every one below what is more than their number.
        None if c == 0.0 => 0,
        None => numbers(schema, element),
    };
    let missing = network.missing.get(element).copied().flatten();
    let below = missing.is_some_and(|value| (rank(cuts, value) as f64) < c);
    match schema.nearest(element, f64::NAN).filter(|_| below) {
        None => (Integral { a: m as f64, c: -1.0 }, None),
        Some(integer) if m > 0 => (Integral { a: m as f64, c: -1.0 }, Some((integer - m) as f64 + 1.0)),
        // No number is below, but a missing value is.
        Some(integer) => (Integral { a: 1.0, c: -2.0 }, Some(integer as f64 + 1.0)),
    }
}

/// Gives outputs of a layer, with their c, other coefficients.
fn rewrite(layer: &mut FloatLayer, integral: &[Option<(f64, Integral)>]) {
    let scaled = |output: usize, weight: f64| match integral.get(output).copied().flatten() {
        Some((c, of)) if c > 0.0 => weight / c * of.a,
        _ => weight,
    };
    for (output, bias) in layer.bias.iter_mut().enumerate() {
        if let Some((_, of)) = integral.get(output).copied().flatten() {
            *bias = scaled(output, *bias + 1.0) + of.c;
        }
    }
    for term in layer.terms.iter_mut().filter(|term| term.source > 0) {
        match &mut term.map {
            Map::Sparse(sparse) => {
                let entries = sparse.columns.iter_mut().flatten();
                entries.for_each(|(output, weight)| *weight = scaled(*output as usize, *weight));
            }
            Map::Conv(conv) => {
                let (start, inputs) = (conv.output_start, conv.group_inputs());
                let weights = conv.weights.iter_mut().enumerate();
                weights.for_each(|(at, weight)| *weight = scaled(start + at / inputs, *weight));
            }
            Map::Product(_) => {}
        }
    }
}

/// What missing values that are read as numbers change in a layer's sums: each is what is put in its place.
fn imputed(network: &Network, index: usize, schema: &Records) -> Result<Vec<Correction>> {
    let layer = &network.layers[index];
    let change = |element: usize| {
        let integer = schema.nearest(element, f64::NAN).filter(|_| !network.is_ranked(element))?;
        Some(network.missing.get(element).copied().flatten()? - schema.value(element, integer))
    };
    let changes: Vec<Option<f64>> = (0..schema.len()).map(change).collect();
    let mut corrections = Vec::new();
    if changes.iter().all(Option::is_none) {
        return Ok(corrections);
    }
    let multiplied = layer.times().iter().any(|term| term.source == 0)
        || layer.terms.iter().any(|term| term.map.factor() == Some(0));
    for term in layer.terms.iter().filter(|term| term.source == 0) {
        let entries = entries(&term.map, network.input_shape).filter(|_| !multiplied && layer.shape.is_vector());
        let entries = entries.ok_or_else(|| Error::Graph {
            node: layer.node.clone(),
            reason: "reads values of a committed input that may be missing in a way that is not served".to_owned(),
        })?;
        for (element, output, weight) in entries {
            if let Some(change) = changes[element] {
                let weight = weight * change;
                corrections.push(Correction { layer: index, element, output: output as u32, weight });
            }
        }
    }
    Ok(corrections)
}

/// Puts a layer of bits in front, one for each value that is missing where it changes something, and adds them to the
/// layers.
fn correct(network: &mut Network, corrections: &[Correction], schema: &Records) {
    let mut elements: Vec<usize> = corrections.iter().map(|correction| correction.element).collect();
    elements.sort_unstable();
    elements.dedup();
    let mut columns = vec![Vec::new(); network.input_shape.len()];
    let mut bias = Vec::with_capacity(elements.len());
    for (output, element) in (0..).zip(&elements) {
        let integer = schema.largest_of(*element);
        // Half a step below the integer, in steps.
        let (weight, from) = if network.is_ranked(*element) {
            (1.0, integer as f64)
        } else {
            let (scale, _) = schema.scaling(*element);
            (scale.recip(), schema.value(*element, integer) / scale - 0.5)
        };
        columns[*element].push((output, weight));
        bias.push(-from);
    }
    let bits = FloatLayer {
        node: network.input.name.clone(),
        op: "missing values".to_owned(),
        shape: Shape::vector(elements.len()),
        terms: vec![Term { source: 0, map: Map::Sparse(Sparse { columns }), negative: None }],
        bias,
        activation: FloatActivation::Threshold { at: 0.0 },
        same_scale: None,
    };
    network.insert(0, bits);
    for (index, layer) in network.layers.iter_mut().enumerate().skip(1) {
        let mut columns: Vec<Vec<(u32, f64)>> = vec![Vec::new(); elements.len()];
        for correction in corrections.iter().filter(|correction| correction.layer + 1 == index) {
            if let Ok(bit) = elements.binary_search(&correction.element) {
                match columns[bit].iter_mut().find(|(output, _)| *output == correction.output) {
                    Some((_, weight)) => *weight += correction.weight,
                    None => columns[bit].push((correction.output, correction.weight)),
                }
            }
        }
        if columns.iter().any(|column| !column.is_empty()) {
            columns.iter_mut().for_each(|column| column.sort_unstable_by_key(|(output, _)| *output));
            layer.terms.push(Term { source: 1, map: Map::Sparse(Sparse { columns }), negative: None });
        }
    }
}

/// The weights of a map that are not 0, with the values that they read and reach; `None` for maps between planes, and
/// products.
fn entries(map: &Map<f64>, from: Shape) -> Option<Vec<(usize, usize, f64)>> {
    let all: Vec<(usize, usize, f64)> = match map {
        Map::Sparse(sparse) => {
            let columns = sparse.columns.iter().enumerate();
            columns.flat_map(|(at, column)| column.iter().map(move |(output, w)| (at, *output as usize, *w))).collect()
        }
        Map::Conv(conv) if from.is_vector() && conv.taps() == 1 => {
            let (inputs, outputs) = (conv.group_inputs(), conv.group_outputs());
            let weights = conv.weights.iter().enumerate();
            let entry = |(at, weight): (usize, &f64)| {
                let (o, c) = (at / inputs, at % inputs);
                (conv.input_start + o / outputs * inputs + c, conv.output_start + o, *weight)
            };
            weights.map(entry).collect()
        }
        Map::Conv(_) | Map::Product(_) => return None,
    };
    Some(all.into_iter().filter(|(_, _, weight)| *weight != 0.0).collect())
}

#[cfg(test)]
mod tests;
