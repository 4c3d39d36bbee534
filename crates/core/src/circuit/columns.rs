//! The columns but the accumulators.

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::{Advice, Column, ConstraintSystem, Fixed},
};

use super::{Params, private::PrivateFixed, record::RecordFixed};

/// The cells of one lane.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// Sign of the accumulator, 2 beyond a clip's top, or where the segment of a function begins.
    pub(super) state: Column<Advice>,
    /// Remainder limbs, then value limbs, lowest first.
    pub(super) limbs: Vec<Column<Advice>>,
    /// By how much the value of a function grows within its segment; 0 elsewhere.
    pub(super) slope: Option<Column<Advice>>,
    /// Whether the lane holds an element.
    pub(super) mask: Column<Fixed>,
}

/// Fixed columns; the protocol says their value on each kind of row.
#[derive(Debug, Clone)]
pub(super) struct FixedColumns {
    pub(super) usable: Column<Fixed>,
    pub(super) first: Column<Fixed>,
    pub(super) last: Column<Fixed>,
    pub(super) hidden: Column<Fixed>,
    pub(super) run: Column<Fixed>,
    pub(super) head: Column<Fixed>,
    pub(super) negative_head: Option<Column<Fixed>>,
    pub(super) inside: Column<Fixed>,
    pub(super) step: Column<Fixed>,
    pub(super) unit: Column<Fixed>,
    pub(super) jump: Column<Fixed>,
    /// Rows whose neighbouring lanes are further apart than 1, per distance.
    pub(super) steps: Vec<Column<Fixed>>,
    /// Rows from which a run goes on by another distance than `lanes`, per distance.
    pub(super) hops: Vec<Column<Fixed>>,
    /// Rows whose neighbouring lanes are further apart than 1 for consumers, per distance.
    pub(super) spreads: Vec<Column<Fixed>>,
    /// Rows of pairs, whose products are read.
    pub(super) pair: Option<Column<Fixed>>,
    /// Rows whose code has a sign.
    pub(super) signed: Column<Fixed>,
    pub(super) clip: Option<Column<Fixed>>,
    /// Rows of comparisons that others read.
    pub(super) compare: Option<Column<Fixed>>,
    /// One column, or one per lane; none where weights are private.
    pub(super) bias: Vec<Column<Fixed>>,
    pub(super) public: Column<Fixed>,
    /// Rows of a public input.
    pub(super) public_input: Option<Column<Fixed>>,
    pub(super) decision: Option<Column<Fixed>>,
    /// Decision rows of an argmax but the last.
    pub(super) argmax_inside: Option<Column<Fixed>>,
    pub(super) table: Column<Fixed>,
    pub(super) function: Option<FunctionColumns>,
    /// The weights, or where a row holds private ones.
    pub(super) weights: Vec<Column<Fixed>>,
    pub(super) along_gamma: Column<Fixed>,
    pub(super) more: Column<Fixed>,
    pub(super) one: Column<Fixed>,
    pub(super) private: Option<PrivateFixed>,
    pub(super) record: Option<RecordFixed>,
}

/// Fixed columns of models with function tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct FunctionColumns {
    /// 1 on rows of elements with a table.
    pub(super) active: Column<Fixed>,
    /// The table's number on those rows.
    pub(super) tag: Column<Fixed>,
    pub(super) table_tag: Column<Fixed>,
    pub(super) table_base: Column<Fixed>,
    pub(super) table_slope: Option<Column<Fixed>>,
}

impl FixedColumns {
    /// Allocates them.
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>, params: &Params) -> Self {
        let bias = match (params.private, params.value_bias) {
            (Some(_), _) => 0,
            (None, true) => params.lanes.activations,
            (None, false) => 1,
        };
        Self {
            usable: meta.fixed_column(),
            first: meta.fixed_column(),
            last: meta.fixed_column(),
            hidden: meta.fixed_column(),
            run: meta.fixed_column(),
            head: meta.fixed_column(),
            negative_head: params.negative.then(|| meta.fixed_column()),
            inside: meta.fixed_column(),
            step: meta.fixed_column(),
            unit: meta.fixed_column(),
            jump: meta.fixed_column(),
            steps: params.steps.iter().map(|_| meta.fixed_column()).collect(),
            hops: params.hops.iter().map(|_| meta.fixed_column()).collect(),
            spreads: params.spreads.iter().map(|_| meta.fixed_column()).collect(),
            pair: params.pairs.then(|| meta.fixed_column()),
            signed: meta.fixed_column(),
            clip: params.clip.then(|| meta.fixed_column()),
            compare: params.compares.then(|| meta.fixed_column()),
            bias: (0..bias).map(|_| meta.fixed_column()).collect(),
            public: meta.fixed_column(),
            public_input: params.public_input.map(|_| meta.fixed_column()),
            decision: params.decision().then(|| meta.fixed_column()),
            argmax_inside: (params.argmax()).then(|| meta.fixed_column()),
            table: meta.fixed_column(),
            function: params.tables.map(|tables| FunctionColumns {
                active: meta.fixed_column(),
                tag: meta.fixed_column(),
                table_tag: meta.fixed_column(),
                table_base: meta.fixed_column(),
                table_slope: tables.sloped.then(|| meta.fixed_column()),
            }),
            weights: (0..params.lanes.weights).map(|_| meta.fixed_column()).collect(),
            along_gamma: meta.fixed_column(),
            more: meta.fixed_column(),
            one: meta.fixed_column(),
            private: params.private.map(|_| PrivateFixed::new(meta, params)),
            record: params.committed.then(|| RecordFixed::new(meta)),
        }
    }
}
