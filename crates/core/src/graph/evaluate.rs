//! Evaluation of float networks, in double precision.

use super::{FloatLayer, Map, Network, Shape, Term, conv::accumulate, rank};

impl Network {
    /// The output values on input values (flat, ONNX order), as many as [`Self::input_shape`] has.
    pub fn eval(&self, input: &[f64]) -> Vec<f64> {
        self.outputs(self.tensors(input).pop().unwrap_or_default())
    }

    /// The output values that the last tensor has: those which the integers of a committed output stand for.
    pub fn outputs(&self, last: Vec<f64>) -> Vec<f64> {
        let Some(schema) = &self.committed else { return last };
        let value = |(at, integer): (usize, f64)| {
            let (scale, zero_point) = schema.scaling(at);
            scale * (integer - zero_point as f64)
        };
        last.into_iter().enumerate().map(value).collect()
    }

    /// The values of every tensor after its activation, the input first, each in channel-major order.
    pub fn tensors(&self, input: &[f64]) -> Vec<Vec<f64>> {
        let mut tensors = vec![self.read(input)];
        for index in 0..self.layers.len() {
            tensors.push(self.activate(index, self.affine(index, &tensors), &tensors));
        }
        tensors
    }

    /// Tensor 0 on input values: each value, or how many of its cuts it reaches. NaN stays where it may not be missing.
    /// Of a record see [`Network::records`].
    pub fn read(&self, input: &[f64]) -> Vec<f64> {
        if let Some(records) = &self.records {
            let value = |(at, x): (usize, &f64)| match (records.nearest(at, *x), self.is_ranked(at)) {
                (None, _) => *x,
                (Some(integer), true) => integer as f64,
                (Some(integer), false) => records.value(at, integer),
            };
            return input.iter().enumerate().map(value).collect();
        }
        let value = |(index, x): (usize, &f64)| {
            let missing = if x.is_nan() { self.missing.get(index).copied().flatten() } else { None };
            let x = missing.unwrap_or(*x);
            match self.cuts.get(index) {
                Some(Some(cuts)) if !x.is_nan() => rank(cuts, x) as f64,
                _ => x,
            }
        };
        input.iter().enumerate().map(value).collect()
    }

    /// The tensor of layer `layer` from what its maps give and the tensors it reads.
    pub fn activate(&self, layer: usize, mut y: Vec<f64>, tensors: &[Vec<f64>]) -> Vec<f64> {
        let layer = &self.layers[layer];
        if layer.times().is_empty() {
            return layer.activation.apply(layer.shape, y);
        }
        let mut times = vec![0.0; y.len()];
        self.add(layer.times(), tensors, layer.shape, &mut times);
        y.iter_mut().zip(times).for_each(|(y, times)| *y *= times);
        y
    }

    /// Multiplications of one evaluation, those with zeros around planes included.
    pub fn products(&self) -> u64 {
        let term = |to: Shape, term: &Term<f64>| match &term.map {
            Map::Conv(conv) => conv.weights.len() * to.plane(),
            Map::Sparse(sparse) => sparse.columns.iter().map(Vec::len).sum(),
            Map::Product(product) => self.shape(product.factor).width * self.shape(term.source).len(),
        };
        let layer = |layer: &FloatLayer| layer.all_terms().map(|t| term(layer.shape, t) as u64).sum::<u64>();
        self.layers.iter().map(layer).sum()
    }

    fn add(&self, terms: &[Term<f64>], tensors: &[Vec<f64>], shape: Shape, y: &mut [f64]) {
        for term in terms {
            accumulate(&term.map, self.shape(term.source), &tensors[term.source], tensors, shape, y);
        }
    }

    /// What layer `layer` feeds its activation, from the values of the tensors it reads.
    pub fn affine(&self, layer: usize, tensors: &[Vec<f64>]) -> Vec<f64> {
        let layer = &self.layers[layer];
        let mut y = layer.bias_values();
        self.add(&layer.terms, tensors, layer.shape, &mut y);
        y
    }
}

impl FloatLayer {
    /// The bias of every value.
    fn bias_values(&self) -> Vec<f64> {
        let repeat = if self.bias.len() == self.shape.len() { 1 } else { self.shape.plane() };
        self.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, repeat)).collect()
    }
}

#[cfg(test)]
mod tests;
