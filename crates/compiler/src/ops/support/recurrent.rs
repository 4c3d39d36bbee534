//! Recurrent networks, unrolled: what LSTM, GRU and RNN share.

use crate::ops::op::{Attr, Attrs, Id, Inputs, OpError, OpResult, Rewriter};

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Cell {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent units.
    Gru,
    /// A simple recurrent network.
    Rnn,
}

impl Cell {
    /// Gates in the weights.
    const fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
            Self::Rnn => 1,
        }
    }

    /// Activations of one direction.
    const fn activations(self) -> &'static [&'static str] {
        match self {
            Self::Lstm => &["Sigmoid", "Tanh", "Tanh"],
            Self::Gru => &["Sigmoid", "Tanh"],
            Self::Rnn => &["Tanh"],
        }
    }
}

/// Gates of an LSTM that peepholes lead to.
const PEEPHOLES: usize = 3;

/// One direction.
struct Direction {
    cell: Cell,
    /// Weights of the input, of the state, and biases of both, one for each gate; the weights transposed.
    input: Vec<Id>,
    state: Vec<Id>,
    input_bias: Vec<Id>,
    state_bias: Vec<Id>,
    /// What an LSTM's cell weighs in the input, output and forget gates; empty without peepholes.
    peepholes: Vec<Id>,
    activations: Vec<String>,
    /// Whether a GRU resets the product of the state rather than the state.
    linear_before_reset: bool,
}

/// The steps of a network one after the other, of all its directions.
pub(in crate::ops) fn unroll(
    cell: Cell,
    mut attrs: Attrs,
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
) -> OpResult<Vec<Id>> {
    let direction = attrs.text("direction").unwrap_or_else(|| "forward".into());
    attrs.ignore("hidden_size");
    let given = attrs.texts("activations");
    let reset = cell == Cell::Gru && attrs.flag("linear_before_reset", false);
    let batch_first = attrs.flag("layout", false);
    if attrs.flag("input_forget", false) {
        attrs.reject("input_forget = 1");
    }
    attrs.finish()?;
    let inputs = Inputs(inputs);
    let (x, w, r) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
    // Steps × batch, and for states directions × batch, whatever the layout of the file.
    let swapped = |to: &mut Rewriter<'_>, x: Id| match to.shape(x).len() {
        3 if batch_first => to.transpose(x, &[1, 0, 2]),
        _ => Ok(x),
    };
    let x = swapped(to, x)?;
    let (shape, weights, states) = (to.shape(x), to.shape(w), to.shape(r));
    let (&[steps, batch, width], &[directions, rows, _], &[_, _, hidden]) = (&shape[..], &weights[..], &states[..])
    else {
        return Err(OpError::shape("three axes each", &[&shape, &weights, &states]));
    };
    let fits = weights == [directions, rows, width] && states == [directions, rows, hidden];
    if !fits || rows != cell.gates() * hidden || directions != if direction == "bidirectional" { 2 } else { 1 } {
        return Err(OpError::shape("weights of every gate and direction", &[&weights, &states]));
    }
    if let Some(lens) = inputs.optional(4)
        && to.list(lens, "the sequence lengths")?.iter().any(|len| *len != steps as i64)
    {
        return Err(OpError::unsupported("sequences of several lengths"));
    }
    let names: Vec<String> = match given {
        Some(names) => names,
        None => (0..directions).flat_map(|_| cell.activations().iter().map(|name| (*name).to_owned())).collect(),
    };
    let per = cell.activations().len();
    let known = |name: &String| matches!(name.as_str(), "Sigmoid" | "Tanh" | "Relu");
    if names.len() != per * directions || !names.iter().all(known) {
        return Err(OpError::unsupported(format!("activations {}", names.join(", "))));
    }

    let constant = |id: Id| {
        let value = to.value(id).map(|value| value.data().to_vec());
        value.ok_or_else(|| OpError::unsupported("private weights"))
    };
    let (w, r) = (constant(w)?, constant(r)?);
    let b = match inputs.optional(3) {
        Some(bias) => constant(bias)?,
        None => vec![0.0; directions * 2 * rows],
    };
    if b.len() != directions * 2 * rows {
        return Err(OpError::Graph("the bias does not fit the weights".into()));
    }
    let peepholes = inputs.optional(7).map(constant).transpose()?;
    if peepholes.as_ref().is_some_and(|p| p.len() != directions * PEEPHOLES * hidden) {
        return Err(OpError::Graph("the peepholes do not fit the weights".into()));
    }
    let part = |values: &[f64], start: usize, len: usize| values[start..start + len].to_vec();
    let mut all: Vec<Vec<Id>> = vec![];
    let (mut last_h, mut last_c) = (vec![], vec![]);
    for d in 0..directions {
        let mut unit = Direction {
            cell,
            input: vec![],
            state: vec![],
            input_bias: vec![],
            state_bias: vec![],
            peepholes: vec![],
            activations: names[d * per..(d + 1) * per].to_vec(),
            linear_before_reset: reset,
        };
        for gate in 0..cell.gates() {
            let start = d * rows + gate * hidden;
            let w = to.floats(&[hidden, width], part(&w, start * width, hidden * width))?;
            unit.input.push(to.transpose(w, &[1, 0])?);
            let r = to.floats(&[hidden, hidden], part(&r, start * hidden, hidden * hidden))?;
            unit.state.push(to.transpose(r, &[1, 0])?);
            let start = d * 2 * rows + gate * hidden;
            unit.input_bias.push(to.floats(&[hidden], part(&b, start, hidden))?);
            unit.state_bias.push(to.floats(&[hidden], part(&b, start + rows, hidden))?);
        }
        for i in (0..PEEPHOLES).filter(|_| peepholes.is_some()) {
            let all = peepholes.as_deref().unwrap_or_default();
            unit.peepholes.push(to.floats(&[hidden], part(all, (d * PEEPHOLES + i) * hidden, hidden))?);
        }
        let initial = |to: &mut Rewriter<'_>, input: usize| {
            let len = batch * hidden;
            match inputs.optional(input) {
                Some(state) if to.len(state) == directions * len => {
                    let state = swapped(to, state)?;
                    let sources = (d * len..(d + 1) * len).map(|i| Some(i as u32)).collect();
                    to.select(state, vec![batch, hidden], sources, 0.0)
                }
                Some(_) => Err(OpError::Graph("the initial state does not fit".into())),
                None => to.floats(&[batch, hidden], vec![0.0; len]),
            }
        };
        let mut h = initial(to, 5)?;
        let mut c = if cell == Cell::Lstm { initial(to, 6)? } else { h };
        let backward = direction == "reverse" || d == 1;
        let mut states = vec![h; steps];
        for i in 0..steps {
            let t = if backward { steps - 1 - i } else { i };
            let size = batch * width;
            let sources = (t * size..(t + 1) * size).map(|i| Some(i as u32)).collect();
            let x = to.select(x, vec![batch, width], sources, 0.0)?;
            (h, c) = unit.step(to, x, h, c)?;
            states[t] = h;
        }
        all.push(states);
        last_h.push(h);
        last_c.push(c);
    }
    let mut outputs = vec![];
    let line: Vec<Id> = (0..steps).flat_map(|t| all.iter().map(move |states| states[t])).collect();
    for (values, shape) in [
        (line, vec![steps, directions, batch, hidden]),
        (last_h, vec![directions, batch, hidden]),
        (last_c, vec![directions, batch, hidden]),
    ] {
        let joined = to.with("Concat", &[("axis", Attr::Int(0))], &values)?;
        let joined = to.reshape(joined, &shape)?;
        outputs.push(match shape.len() {
            4 if batch_first => to.transpose(joined, &[2, 0, 1, 3])?,
            _ => swapped(to, joined)?,
        });
    }
    if cell != Cell::Lstm {
        outputs.pop();
    }
    Ok(outputs)
}

impl Direction {
    /// The state after one more input; of an LSTM also its cell.
    fn step(&self, to: &mut Rewriter<'_>, x: Id, h: Id, c: Id) -> OpResult<(Id, Id)> {
        let act = |to: &mut Rewriter<'_>, which: usize, value: Id| to.op(&self.activations[which], &[value]);
        match self.cell {
            Cell::Rnn => {
                let sum = self.sum(to, 0, x, h)?;
                let h = act(to, 0, sum)?;
                Ok((h, h))
            }
            Cell::Lstm => {
                let gate = |to: &mut Rewriter<'_>, gate: usize, which: usize, cell: Id| {
                    let mut sum = self.sum(to, gate, x, h)?;
                    if let Some(weights) = self.peepholes.get(gate)
                        && !self.is_zero(to, cell)
                    {
                        let seen = to.op("Mul", &[cell, *weights])?;
                        sum = to.op("Add", &[sum, seen])?;
                    }
                    act(to, which, sum)
                };
                let input = gate(to, 0, 0, c)?;
                let early = if self.peepholes.is_empty() { Some(gate(to, 1, 0, c)?) } else { None };
                let candidate = gate(to, 3, 1, c)?;
                let mut cell = to.op("Mul", &[input, candidate])?;
                if !self.is_zero(to, c) {
                    let forget = gate(to, 2, 0, c)?;
                    let kept = to.op("Mul", &[forget, c])?;
                    cell = to.op("Add", &[kept, cell])?;
                }
                let output = match early {
                    Some(output) => output,
                    None => gate(to, 1, 0, cell)?,
                };
                let shown = act(to, 2, cell)?;
                Ok((to.op("Mul", &[output, shown])?, cell))
            }
            Cell::Gru => {
                let sum = self.sum(to, 0, x, h)?;
                let update = act(to, 0, sum)?;
                let own = self.linear(to, x, self.input[2], self.input_bias[2])?;
                let zero = self.is_zero(to, h);
                let state = if zero && !self.linear_before_reset {
                    self.state_bias[2]
                } else {
                    let sum = self.sum(to, 1, x, h)?;
                    let reset = act(to, 0, sum)?;
                    if self.linear_before_reset {
                        let product = self.linear(to, h, self.state[2], self.state_bias[2])?;
                        to.op("Mul", &[reset, product])?
                    } else {
                        let state = to.op("Mul", &[reset, h])?;
                        self.linear(to, state, self.state[2], self.state_bias[2])?
                    }
                };
                let sum = to.op("Add", &[own, state])?;
                let candidate = act(to, 1, sum)?;
                // (1 − z) · candidate + z · h = candidate + z · (h − candidate).
                let difference = to.op("Sub", &[h, candidate])?;
                let change = to.op("Mul", &[update, difference])?;
                let h = to.op("Add", &[candidate, change])?;
                Ok((h, h))
            }
        }
    }

    fn is_zero(&self, to: &Rewriter<'_>, x: Id) -> bool {
        to.value(x).is_some_and(|x| x.data().iter().all(|x| *x == 0.0))
    }

    fn linear(&self, to: &mut Rewriter<'_>, x: Id, weights: Id, bias: Id) -> OpResult<Id> {
        let product = to.op("MatMul", &[x, weights])?;
        to.op("Add", &[product, bias])
    }

    /// What a gate's activation is of.
    fn sum(&self, to: &mut Rewriter<'_>, gate: usize, x: Id, h: Id) -> OpResult<Id> {
        let own = self.linear(to, x, self.input[gate], self.input_bias[gate])?;
        let state = self.linear(to, h, self.state[gate], self.state_bias[gate])?;
        to.op("Add", &[own, state])
    }
}
