//! The `.vk` file.
//!
//! Magic `HUSHVKEY`, format version, body, Blake2b-256 of all before it. The body holds what the constraint system
//! depends on, not the constraint system: the reader rebuilds it and knows from it how many commitments follow.

use halo2_proofs::{
    SerdeFormat,
    plonk::{self, Circuit, ConstraintSystem},
};
use halo2curves::{
    CurveAffine,
    bn256::{Fq, G1Affine},
    ff::PrimeField,
    group::prime::PrimeCurveAffine,
};

use crate::{
    circuit::{CONTEXT_ROWS, Grid, MAX_K, ModelCircuit, Params},
    codec::{Reader, Writer},
    error::{ArtifactKind, Result},
    graph::{
        Finish, OutputEncoding, PublicCode, read_categories, read_thresholds, read_value_info, write_categories,
        write_thresholds, write_value_info,
    },
    statement::{CommittedRecord, PublicInput, PublicOutput, Statement},
};

use super::{
    super::{
        binding::WeightColumns,
        srs::{Origin, VerifierPoints},
    },
    VerifyingKey, check_degrees,
};

const MAGIC: &[u8; 8] = b"HUSHVKEY";
const VERSION: u32 = 4;
const POINT_BYTES: usize = 64;
/// Fewest bytes of a record: its schema's digest and a row.
const MIN_RECORD_BYTES: usize = 33;

impl VerifyingKey {
    /// The `.vk` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new(MAGIC, VERSION);
        w.text(&self.model);
        w.raw(&self.model_digest);
        w.u8((!self.srs_origin.is_development()).into());
        w.raw(&self.srs.to_bytes());
        self.params.write(&mut w);
        w.size(self.k as usize);
        write_statement(&mut w, &self.statement);
        for commitment in self.key.fixed_commitments().iter().chain(self.key.permutation().commitments()) {
            w.raw(&point_bytes(commitment));
        }
        if let Some(weights) = &self.weights {
            weights.random_rows.iter().for_each(|point| w.raw(&point_bytes(point)));
        }
        let names = &self.statement.output.value_info.categories;
        if !names.is_empty() {
            write_categories(&mut w, names);
        }
        w.finish()
    }

    /// Reads a `.vk` file.
    ///
    /// # Errors
    /// `Artifact` for bytes that are no verifying key, cut off or altered; `Version` for another format version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::open(ArtifactKind::VerifyingKey, MAGIC, VERSION, bytes)?;
        let model = r.text()?;
        let model_digest = array(&mut r)?;
        let development = !r.bool()?;
        let srs = VerifierPoints::from_bytes(r.raw(VerifierPoints::BYTES)?)?;
        let srs_origin = Origin::of(&srs.s_g2(), development);
        let params = Params::read(&mut r)?;
        let k = r.varint_u32()?;
        if !(4..=MAX_K).contains(&k) {
            return Err(r.error(format!("k = {k}, at most {MAX_K} is allowed")));
        }
        let mut statement = read_statement(&mut r, &params, k)?;
        let (key, weights) = read_key(&mut r, &params, k)?;
        if r.remaining() > 0 {
            let info = &mut statement.output.value_info;
            info.categories = read_categories(&mut r, info.len())?;
            if info.categories.is_empty() {
                return Err(r.error("no names where there should be some"));
            }
        }
        r.finish()?;
        Ok(Self { model, model_digest, srs_origin, srs, params, k, statement, weights, key })
    }
}

fn array<const N: usize>(r: &mut Reader<'_>) -> Result<[u8; N]> {
    let bytes = r.raw(N)?;
    bytes.try_into().map_err(|_| r.error("cut off"))
}

/// Uncompressed, canonical little-endian coordinates; the identity is all zeros.
fn point_bytes(point: &G1Affine) -> [u8; POINT_BYTES] {
    let mut bytes = [0; POINT_BYTES];
    if !bool::from(point.is_identity()) {
        bytes[..32].copy_from_slice(point.x.to_repr().as_ref());
        bytes[32..].copy_from_slice(point.y.to_repr().as_ref());
    }
    bytes
}

fn read_point(r: &mut Reader<'_>) -> Result<G1Affine> {
    let bytes: [u8; POINT_BYTES] = array(r)?;
    if bytes == [0; POINT_BYTES] {
        return Ok(G1Affine::identity());
    }
    let coordinate = |half: &[u8]| {
        let repr: [u8; 32] = half.try_into().unwrap_or([0xff; 32]);
        Option::<Fq>::from(Fq::from_repr(repr))
    };
    let (x, y) = bytes.split_at(POINT_BYTES / 2);
    let point = coordinate(x).zip(coordinate(y)).and_then(|(x, y)| Option::<G1Affine>::from(G1Affine::from_xy(x, y)));
    point.ok_or_else(|| r.error("a commitment is not a point of the curve"))
}

/// Rebuilds the stock key around commitments whose number the parameters fix. After them stand the Lagrange points of the
/// random rows, where weights are private.
fn read_key(
    r: &mut Reader<'_>,
    params: &Params,
    k: u32,
) -> Result<(plonk::VerifyingKey<G1Affine>, Option<WeightColumns>)> {
    // Before the system is built, which takes more memory than the commitments.
    if r.remaining() < params.fixed_columns().saturating_mul(POINT_BYTES) {
        return Err(r.error("ends too early"));
    }
    let mut cs = ConstraintSystem::default();
    let config = ModelCircuit::configure_with_params(&mut cs, params.clone());
    let (fixed, permuted) = (cs.num_fixed_columns(), cs.permutation().get_columns().len());
    // The stock format: version, k, selectors compressed or not, number of fixed columns, commitments of fixed columns
    // and permutations.
    let mut stock = vec![2];
    stock.extend(k.to_le_bytes());
    stock.push(0);
    stock.extend((fixed as u32).to_le_bytes());
    for point in r.many(fixed + permuted, POINT_BYTES, read_point)? {
        stock.extend(halo2curves::serde::SerdeObject::to_raw_bytes(&point));
    }
    let read = plonk::VerifyingKey::from_bytes::<ModelCircuit<'_>>(&stock, SerdeFormat::RawBytes, params.clone());
    let key = read.map_err(|error| r.error(error.to_string()))?;
    check_degrees(key.cs())?;
    let weights = WeightColumns::new(&config, &cs, |rows| {
        if r.remaining() == 0 {
            return Err(r.error("made before models could be named; make the key anew (`hushproof keys`)"));
        }
        let points = r.many(rows, POINT_BYTES, read_point)?;
        let infinite = points.iter().any(|point| bool::from(point.is_identity()));
        if infinite { Err(r.error("a point of a random row is at infinity")) } else { Ok(points) }
    })?;
    Ok((key, weights))
}

fn write_statement(w: &mut Writer, statement: &Statement) {
    let output = &statement.output;
    w.size(output.scale.len());
    write_value_info(w, &output.value_info);
    output.scale.iter().for_each(|v| w.f64(*v));
    write_thresholds(w, &output.thresholds);
    Finish::write(output.finish, output.scale.len(), w);
    if let Some(input) = &statement.input {
        input.grid.write(w);
        write_value_info(w, &input.value_info);
        input.scale.iter().for_each(|v| w.f64(*v));
        input.zero_point.iter().for_each(|v| w.signed(*v));
    }
    if statement.committed().next().is_some() {
        w.size(statement.records.len());
        for record in statement.committed() {
            w.raw(&record.schema);
            w.size(record.row);
        }
    }
}

fn read_statement(r: &mut Reader<'_>, params: &Params, k: u32) -> Result<Statement> {
    let outputs = r.size()?;
    if outputs == 0 || outputs >= 1 << k {
        return Err(r.error("public rows outside the circuit"));
    }
    let output = PublicOutput {
        value_info: read_value_info(r)?,
        scale: r.many(outputs, 8, Reader::f64)?,
        encoding: params.output,
        thresholds: read_thresholds(r)?,
        finish: Finish::read(r, outputs)?,
    };
    let several = output.thresholds.len() > 1;
    if several != (output.encoding == OutputEncoding::Bands) || several && output.thresholds.len() != outputs {
        return Err(r.error("thresholds of another number of values"));
    }
    if output.finish.is_some() && output.encoding.decision().is_some() {
        return Err(r.error("a function of a decision"));
    }
    let input = match params.input_code() {
        Some(code) => Some(read_input(r, code, params.lanes.activations, k, outputs)?),
        None => None,
    };
    let mut statement = Statement { output, input, records: Vec::new(), output_record: None };
    if params.committed {
        let count = r.size()?;
        if count > 0 && statement.input.is_some() {
            return Err(r.error("an input that is public and committed to"));
        }
        let first = statement.input.as_ref().map_or_else(|| statement.outputs(), |input| input.grid.end());
        let mut free = if params.output == OutputEncoding::Committed && statement.input.is_none() { 0 } else { first };
        statement.records = r.many(count, MIN_RECORD_BYTES, |r| read_record(r, k, &mut free))?;
        if params.output == OutputEncoding::Committed {
            statement.output_record = Some(read_record(r, k, &mut free)?);
        }
        if statement.committed().next().is_none() {
            return Err(r.error("a sponge of nothing"));
        }
    }
    Ok(statement)
}

/// A commitment, which stands below what is public and above two rows of the context; below `free`, which it moves.
fn read_record(r: &mut Reader<'_>, k: u32, free: &mut usize) -> Result<CommittedRecord> {
    let record = CommittedRecord { schema: array(r)?, row: r.size()? };
    if record.row < *free || record.row >= (1 << k) - CONTEXT_ROWS {
        return Err(r.error("a commitment on a row of the output, or outside the circuit"));
    }
    *free = record.row + 1;
    Ok(record)
}

/// A public input, which stands below the outputs and above two rows of the context at least.
fn read_input(r: &mut Reader<'_>, code: PublicCode, lanes: usize, k: u32, outputs: usize) -> Result<PublicInput> {
    let grid = Grid::read(r, lanes, (1 << k) - CONTEXT_ROWS)?;
    let value_info = read_value_info(r)?;
    let values = value_info.shape.iter().try_fold(1usize, |values, size| values.checked_mul(*size));
    if grid.first < outputs || values != Some(grid.shape.len()) {
        return Err(r.error("a public input on rows of the output, or of another shape"));
    }
    let scale = r.many(grid.shape.channels, 8, Reader::f64)?;
    let zero_point = r.many(grid.shape.channels, 1, Reader::signed)?;
    Ok(PublicInput { value_info, scale, zero_point, code, grid })
}
