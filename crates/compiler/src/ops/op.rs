//! What an operator is written in: its definition and trait, attributes and operands, and the normal forms it may have.
//!
//! No operator is here.

mod affine;
mod attrs;
mod definition;
mod error;
mod grid;
mod lowered;
mod operand;
mod reading;
pub(crate) mod trees;

pub(super) use affine::zeros;
pub(crate) use affine::{Affine, Linear};
pub(crate) use attrs::{Attr, Attrs};
pub(crate) use definition::{Control, ControlDef, Def, Ending, Id, Mask, Nodes, Op, OpDef, RewriteDef, Rewriter};
pub(super) use error::MAX_WORK;
pub(crate) use error::{OpError, OpResult};
pub(crate) use grid::{Grid, planes};
pub(crate) use lowered::{Addend, Codes, Contraction, Lowered};
pub(crate) use operand::{Inputs, Operand};
pub(super) use operand::{axis, integers, reshaped, tensor};
pub(crate) use reading::{Domain, Mark, OPSETS};
