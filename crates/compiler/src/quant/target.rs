//! What a model must meet, output by output.

use std::fmt;

use hushproof_core::{
    error::{Error, Result},
    graph::{Decision, FinishFunction, FloatActivation, Meaning, Network, OutputPart},
};
use serde::Serialize;

/// Least share of rows in which the class must be the float network's, unless asked otherwise.
pub const AGREEMENT: f64 = 0.995;
/// Largest error as a share of a value's range, unless asked otherwise.
pub const RANGE_SHARE: f64 = 0.01;
/// Margins below this share of the largest score are ties, whose class says nothing.
const TIE: f64 = 1e-6;

/// What a model must meet on the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// What each output's [`Meaning`] asks for: classes and other whole numbers are the float network's in all rows but
    /// a few, [`AGREEMENT`]; values but those of logits are off by at most a share of their range, [`RANGE_SHARE`].
    Auto,
    /// Only the classes.
    Class,
    /// All values, and whole numbers.
    Values,
    /// No value is further off than this.
    MaxError(f64),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, share) = (AGREEMENT * 100.0, RANGE_SHARE * 100.0);
        match self {
            Self::Auto => write!(
                f,
                "classes in at least {rows} % of rows, and errors of values, but logits, of at most {share} % of their range"
            ),
            Self::Class => write!(f, "the class in at least {rows} % of rows"),
            Self::Values => write!(f, "errors of at most {share} % of each value's range"),
            Self::MaxError(error) => write!(f, "an error of at most {error}"),
        }
    }
}

/// What the class of an output is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Class {
    /// The values themselves.
    Integers,
    /// The index of the largest value.
    Largest,
    /// Whether the only value, a probability, is at least ½.
    Half,
}

/// What an error is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// 1.
    One,
    /// The range of all values of the output.
    Output,
    /// The range of every so many values in a row, which are one quantity.
    Own(usize),
}

/// How the class of an output is read off what the last layer computes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    Largest,
    /// By comparing each with this.
    At(f64),
}

/// How far a row's class is from another, and how far a model moved it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margin {
    pub(crate) distance: f64,
    pub(crate) shift: f64,
}

/// What is asked of one output.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    /// The first of its values, and how many there are.
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) class: Option<Class>,
    pub(super) class_held: bool,
    pub(super) values_held: bool,
    pub(super) spread: Spread,
    reading: Option<Reading>,
    /// Whether the class is read off all that the last layer computes.
    decides: bool,
}

impl Target {
    /// What is asked of a network's outputs.
    pub(crate) fn demands(self, network: &Network) -> Vec<Demand> {
        let parts = network.parts();
        let integers = parts.iter().any(|part| part.meaning == Meaning::Integers);
        let mut end = 0;
        let mut demands: Vec<Demand> = parts
            .into_iter()
            .map(|part| {
                let start = end;
                end += part.value_info.len();
                self.demand(network, part, start, integers)
            })
            .collect();
        if self == Self::Class && demands.iter().any(|demand| demand.class.is_some()) {
            demands.iter_mut().for_each(|demand| demand.values_held = false);
        }
        demands
    }

    /// Refuses [`Self::Class`] of networks without a class.
    ///
    /// # Errors
    /// `Option`, where no output is one.
    pub fn check(self, network: &Network) -> Result<()> {
        if self != Self::Class || self.demands(network).iter().any(|demand| demand.class.is_some()) {
            return Ok(());
        }
        let reason = format!("the output `{}` names no class: it is no row of several values", network.output.name);
        Err(Error::Option { option: "--target", reason })
    }

    fn demand(self, network: &Network, part: OutputPart, start: usize, integers: bool) -> Demand {
        let OutputPart { value_info, meaning } = part;
        let (len, row) = (value_info.len(), value_info.is_row());
        let class = match meaning {
            Meaning::Integers => Some(Class::Integers),
            // The class is the label beside it.
            _ if integers => None,
            Meaning::Probabilities if len == 1 => Some(Class::Half),
            Meaning::Probabilities | Meaning::Scores | Meaning::Logits if row => Some(Class::Largest),
            Meaning::Values if row && self == Self::Class => Some(Class::Largest),
            _ => None,
        };
        let whole = meaning == Meaning::Integers;
        let class_held = match self {
            Self::Auto | Self::Class => class.is_some(),
            Self::Values | Self::MaxError(_) => whole,
        };
        let logits = meaning == Meaning::Logits && class.is_some();
        let spread = match meaning {
            Meaning::Probabilities => Spread::One,
            Meaning::Logits => Spread::Output,
            _ if class == Some(Class::Largest) && meaning == Meaning::Values => Spread::Output,
            // Values of planes are one quantity per channel.
            _ => Spread::Own(value_info.shape.iter().skip(2).product()),
        };
        let decides = network.decision().is_some();
        let last = network.layers.last().map(|layer| &layer.activation);
        let reading = match (network.decision(), class) {
            (Some(Decision::ArgMax), _) => Some(Reading::Largest),
            (Some(Decision::Threshold | Decision::Bands), _) => match last {
                Some(FloatActivation::Threshold { at }) => Some(Reading::At(*at)),
                _ => None,
            },
            (None, Some(Class::Largest)) => Some(Reading::Largest),
            // The sigmoid of 0 is ½.
            (None, Some(Class::Half)) => {
                let left = network.finish.is_some_and(|finish| finish.function == FinishFunction::Sigmoid);
                Some(Reading::At(if left { 0.0 } else { 0.5 }))
            }
            (None, _) => None,
        };
        Demand {
            name: value_info.name,
            meaning,
            start,
            len,
            class,
            class_held,
            values_held: !whole && (self != Self::Auto || !logits),
            spread,
            reading,
            decides,
        }
    }
}

impl Demand {
    /// Whether the class has to be right.
    pub(crate) const fn is_class_held(&self) -> bool {
        self.class_held
    }

    /// Of the values of all outputs its own.
    pub(super) fn part<'a>(&self, values: &'a [f64]) -> &'a [f64] {
        values.get(self.start..self.start + self.len).unwrap_or_default()
    }

    /// How many of its classes are the expected ones, and of how many; both are 0 where there are none.
    pub(super) fn agreeing(&self, expected: &[f64], got: &[f64]) -> (usize, usize) {
        let (expected, got) = (self.part(expected), self.part(got));
        let largest = |values: &[f64]| {
            values.iter().enumerate().fold(0, |best, (i, value)| if *value > values[best] { i } else { best })
        };
        let half = |values: &[f64]| values.first().is_some_and(|value| *value >= 0.5);
        match self.class {
            None => (0, 0),
            Some(Class::Integers) => {
                let same = expected.iter().zip(got).filter(|(a, b)| a.round() == b.round()).count();
                (same, self.len)
            }
            Some(Class::Largest) => (usize::from(largest(expected) == largest(got)), 1),
            Some(Class::Half) => (usize::from(half(expected) == half(got)), 1),
        }
    }

    /// Whether scores, which the class is read off, are as near to another class as makes no difference.
    pub(super) fn is_tie(&self, scores: &[f64]) -> bool {
        self.reading.is_some() && self.margin(scores, scores).is_none()
    }

    /// From scores and what a model makes of them; `None` for ties, where there is no class, and where the network
    /// itself gives it.
    pub(crate) fn margin(&self, scores: &[f64], moved: &[f64]) -> Option<Margin> {
        let own = |values| if self.decides { values } else { self.part(values) };
        let (scores, moved) = (own(scores), own(moved));
        let largest = scores.iter().map(|score| score.abs()).fold(0.0, f64::max);
        let margin = match self.reading? {
            Reading::At(at) => {
                let distance = |index: &usize| (scores[*index] - at).abs();
                let nearest = (0..scores.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
                Margin { distance: distance(&nearest), shift: (moved[nearest] - scores[nearest]).abs() }
            }
            Reading::Largest if scores.len() > 1 => {
                let mut order: Vec<usize> = (0..scores.len()).collect();
                order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
                let (first, second) = (order[0], order[1]);
                let distance = |values: &[f64]| values[first] - values[second];
                Margin { distance: distance(scores), shift: (distance(moved) - distance(scores)).abs() }
            }
            Reading::Largest => return None,
        };
        (margin.distance > TIE * largest).then_some(margin)
    }
}
