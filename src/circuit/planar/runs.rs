//! The factors of the polynomials that consumers read.

use super::{
    super::layout::MAX_K,
    geometry::{Geometry, is_scattered},
    rows::{Row, TensorRows},
    view::{View, Weight, taps},
    weights::{Monomial, WeightCell, WeightRows},
};
use crate::{
    error::{Error, Result},
    graph::planar::Map,
};

/// Turns the weights of all readers into chains.
pub(super) struct Runs<'a, W> {
    pub(super) view: &'a View<'a, W>,
    pub(super) tensors: &'a [TensorRows],
    pub(super) weights: WeightRows,
    pub(super) transfers: Vec<(usize, WeightCell)>,
    pub(super) rows: &'a mut [Row],
}

impl<W: Weight> Runs<'_, W> {
    /// The factor of every run: Σ over readers of weight · η^block · γ^(exponent made − exponent read).
    pub(super) fn all(&mut self, geometry: &Geometry) -> Result<()> {
        for tensor in (0..self.tensors.len()).rev() {
            let shape = self.view.shapes[tensor];
            let scattered = is_scattered(self.view, tensor);
            for channel in 0..shape.channels {
                let mut terms = Terms::new(&self.tensors[tensor], scattered);
                for (layer, reader) in self.view.layers.iter().enumerate() {
                    for term in reader.terms.iter().filter(|term| term.source == tensor) {
                        let negative = self.view.negative(tensor);
                        self.read(geometry, layer, channel, &term.map, &mut terms.main);
                        if negative {
                            let map = term.negative.as_ref().unwrap_or(&term.map);
                            self.read(geometry, layer, channel, map, &mut terms.negative);
                        }
                    }
                }
                self.close(tensor, channel, terms);
            }
            if self.weights.rows.len() > 1 << MAX_K {
                return Err(Error::ModelTooLarge { needed: MAX_K + 1, available: MAX_K });
            }
        }
        Ok(())
    }

    /// Adds what one map reads of a channel to the factors of the channel's runs.
    fn read(&self, geometry: &Geometry, layer: usize, channel: usize, map: &Map<W>, runs: &mut [Vec<(Monomial, i64)>]) {
        let to = &self.tensors[layer + 1];
        match map {
            Map::Sparse(sparse) => {
                let from = self.view.shapes[sparse_source(self.view, layer, map)].plane();
                for element in 0..from {
                    let slot = if runs.len() == from { element } else { 0 };
                    for (flat, weight) in &sparse.columns[channel * from + element] {
                        let (out, rest) =
                            (*flat as usize / to.storage.shape.plane(), *flat as usize % to.storage.shape.plane());
                        let (block, exponent) =
                            to.exponent(rest / to.storage.shape.width, rest % to.storage.shape.width);
                        runs[slot].push(((to.block(out, block), exponent), weight.integer()));
                    }
                }
            }
            Map::Conv(conv) => {
                let Some(within) = channel.checked_sub(conv.input_start).filter(|c| *c < conv.inputs) else { return };
                let (group, c) = (within / conv.group_inputs(), within % conv.group_inputs());
                let grid = geometry.layers[layer];
                let line = grid.stride as i64;
                let shape = to.storage.shape;
                for tap in taps(conv, shape, grid.split) {
                    let [i, j] = tap.split;
                    if i >= shape.height || j >= shape.width {
                        continue;
                    }
                    let (block, exponent) = to.exponent(i, j);
                    let shift = exponent - tap.offset[0] as i64 * line - tap.offset[1] as i64;
                    for o in group * conv.group_outputs()..(group + 1) * conv.group_outputs() {
                        let weight = conv.kernel_weights(o, c)[tap.index].integer();
                        if weight != 0 || self.weights.private {
                            let slot = tap.phase[0] * self.phase_columns(map, layer) + tap.phase[1];
                            if let Some(run) = runs.get_mut(slot) {
                                run.push(((to.block(conv.output_start + o, block), shift), weight));
                            }
                        }
                    }
                }
            }
        }
    }

    fn phase_columns(&self, map: &Map<W>, layer: usize) -> usize {
        self.tensors[sparse_source(self.view, layer, map)].storage.phase[1]
    }

    /// Turns the factors of a channel's runs into chains and copies them to the runs' first rows.
    fn close(&mut self, tensor: usize, channel: usize, terms: Terms) {
        let stored = &self.tensors[tensor];
        let start = stored.first + channel * stored.channel_rows;
        for (slot, (main, negative)) in terms.main.into_iter().zip(terms.negative).enumerate() {
            let (row, lead) = if terms.scattered {
                let width = stored.storage.shape.width;
                (stored.position(channel, slot / width, slot % width).0, 0)
            } else {
                let columns = stored.storage.phase[1];
                let Some(segment) = stored.segment([slot / columns, slot % columns]) else { continue };
                (start + segment.row, segment.lead)
            };
            let relative = |terms: Vec<(Monomial, i64)>| {
                terms.into_iter().map(|((a, b), weight)| ((a, b - lead as i64), weight)).collect()
            };
            let main = self.weights.chain(relative(main));
            let negative = self.weights.chain(relative(negative));
            self.rows[row].head = main.is_some();
            self.rows[row].negative_head = negative.is_some();
            self.transfers.extend(main.map(|cell| (row, cell)));
            self.transfers.extend(negative.map(|cell| (row + 1, cell)));
        }
    }
}

/// The tensor that a map of a layer reads.
fn sparse_source<W>(view: &View<'_, W>, layer: usize, map: &Map<W>) -> usize {
    let same = |term: &&crate::graph::planar::Term<W>| {
        std::ptr::eq(&term.map, map) || term.negative.as_ref().is_some_and(|negative| std::ptr::eq(negative, map))
    };
    view.layers[layer].terms.iter().find(same).map_or(0, |term| term.source)
}

/// Factors of the runs of one channel.
struct Terms {
    scattered: bool,
    main: Vec<Vec<(Monomial, i64)>>,
    negative: Vec<Vec<(Monomial, i64)>>,
}

impl Terms {
    fn new(stored: &TensorRows, scattered: bool) -> Self {
        let runs = if scattered { stored.storage.shape.plane() } else { stored.by_phase.len() };
        Self { scattered, main: vec![Vec::new(); runs], negative: vec![Vec::new(); runs] }
    }
}
