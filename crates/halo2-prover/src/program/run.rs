//! Running a program.

use hushproof_bn254::Fr;

use super::{Inputs, Part, Program, Scalar, Source};

impl Program {
    /// The columns to be given to [`Part::run`], in this order.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Summands of the value, in the order in which fewest columns are held at a time.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The sums of columns that are columns of their own, with the values of [`Self::scalars`] for factors.
    pub(crate) fn combinations<'a>(&'a self, scalars: &'a [Fr]) -> impl Iterator<Item = Vec<(Fr, Source)>> + 'a {
        let factor = |(source, scalar): &(Source, u32)| (scalars[*scalar as usize], *source);
        self.combinations.iter().map(move |combination| combination.iter().map(factor).collect())
    }

    /// The values that are the same in every row.
    pub(crate) fn scalars(&self, inputs: &Inputs<'_>) -> Vec<Fr> {
        let mut values = Vec::<Fr>::with_capacity(self.scalars.len());
        for scalar in &self.scalars {
            let value = match *scalar {
                Scalar::Constant(value) => value,
                Scalar::Challenge(index) => inputs.challenges[index],
                Scalar::Beta => inputs.beta,
                Scalar::Gamma => inputs.gamma,
                Scalar::Y => inputs.y,
                Scalar::Add(a, b) => values[a as usize] + values[b as usize],
                Scalar::Sub(a, b) => values[a as usize] - values[b as usize],
                Scalar::Mul(a, b) => values[a as usize] * values[b as usize],
            };
            values.push(value);
        }
        values
    }
}

impl Part {
    /// Adds to every row of `result` what this part computes from the columns of [`Program::sources`], all as long
    /// (only those of [`Self::slots`] are read), and the scalars of [`Program::scalars`]. Rotations wrap around.
    pub(crate) fn run(&self, columns: &[&[Fr]], scalars: &[Fr], result: &mut [Fr]) {
        self.code.run(columns, scalars, result);
    }
}
