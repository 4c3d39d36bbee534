//! The factors of the polynomials that consumers read.

use super::{
    geometry::{Geometry, is_scattered},
    layout::MAX_K,
    placement::{Row, TensorRows},
    record::RecordRows,
    view::{TermView, View, Weight, taps},
    weights::{Factor, WeightCell, WeightRows},
};
use crate::{
    error::{Error, Result},
    graph::{Conv, Map, Product, Sparse},
};

/// Turns the weights of all readers into chains.
pub(super) struct Runs<'a, W: Weight> {
    pub(super) view: &'a View<'a, W>,
    pub(super) tensors: &'a [TensorRows],
    pub(super) weights: WeightRows,
    pub(super) transfers: Vec<(usize, WeightCell)>,
    pub(super) rows: &'a mut [Row],
    pub(super) records: &'a [RecordRows],
}

impl<W: Weight> Runs<'_, W> {
    /// The factor of every run: Σ over readers of weight · η^block · γ^(exponent made − exponent read), where a product
    /// has the polynomial of its other tensor for a weight.
    pub(super) fn all(&mut self, geometry: &Geometry) -> Result<()> {
        for tensor in (0..self.tensors.len()).rev() {
            let shape = self.view.shapes[tensor];
            let scattered = is_scattered(self.view, tensor);
            for channel in 0..shape.channels {
                let mut terms = Terms::new(&self.tensors[tensor], scattered);
                for packed in self.records.iter().map(|record| &record.packed).filter(|of| of.tensor == tensor) {
                    for (slot, run) in terms.main.iter_mut().enumerate() {
                        run.recorded = run.recorded.or_else(|| packed.run(&self.tensors[tensor], channel, slot));
                    }
                }
                for (layer, reader) in self.view.layers.iter().enumerate() {
                    for view in reader.terms.iter().filter(|view| view.term.source == tensor) {
                        let reading = Reading { geometry, layer, channel, view };
                        self.read(&reading, &view.term.map, &mut terms.main);
                        if self.view.negative(tensor) {
                            let map = view.term.negative.as_ref().unwrap_or(&view.term.map);
                            self.read(&reading, map, &mut terms.negative);
                        }
                    }
                }
                self.close(tensor, channel, terms)?;
            }
            if self.weights.rows.len() > 1 << MAX_K {
                return Err(Error::ModelTooLarge { needed: MAX_K + 1, available: MAX_K });
            }
        }
        Ok(())
    }

    /// Adds what one map reads of a channel to the factors of the channel's runs.
    fn read(&self, reading: &Reading<'_, W>, map: &Map<W>, runs: &mut [Factor]) {
        match map {
            Map::Sparse(sparse) => self.read_matrix(reading, sparse, runs),
            Map::Conv(conv) => self.read_conv(reading, conv, runs),
            Map::Product(product) => self.read_product(reading, product, runs),
        }
    }

    fn read_matrix(&self, reading: &Reading<'_, W>, sparse: &Sparse<W>, runs: &mut [Factor]) {
        let to = &self.tensors[reading.layer + 1];
        let (from, shape) = (self.view.shapes[reading.view.term.source].plane(), to.storage.shape);
        let fixed = self.weights.private && self.view.layers[reading.layer].fixed;
        for element in 0..from {
            let slot = if runs.len() == from { element } else { 0 };
            for (flat, weight) in &sparse.columns[reading.channel * from + element] {
                let (out, rest) = (*flat as usize / shape.plane(), *flat as usize % shape.plane());
                let (block, exponent) = to.exponent(rest / shape.width, rest % shape.width);
                let terms = if fixed { &mut runs[slot].fixed } else { &mut runs[slot].terms };
                terms.push(((to.block(out, block), exponent), weight.integer()));
            }
        }
    }

    fn read_conv(&self, reading: &Reading<'_, W>, conv: &Conv<W>, runs: &mut [Factor]) {
        let to = &self.tensors[reading.layer + 1];
        let Some(within) = reading.channel.checked_sub(conv.input_start).filter(|c| *c < conv.inputs) else { return };
        let (group, c) = (within / conv.group_inputs(), within % conv.group_inputs());
        let grid = reading.geometry.layers[reading.layer];
        let line = grid.stride as i64;
        let shape = to.storage.shape;
        let fixed = self.weights.private && self.view.layers[reading.layer].fixed;
        for tap in taps(conv, shape, grid.split) {
            let [i, j] = tap.split;
            if i >= shape.height || j >= shape.width {
                continue;
            }
            let (block, exponent) = to.exponent(i, j);
            let shift = exponent - tap.offset[0] as i64 * line - tap.offset[1] as i64;
            for o in group * conv.group_outputs()..(group + 1) * conv.group_outputs() {
                let weight = conv.kernel_weights(o, c)[tap.index].integer();
                if (weight != 0 || self.weights.private)
                    && let Some(run) = runs.get_mut(self.slot(reading, tap.residue))
                {
                    let block = to.block(conv.output_start + o, block) + i64::from(reading.view.second);
                    let terms = if fixed { &mut run.fixed } else { &mut run.terms };
                    terms.push(((block, shift), weight));
                }
            }
        }
    }

    /// The run of the other tensor stands for all lines that its elements make, and for the first of them here.
    fn read_product(&self, reading: &Reading<'_, W>, product: &Product<W>, runs: &mut [Factor]) {
        let (to, other) = (&self.tensors[reading.layer + 1], &self.tensors[product.factor]);
        let (Some(conv), Some(run)) = (reading.view.geometry.as_deref(), other.section([0, 0])) else { return };
        let row = other.first + reading.channel * other.channel_rows + run.row;
        let lead = (run.lead * other.storage.spread) as i64;
        let (shape, group) = (to.storage.shape, reading.channel / conv.group_inputs());
        for tap in taps(conv, shape, reading.geometry.layers[reading.layer].split) {
            let [i, j] = tap.split;
            if tap.offset != [0, 0] || i >= shape.height || j >= shape.width {
                continue;
            }
            let (block, exponent) = to.exponent(i, j);
            if let Some(run) = runs.get_mut(self.slot(reading, tap.residue)) {
                run.products.push(((to.block(group, block), exponent - lead), product.weight.integer(), row));
            }
        }
    }

    /// The run of a residue class of the source.
    fn slot(&self, reading: &Reading<'_, W>, residue: [usize; 2]) -> usize {
        residue[0] * self.tensors[reading.view.term.source].storage.period[1] + residue[1]
    }

    /// Turns the factors of a channel's runs into chains and copies them to the runs' first rows.
    ///
    /// # Errors
    /// `Graph` where several products read the channel.
    fn close(&mut self, tensor: usize, channel: usize, terms: Terms) -> Result<()> {
        let stored = &self.tensors[tensor];
        let start = stored.first + channel * stored.channel_rows;
        for (slot, (main, negative)) in terms.main.into_iter().zip(terms.negative).enumerate() {
            let (row, lead) = if terms.scattered {
                let width = stored.storage.shape.width;
                (stored.position(channel, slot / width, slot % width).0, 0)
            } else {
                let columns = stored.storage.period[1];
                let Some(section) = stored.section([slot / columns, slot % columns]) else { continue };
                (start + section.row, section.lead)
            };
            if main.products.len() > 1 {
                let reason = "several products read one tensor; copies must stand between them".to_owned();
                let node = tensor.checked_sub(1).map_or("input", |layer| self.view.layers[layer].node).to_owned();
                return Err(Error::Graph { node, reason });
            }
            let main = self.weights.chain(main.relative(lead));
            let negative = self.weights.chain(negative.relative(lead));
            self.rows[row].head = main.is_some();
            self.rows[row].negative_head = negative.is_some();
            self.transfers.extend(main.map(|cell| (row, cell)));
            self.transfers.extend(negative.map(|cell| (row + 1, cell)));
        }
        Ok(())
    }
}

/// A term that reads a channel.
struct Reading<'a, W: Weight> {
    geometry: &'a Geometry,
    layer: usize,
    channel: usize,
    view: &'a TermView<'a, W>,
}

/// Factors of the runs of one channel.
struct Terms {
    scattered: bool,
    main: Vec<Factor>,
    negative: Vec<Factor>,
}

impl Terms {
    fn new(stored: &TensorRows, scattered: bool) -> Self {
        let runs = if scattered { stored.storage.shape.plane() } else { stored.by_residue.len() };
        Self { scattered, main: vec![Factor::default(); runs], negative: vec![Factor::default(); runs] }
    }
}
