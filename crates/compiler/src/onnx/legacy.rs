//! Forms that operators had in old operator sets, as the forms of newer ones: before 7 operands broadcast by
//! attributes.

use hushproof_core::Result;

use super::{
    graph::{Importer, locate},
    pb::NodeProto,
};
use crate::{
    ops::{Attr, Attrs, Id, Nodes, OpError, Rewriter},
    tensor::Fact,
};

/// The first operator set of numpy's broadcasting.
const BROADCASTS: i64 = 7;

/// What becomes of a node's inputs.
#[derive(Debug, Default)]
pub(super) enum Old {
    /// Nothing.
    #[default]
    Same,
    /// Operands have one shape, or the second one broadcasts to the first, from this axis on if there is one.
    Operands(Option<i64>, bool),
    /// The slopes are one for each channel.
    Slopes,
    /// The third operand broadcasts only if so.
    Addend(bool),
    /// A list of integers is one more input.
    List(Vec<i64>),
}

impl Old {
    /// Takes the attributes that newer operator sets have otherwise.
    pub(super) fn take(op: &str, proto: &NodeProto, attrs: &mut Attrs) -> Self {
        if op == "Split" && proto.input.len() < 2 && !attrs.has("split") && !attrs.has("num_outputs") {
            attrs.set("num_outputs", Attr::Int(proto.output.len() as i64));
        }
        if attrs.opset() >= BROADCASTS {
            return Self::Same;
        }
        // About memory.
        attrs.ignore("consumed_inputs");
        match op {
            "Add" | "Sub" | "Mul" | "Div" | "Pow" | "And" | "Or" | "Xor" | "Equal" | "Greater" | "Less" => {
                let broadcasts = attrs.flag("broadcast", false);
                Self::Operands(attrs.int("axis"), broadcasts)
            }
            "PRelu" => Self::Slopes,
            "Gemm" => Self::Addend(attrs.flag("broadcast", false)),
            "BatchNormalization" | "Dropout" => {
                // A proof is of inference.
                attrs.ignore("is_test");
                Self::Same
            }
            "Cast" => {
                if let Some(name) = attrs.text("to") {
                    attrs.set("to", element_type(&name).map_or(Attr::Text(name), Attr::Int));
                }
                Self::Same
            }
            "Concat" => {
                if !attrs.has("axis") {
                    attrs.set("axis", Attr::Int(1));
                }
                Self::Same
            }
            "Pad" => {
                if let Some(pads) = attrs.ints("paddings") {
                    attrs.set("pads", Attr::Ints(pads));
                }
                Self::Same
            }
            "Reshape" => attrs.ints("shape").map_or(Self::Same, Self::List),
            _ => Self::Same,
        }
    }

    /// Inputs that it adds.
    pub(super) const fn added(&self) -> usize {
        matches!(self, Self::List(_)) as usize
    }

    /// The inputs as of newer operator sets.
    pub(super) fn inputs(self, to: &mut Importer<'_>, proto: &NodeProto, inputs: &mut Vec<Option<Id>>) -> Result<()> {
        self.adapt(to, inputs).map_err(|e| locate(&proto.name, &proto.op_type, e))
    }

    fn adapt(self, to: &mut Importer<'_>, inputs: &mut Vec<Option<Id>>) -> Result<(), OpError> {
        let fact = |to: &Importer<'_>, index: usize| -> Option<Fact> {
            inputs.get(index).copied().flatten().map(|id| to.operand(id).fact.clone())
        };
        match self {
            Self::Same => {}
            Self::List(values) => {
                let list = Rewriter::new(to).ints(&values)?;
                inputs.push(Some(list));
            }
            Self::Addend(broadcasts) => {
                let (Some(a), Some(b), Some(c)) = (fact(to, 0), fact(to, 1), fact(to, 2)) else { return Ok(()) };
                if !broadcasts && c.shape.len() != 2 {
                    return Err(OpError::shape(
                        "C in the shape of A·B, as broadcast is 0",
                        &[&a.shape, &b.shape, &c.shape],
                    ));
                }
            }
            Self::Operands(axis, broadcasts) => {
                let (Some(a), Some(b)) = (fact(to, 0), fact(to, 1)) else { return Ok(()) };
                if a.shape == b.shape {
                    return Ok(());
                }
                let rank = a.shape.len();
                let start = match axis {
                    // One value goes everywhere.
                    None => rank.checked_sub(b.shape.len()),
                    Some(axis) => usize::try_from(if axis < 0 { axis.saturating_add(rank as i64) } else { axis }).ok(),
                };
                let end = start.and_then(|start| start.checked_add(b.shape.len())).filter(|end| *end <= rank);
                let fits = |start: usize| b.shape.iter().zip(&a.shape[start..]).all(|(b, a)| b == a || *b == 1);
                let (Some(start), Some(end), true) = (start, end, broadcasts) else {
                    let expected =
                        if broadcasts { "B as a part of the shape of A" } else { "one shape, as broadcast is 0" };
                    return Err(OpError::shape(expected, &[&a.shape, &b.shape]));
                };
                if !fits(start) {
                    return Err(OpError::shape("B as a part of the shape of A", &[&a.shape, &b.shape]));
                }
                reshape(to, inputs, 1, [b.shape, vec![1; rank - end]].concat())?;
            }
            Self::Slopes => {
                let (Some(x), Some(slope)) = (fact(to, 0), fact(to, 1)) else { return Ok(()) };
                if let ([slopes], [_, channels, rest @ ..]) = (&slope.shape[..], &x.shape[..])
                    && slopes == channels
                {
                    reshape(to, inputs, 1, [vec![*slopes], vec![1; rest.len()]].concat())?;
                }
            }
        }
        Ok(())
    }
}

/// Puts an input in another shape.
fn reshape(to: &mut Importer<'_>, inputs: &mut [Option<Id>], index: usize, shape: Vec<usize>) -> Result<(), OpError> {
    let Some(Some(input)) = inputs.get_mut(index) else { return Ok(()) };
    *input = Rewriter::new(to).reshape(*input, &shape)?;
    Ok(())
}

/// The number of an element type.
fn element_type(name: &str) -> Option<i64> {
    Some(match name {
        "FLOAT" => 1,
        "UINT8" => 2,
        "INT8" => 3,
        "UINT16" => 4,
        "INT16" => 5,
        "INT32" => 6,
        "INT64" => 7,
        "BOOL" => 9,
        "FLOAT16" => 10,
        "DOUBLE" => 11,
        "UINT32" => 12,
        "UINT64" => 13,
        _ => return None,
    })
}
