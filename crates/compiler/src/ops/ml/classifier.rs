//! What classifiers share: the label and the scores behind their transformation, from combinations of raw scores.
//!
//! The label is exact: comparisons of raw scores, none of which is rounded first. Of several classes it is the first
//! with the largest score. A softmax of the scores, and the logistic function of two scores of which one is the
//! negative of the other, are applied by the reader of the output where they are the last step.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::op::{Attr, Attrs, Id, OpError, OpResult, Rewriter},
    features::{integer, is_positive},
    forest::{Forest, Scores},
};
use crate::tensor::DType;

/// Most classes that are compared with one another.
const MAX_CLASSES: usize = 128;

/// Raw scores, of which combinations are made without rounding the scores first.
pub(super) enum Scorer {
    /// Trees on a row of features.
    Forest(Id, Scores),
    /// Weights of each score and its intercept, on a row of features.
    Linear(Id, Vec<Vec<f64>>, Vec<f64>),
}

impl Scorer {
    /// Outputs that are sums of scores times numbers, plus a number each.
    pub(super) fn put(
        &self,
        to: &mut Rewriter<'_>,
        op: &'static str,
        combine: Vec<Vec<(usize, f64)>>,
        shift: Vec<f64>,
    ) -> OpResult<Id> {
        match self {
            Self::Forest(x, scores) => {
                let forest = Forest { scores: scores.clone(), combine, shift };
                let outputs = to.put(op, Box::new(forest), *x)?;
                outputs.first().copied().ok_or_else(|| OpError::Graph("has no output".to_owned()))
            }
            Self::Linear(x, weights, intercepts) => {
                let features = weights.first().map_or(0, Vec::len);
                let mut matrix = Vec::with_capacity(combine.len() * features);
                let mut bias = shift;
                for (terms, bias) in combine.iter().zip(&mut bias) {
                    let mut row = vec![0.0; features];
                    for (score, factor) in terms {
                        row.iter_mut().zip(&weights[*score]).for_each(|(sum, weight)| *sum += weight * factor);
                        *bias += intercepts[*score] * factor;
                    }
                    matrix.extend(row);
                }
                let outputs = bias.len();
                let (matrix, bias) = (to.floats(&[outputs, features], matrix)?, to.floats(&[outputs], bias)?);
                to.with("Gemm", &[("transB", Attr::Int(1))], &[*x, matrix, bias])
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Forest(_, scores) => scores.base.len(),
            Self::Linear(_, weights, _) => weights.len(),
        }
    }

    /// Whether one score is always the negative of the other.
    fn is_antisymmetric(&self) -> bool {
        match self {
            Self::Forest(..) => false,
            Self::Linear(_, weights, intercepts) => match (&weights[..], &intercepts[..]) {
                ([a, b], [c, d]) => *c == -*d && a.iter().zip(b).all(|(a, b)| *a == -*b),
                _ => false,
            },
        }
    }
}

/// What becomes of the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transform {
    None,
    Softmax,
    Logistic,
}

impl Transform {
    /// Takes `post_transform`.
    pub(super) fn take(attrs: &mut Attrs) -> Self {
        match attrs.text("post_transform").as_deref() {
            None | Some("NONE") => Self::None,
            Some("SOFTMAX") => Self::Softmax,
            Some("LOGISTIC") => Self::Logistic,
            Some(other @ "SOFTMAX_ZERO") => {
                attrs.reject(format!("post_transform {other}, which jumps at scores of 0; export SOFTMAX"));
                Self::Softmax
            }
            Some(other) => {
                attrs.reject(format!("post_transform {other}; export raw scores"));
                Self::None
            }
        }
    }

    /// Applies it to a row.
    pub(super) fn apply(self, to: &mut Rewriter<'_>, x: Id) -> OpResult<Id> {
        match self {
            Self::None => Ok(x),
            Self::Softmax => to.op("Softmax", &[x]),
            Self::Logistic => to.op("Sigmoid", &[x]),
        }
    }
}

/// What classes are called.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    /// Integers, or for strings their indices.
    pub(super) numbers: Vec<f64>,
    /// The strings, if they are different.
    names: Option<Arc<Vec<String>>>,
}

impl Labels {
    /// Takes `classlabels_strings`, or the attribute of this name with integers.
    pub(super) fn take(attrs: &mut Attrs, integers: &str) -> Self {
        let strings = attrs.texts("classlabels_strings").unwrap_or_default();
        let integers = attrs.ints(integers).unwrap_or_default();
        if !integers.is_empty() {
            return Self { numbers: integers.into_iter().map(|label| label as f64).collect(), names: None };
        }
        let numbers = (0..strings.len()).map(|index| index as f64).collect();
        let different = strings.iter().collect::<BTreeSet<_>>().len() == strings.len();
        Self { numbers, names: (different && !strings.is_empty()).then(|| Arc::new(strings)) }
    }

    /// A label with its names.
    fn named(&self, to: &mut Rewriter<'_>, label: Id) -> OpResult<Id> {
        match &self.names {
            Some(names) => to.named(label, Arc::clone(names)),
            None => Ok(label),
        }
    }
}

/// How two classes are told apart by one score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binary {
    /// The second class is that of scores above this.
    pub(super) at: f64,
    /// The scores are 1 − s and s rather than −s and s.
    pub(super) complement: bool,
}

/// Label and scores of a classifier; only what is wanted.
pub(super) fn classify(
    to: &mut Rewriter<'_>,
    op: &'static str,
    scorer: &Scorer,
    labels: &Labels,
    transform: Transform,
    binary: Option<Binary>,
) -> OpResult<Vec<Id>> {
    let numbers = &labels.numbers[..];
    if let Some(wide) = numbers.iter().find(|label| label.abs() > f64::from(1u32 << 24)) {
        return Err(OpError::unsupported(format!("label {wide}; number the classes")));
    }
    let label = if !to.wanted(0) {
        None
    } else if let Some(Binary { at, .. }) = binary {
        let above = scorer.put(to, op, vec![vec![(0, 1.0)]], vec![-at])?;
        let above = is_positive(to, above, true)?;
        Some(labelled(to, above, &[numbers[0], numbers[1]])?)
    } else {
        Some(first_largest(to, op, scorer, numbers)?)
    };
    let label = label.map(|label| labels.named(to, label)).transpose()?;
    to.leave(1);
    let scores = if !to.wanted(1) {
        None
    } else if let Some(Binary { complement, .. }) = binary {
        Some(match (transform, complement) {
            // σ(−s) and σ(s) are the softmax of 0 and s.
            (Transform::Logistic, _) => {
                let pair = scorer.put(to, op, vec![vec![], vec![(0, 1.0)]], vec![0.0; 2])?;
                to.op("Softmax", &[pair])?
            }
            (_, true) => scorer.put(to, op, vec![vec![(0, -1.0)], vec![(0, 1.0)]], vec![1.0, 0.0])?,
            (_, false) => scorer.put(to, op, vec![vec![(0, -1.0)], vec![(0, 1.0)]], vec![0.0; 2])?,
        })
    } else if transform == Transform::Logistic && scorer.is_antisymmetric() {
        // σ(−s) and σ(s) again; 2s is the difference of the scores.
        let pair = scorer.put(to, op, vec![vec![], vec![(1, 1.0)]], vec![0.0; 2])?;
        Some(to.op("Softmax", &[pair])?)
    } else {
        let all = (0..scorer.count()).map(|score| vec![(score, 1.0)]).collect();
        let raw = scorer.put(to, op, all, vec![0.0; scorer.count()])?;
        Some(transform.apply(to, raw)?)
    };
    // What is not wanted is nothing that anybody reads.
    let (label, scores) = match (label, scores) {
        (Some(label), Some(scores)) => (label, scores),
        (Some(one), None) | (None, Some(one)) => (one, one),
        (None, None) => return Err(OpError::Graph("no output is read".to_owned())),
    };
    Ok(vec![label, scores])
}

/// The label of one bit.
fn labelled(to: &mut Rewriter<'_>, bit: Id, labels: &[f64; 2]) -> OpResult<Id> {
    let label = to.affine(bit, labels[1] - labels[0], labels[0])?;
    let label = to.reshape(label, &[1])?;
    integer(to, label, labels)
}

/// The label of the first largest of several scores.
fn first_largest(to: &mut Rewriter<'_>, op: &'static str, scorer: &Scorer, labels: &[f64]) -> OpResult<Id> {
    let count = labels.len();
    if count == 1 {
        let label = to.tensor(DType::Int, vec![1], labels.to_vec())?;
        return Ok(label);
    }
    if count > MAX_CLASSES {
        return Err(OpError::unsupported(format!("{count} classes; at most {MAX_CLASSES} are compared")));
    }
    if let [first, second] = *labels {
        let above = scorer.put(to, op, vec![vec![(1, 1.0), (0, -1.0)]], vec![0.0])?;
        let above = is_positive(to, above, true)?;
        return labelled(to, above, &[first, second]);
    }
    let pairs: Vec<(usize, usize)> = (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))).collect();
    let differences = pairs.iter().map(|(i, j)| vec![(*i, 1.0), (*j, -1.0)]).collect();
    let differences = scorer.put(to, op, differences, vec![0.0; pairs.len()])?;
    let leads = is_positive(to, differences, false)?;
    // Class i is the first largest if it leads those after it, and none of those before it leads it.
    let mut wins = vec![0.0; pairs.len() * count];
    let losses: Vec<f64> = (0..count).map(|i| -((count - 1 - i) as f64)).collect();
    for (row, (i, j)) in wins.chunks_exact_mut(count).zip(&pairs) {
        (row[*i], row[*j]) = (1.0, -1.0);
    }
    let (wins, losses) = (to.floats(&[pairs.len(), count], wins)?, to.floats(&[1, count], losses)?);
    let won = to.op("MatMul", &[leads, wins])?;
    let won = to.op("Add", &[won, losses])?;
    let won = is_positive(to, won, false)?;
    let values = to.floats(&[count, 1], labels.to_vec())?;
    let label = to.op("MatMul", &[won, values])?;
    let label = to.reshape(label, &[1])?;
    integer(to, label, labels)
}
