//! What the prover keeps between proofs of one circuit.

use std::sync::OnceLock;

use halo2_proofs::plonk::{Any, Circuit, Column, ConstraintSystem, ProvingKey, VerifyingKey};
use halo2_proofs::poly::{Polynomial, Rotation};
use halo2curves::bn256::{self, G1Affine};
use halo2curves::ff::PrimeField;
use hushproof_bn254::Fr;
use hushproof_bn254::ntt::{Domain, NttError, zeta};

use crate::assembly::Assembly;
use crate::error::ProveError;
use crate::fixed::{FixedColumn, Form, fixed_columns};
use crate::polynomial::lagrange_basis;
use crate::program::{Builder, Program, Scalar, Source, Value};
use crate::srs::Srs;

/// Columns transformed or committed together.
const BATCH: usize = 8;

/// Most bytes of columns' values on a coset that are computed together where fewer would do.
const TOGETHER_BYTES: usize = 8 << 20;

/// The prover of one circuit. It holds copies of all it needs of the keys, which may be dropped.
///
/// Memory: 32 bytes times the rows for each fixed column, permuted column (twice), and of two tables.
pub struct Prover {
    pub(crate) domain: Domain,
    pub(crate) transcript_repr: bn256::Fr,
    /// Phase of each advice column.
    pub(crate) advice_phases: Vec<u8>,
    /// Phase of each challenge.
    pub(crate) challenge_phases: Vec<u8>,
    pub(crate) phases: u8,
    pub(crate) instance_columns: usize,
    pub(crate) blinding_factors: usize,
    /// Column and rotation of each evaluation of an advice column in the proof.
    pub(crate) advice_queries: Vec<(usize, i32)>,
    pub(crate) fixed_queries: Vec<(usize, i32)>,
    pub(crate) fixed: Vec<FixedColumn>,
    pub(crate) permutation: Permutation,
    /// One for each piece of the quotient.
    pub(crate) cosets: Vec<Coset>,
    /// The folded constraints, to be divided by the vanishing polynomial.
    pub(crate) program: Program,
    /// Values of columns that are the same in every proof, by coset and slot of the program; of some of them.
    pub(crate) constants: OnceLock<Vec<Vec<Vec<Fr>>>>,
}

/// The permutation argument.
pub(crate) struct Permutation {
    pub(crate) columns: Vec<Source>,
    /// Columns of a product.
    pub(crate) set_size: usize,
    /// Values of the fixed columns among them, by column.
    pub(crate) fixed_values: Vec<Option<Vec<Fr>>>,
    /// For each column the values delta^j w^i of the cells that its cells are mapped to.
    pub(crate) sigma_values: Vec<Vec<Fr>>,
    /// The same as coefficients.
    pub(crate) sigmas: Vec<Vec<Fr>>,
}

impl Permutation {
    /// Number of running products.
    pub(crate) fn sets(&self) -> usize {
        self.columns.len().div_ceil(self.set_size)
    }
}

/// One coset g H of the subgroup H of 2^k elements.
pub(crate) struct Coset {
    /// g
    pub(crate) shift: Fr,
    /// g^-1
    pub(crate) shift_inverse: Fr,
    /// From this coset's share of the quotient to its pieces: X^n is a constant c on each coset, piece j is the
    /// coefficient of c^j. Includes the division by the vanishing polynomial, c - 1 on this coset.
    pub(crate) to_pieces: Vec<Fr>,
}

impl Prover {
    /// Prepares the prover of a circuit from its proving key.
    ///
    /// # Errors
    /// [`ProveError::Lookups`], [`ProveError::Phases`], [`ProveError::Degree`], [`ProveError::Selector`] for circuits
    /// that it does not support; [`ProveError::Key`], [`ProveError::Ntt`] for impossible keys.
    pub fn new(key: &ProvingKey<G1Affine>) -> Result<Self, ProveError> {
        let cs = key.get_vk().cs();
        check_supported(cs)?;
        let k = key.l0().len().trailing_zeros();
        let domain = Domain::new(k)?;
        check_count("fixed columns", cs.num_fixed_columns(), key.fixed_polys().len())?;
        check_count("columns of fixed values", cs.num_fixed_columns(), key.fixed_values().len())?;
        let coefficients = columns(key.fixed_polys(), domain.size())?.into_iter();
        let fixed = coefficients.zip(key.fixed_values()).map(|(coefficients, values)| {
            let form = Form::of(&values.iter().map(|value| Fr::from(*value)).collect::<Vec<_>>());
            FixedColumn::new(coefficients, form)
        });
        let fixed = fixed.collect();
        Self::assemble(key.get_vk(), domain, fixed, permutation(key, cs)?)
    }

    /// Prepares the prover of a circuit from its verifying key, without a proving key: what that adds is derived from
    /// the circuit's synthesis, faster than `keygen_pk` does. The circuit needs no witness. Whether the verifying key
    /// is the circuit's is not checked beyond the shape; [`Self::commits_to`] tells.
    ///
    /// # Errors
    /// As [`Self::new`], and [`ProveError::Synthesis`] for a circuit whose synthesis fails, or assigns cells or copies
    /// that key generation does not allow.
    pub fn from_circuit<C: Circuit<bn256::Fr>>(vk: &VerifyingKey<G1Affine>, circuit: &C) -> Result<Self, ProveError> {
        let cs = vk.cs();
        check_supported(cs)?;
        let domain = Domain::new(vk.get_domain().k())?;
        let Assembly { fixed: values, cycles } = Assembly::new(circuit, domain.k(), vk.compress_selectors())?;
        check_count("fixed columns", cs.num_fixed_columns(), values.len())?;
        let columns = permuted(cs);
        check_count("permutation columns", columns.len(), cycles.columns())?;
        let permuted_values = values.iter().enumerate().map(|(index, values)| {
            let permuted = columns.contains(&Source::Fixed(index));
            permuted.then(|| values.clone())
        });
        let fixed_values = permuted_values.collect();
        let sigma_values = cycles.sigma_values(domain.omega());
        drop(cycles);
        let permutation = Permutation {
            set_size: cs.degree() - 2,
            fixed_values,
            sigmas: to_coefficients(&domain, &sigma_values)?,
            sigma_values,
            columns,
        };
        let fixed = fixed_columns(&domain, values)?;
        Self::assemble(vk, domain, fixed, permutation)
    }

    fn assemble(
        vk: &VerifyingKey<G1Affine>,
        domain: Domain,
        fixed: Vec<FixedColumn>,
        permutation: Permutation,
    ) -> Result<Self, ProveError> {
        let cs = vk.cs();
        let advice_phases = cs.advice_column_phase();
        let phases = 1 + advice_phases.iter().copied().max().unwrap_or(0);
        if phases > 2 {
            return Err(ProveError::Phases { got: phases.into() });
        }
        let blinding_factors = cs.blinding_factors();
        Ok(Self {
            transcript_repr: vk.transcript_repr(),
            advice_phases,
            challenge_phases: cs.challenge_phase(),
            phases,
            instance_columns: cs.num_instance_columns(),
            blinding_factors,
            advice_queries: cs.advice_queries().iter().map(query).collect(),
            fixed_queries: cs.fixed_queries().iter().map(query).collect(),
            cosets: cosets(&domain, cs.degree() - 1)?,
            program: constraints(cs, &fixed, &permutation, blinding_factors, domain.k())?,
            fixed,
            permutation,
            domain,
            constants: OnceLock::new(),
        })
    }

    /// Whether this is the prover of a verifying key: whether its fixed columns and its permutation have the key's
    /// commitments, which it recomputes. Costs a multi-scalar multiplication for each of them.
    ///
    /// # Errors
    /// [`ProveError::SrsSize`] for a reference string of another size; [`ProveError::Msm`].
    pub fn commits_to(&self, srs: &Srs, vk: &VerifyingKey<G1Affine>) -> Result<bool, ProveError> {
        if srs.k() != self.k() {
            return Err(ProveError::SrsSize { key: self.k(), srs: srs.k() });
        }
        let fixed = self.fixed.iter().map(|column| &column.coefficients);
        let polynomials: Vec<_> = fixed.chain(&self.permutation.sigmas).map(Vec::as_slice).collect();
        let mut commitments = Vec::with_capacity(polynomials.len());
        for batch in polynomials.chunks(BATCH) {
            commitments.extend(srs.commit(batch)?);
        }
        let of_key = vk.fixed_commitments().iter().chain(vk.permutation().commitments());
        Ok(self.transcript_repr == vk.transcript_repr() && commitments.iter().eq(of_key))
    }

    /// log2 of the rows.
    pub fn k(&self) -> u32 {
        self.domain.k()
    }

    /// Rows that a witness may fill; the others are random.
    pub fn usable_rows(&self) -> usize {
        self.domain.size() - self.random_rows()
    }

    /// The last rows, which the prover fills with random values.
    pub fn random_rows(&self) -> usize {
        self.blinding_factors + 1
    }

    /// Number of advice columns of a phase.
    pub fn advice_columns(&self, phase: u8) -> usize {
        self.advice_phases.iter().filter(|of| **of == phase).count()
    }
}

fn query<C: halo2_proofs::plonk::ColumnType>((column, rotation): &(Column<C>, Rotation)) -> (usize, i32) {
    (column.index(), rotation.0)
}

fn check_supported(cs: &ConstraintSystem<bn256::Fr>) -> Result<(), ProveError> {
    if !cs.lookups().is_empty() {
        return Err(ProveError::Lookups { got: cs.lookups().len() });
    }
    let gates = cs.gates().iter().flat_map(|gate| gate.polynomials());
    let (got, limit) = (gates.map(|gate| gate.degree()).max().unwrap_or(0), cs.degree());
    if got > limit {
        return Err(ProveError::Degree { got, limit });
    }
    if limit < 3 {
        // The permutation argument needs as much, so only a clamp can have made it less.
        return Err(ProveError::Degree { got: 3, limit });
    }
    Ok(())
}

fn check_count(what: &'static str, expected: usize, got: usize) -> Result<(), ProveError> {
    if expected == got { Ok(()) } else { Err(ProveError::Key { what, expected, got }) }
}

/// Copies polynomials of `size` elements.
fn columns<B>(polynomials: &[Polynomial<bn256::Fr, B>], size: usize) -> Result<Vec<Vec<Fr>>, ProveError> {
    let column = |polynomial: &Polynomial<bn256::Fr, B>| {
        check_count("elements in a column", size, polynomial.len())?;
        Ok(polynomial.iter().map(|value| Fr::from(*value)).collect())
    };
    polynomials.iter().map(column).collect()
}

/// Coefficients of columns given by their values.
pub(crate) fn to_coefficients(domain: &Domain, values: &[Vec<Fr>]) -> Result<Vec<Vec<Fr>>, ProveError> {
    let mut coefficients = vec![vec![Fr::ZERO; domain.size()]; values.len()];
    domain.inverse().apply_many(values, &mut coefficients)?;
    Ok(coefficients)
}

/// The columns of the permutation.
fn permuted(cs: &ConstraintSystem<bn256::Fr>) -> Vec<Source> {
    let source = |column: Column<Any>| match column.column_type() {
        Any::Advice(_) => Source::Advice(column.index()),
        Any::Fixed => Source::Fixed(column.index()),
        Any::Instance => Source::Instance(column.index()),
    };
    cs.permutation().get_columns().into_iter().map(source).collect()
}

fn permutation(key: &ProvingKey<G1Affine>, cs: &ConstraintSystem<bn256::Fr>) -> Result<Permutation, ProveError> {
    let size = key.l0().len();
    let columns_permuted = permuted(cs);
    let sigma_values = columns(key.permutation().permutations(), size)?;
    let sigmas = columns(key.permutation().polys(), size)?;
    check_count("permutation columns", columns_permuted.len(), sigma_values.len())?;
    check_count("permutation polynomials", columns_permuted.len(), sigmas.len())?;
    check_count("columns of fixed values", cs.num_fixed_columns(), key.fixed_values().len())?;
    let fixed_values = key.fixed_values().iter().enumerate().map(|(index, values)| {
        let permuted = columns_permuted.contains(&Source::Fixed(index));
        permuted.then(|| values.iter().map(|value| Fr::from(*value)).collect())
    });
    Ok(Permutation {
        set_size: cs.degree() - 2,
        fixed_values: fixed_values.collect(),
        sigma_values,
        sigmas,
        columns: columns_permuted,
    })
}

/// As many cosets as the quotient has pieces: zeta times the first powers of a root of unity outside of H.
fn cosets(domain: &Domain, pieces: usize) -> Result<Vec<Coset>, ProveError> {
    let extension = pieces.next_power_of_two().trailing_zeros();
    let extended_k = domain.k() + extension;
    if extended_k > bn256::Fr::S {
        return Err(NttError::TooLarge { k: extended_k }.into());
    }
    let root = extended_root(extended_k);
    let shifts: Vec<_> = root.powers(pieces).map(|power| zeta() * power).collect();
    let constants: Vec<_> = shifts.iter().map(|shift| shift.pow(&[domain.size() as u64])).collect();
    let basis = lagrange_basis(&constants).ok_or(NttError::ZeroShift)?;
    let coset = |((shift, constant), basis): ((Fr, Fr), Vec<Fr>)| {
        let vanishing_inverse = (constant - Fr::ONE).invert().ok_or(NttError::ZeroShift)?;
        Ok(Coset {
            shift,
            shift_inverse: shift.invert().ok_or(NttError::ZeroShift)?,
            to_pieces: basis.into_iter().map(|coefficient| coefficient * vanishing_inverse).collect(),
        })
    };
    shifts.into_iter().zip(constants).zip(basis).map(coset).collect()
}

/// The root of unity of order 2^k that halo2 uses.
fn extended_root(k: u32) -> Fr {
    (k..bn256::Fr::S).fold(bn256::Fr::ROOT_OF_UNITY.into(), |root: Fr, _| root.square())
}

/// All constraints folded with powers of y in the stock prover's order: gates, then the permutation argument's first
/// and last rows, links between sets, products.
fn constraints(
    cs: &ConstraintSystem<bn256::Fr>,
    fixed: &[FixedColumn],
    permutation: &Permutation,
    blinding_factors: usize,
    k: u32,
) -> Result<Program, ProveError> {
    let mut builder = Builder::new(fixed.iter().map(|column| column.form.clone()).collect());
    let mut constraints = Vec::new();
    for polynomial in cs.gates().iter().flat_map(|gate| gate.polynomials()) {
        constraints.push(builder.expression(polynomial)?);
    }
    if let Some(last) = permutation.sets().checked_sub(1) {
        let b = &mut builder;
        let one = b.constant(Fr::ONE);
        // The last usable row is `random` rows before the first, modulo their number.
        let random = blinding_factors as i32 + 1;
        let first_row = b.column(Source::FirstRow, 0);
        let last_row = b.column(Source::FirstRow, random);
        let inactive = (1..=random).fold(None, |sum: Option<Value>, rotation| {
            let row = b.column(Source::FirstRow, rotation);
            Some(sum.map_or(row, |sum| b.add(sum, row)))
        });
        let active = inactive.map_or(one, |inactive| b.sub(one, inactive));

        let product = b.column(Source::Product(0), 0);
        let difference = b.sub(one, product);
        constraints.push(b.mul(first_row, difference));

        let product = b.column(Source::Product(last), 0);
        let square = b.mul(product, product);
        let difference = b.sub(square, product);
        constraints.push(b.mul(last_row, difference));

        for set in 1..=last {
            let (product, previous) = (b.column(Source::Product(set), 0), b.column(Source::Product(set - 1), -random));
            let difference = b.sub(product, previous);
            constraints.push(b.mul(first_row, difference));
        }

        let (beta, gamma) = (b.scalar(Scalar::Beta), b.scalar(Scalar::Gamma));
        let point = b.column(Source::Point, 0);
        let mut delta_power = Fr::ONE;
        for (set, columns) in permutation.columns.chunks(permutation.set_size).enumerate() {
            let mut left = b.column(Source::Product(set), 1);
            let mut right = b.column(Source::Product(set), 0);
            for (i, column) in columns.iter().enumerate() {
                let value = b.column(*column, 0);
                let value = b.add(value, gamma);
                let sigma = b.column(Source::Sigma(set * permutation.set_size + i), 0);
                let term = b.mul(sigma, beta);
                let term = b.add(value, term);
                left = b.mul(left, term);
                let delta = b.constant(delta_power);
                let factor = b.mul(beta, delta);
                let term = b.mul(point, factor);
                let term = b.add(value, term);
                right = b.mul(right, term);
                delta_power *= Fr::from(bn256::Fr::DELTA);
            }
            let difference = b.sub(left, right);
            constraints.push(b.mul(active, difference));
        }
    }
    let output = builder.fold(&constraints);
    let output = builder.form_combinations(output, k, cs.degree() - 1);
    let parts = builder.parts(output, TOGETHER_BYTES / (size_of::<Fr>() << k));
    Ok(builder.compile(&parts))
}
