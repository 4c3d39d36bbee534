//! A circuit with everything the prover supports, and the stock prover as its oracle.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed, Instance, ProvingKey,
    SecondPhase, keygen_pk, keygen_vk, verify_proof,
};
use halo2_proofs::poly::Rotation;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, EncodedChallenge, TranscriptRead, TranscriptReadBuffer,
    TranscriptWriterBuffer,
};
use hushproof_halo2_prover::{
    Challenges, CircuitWitness, ColumnValues, Control, Prover, Randomness, Source, Srs, Witness, oracle::stock_proof,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// What a test circuit looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) k: u32,
    /// Of the constraint system and its highest gate.
    pub(crate) degree: usize,
    /// Columns of integers.
    pub(crate) lanes: usize,
    pub(crate) phases: u8,
    /// Whether there are copy constraints.
    pub(crate) permutation: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { k: 6, degree: 4, lanes: 3, phases: 2, permutation: true }
    }
}

#[derive(Clone)]
pub(crate) struct Config {
    lanes: Vec<Column<Advice>>,
    power: Column<Advice>,
    sum: Option<Column<Advice>>,
    copy: Column<Advice>,
    steps: Column<Fixed>,
    constants: Column<Fixed>,
    active: Column<Fixed>,
    inner: Column<Fixed>,
    public: Column<Fixed>,
    instance: Column<Instance>,
    challenges: Option<(Challenge, Challenge)>,
}

/// Lane 0 counts up by a fixed column's steps, `power` is a power of it, lane 1 begins with the instance, `sum` is a
/// sum of all lanes in the second phase, `copy` copies of other cells.
#[derive(Clone)]
pub(crate) struct TestCircuit {
    pub(crate) shape: Shape,
    /// For each lane its integers; the first is determined by its first row.
    pub(crate) lanes: Vec<Vec<i64>>,
}

pub(crate) const INSTANCES: usize = 3;
const STEPS: [i64; 5] = [1, -3, 7, 0, 11];

fn element(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

impl TestCircuit {
    pub(crate) fn new(shape: Shape, seed: u64) -> Self {
        let mut rng = rng(seed);
        let rows = Self::rows(&shape);
        let lane = |lane: usize| -> Vec<i64> {
            if lane == 0 {
                let first = i64::from(rng.next_u32() % 100) - 50;
                (0..rows).scan(first, |at, row| Some(std::mem::replace(at, *at + STEPS[row % STEPS.len()]))).collect()
            } else {
                (0..rows).map(|_| i64::from(rng.next_u32() % 512) - 256).collect()
            }
        };
        Self { shape, lanes: (0..shape.lanes).map(lane).collect() }
    }

    /// Rows in use: fewer than usable.
    pub(crate) fn rows(shape: &Shape) -> usize {
        (1 << shape.k) - 16
    }

    pub(crate) fn instance(&self) -> Vec<Fr> {
        self.lanes[1][..INSTANCES].iter().map(|value| element(*value)).collect()
    }
}

impl Circuit<Fr> for TestCircuit {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Shape;

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn params(&self) -> Shape {
        self.shape
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Config {
        unreachable!("configured from a shape")
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
        let two = shape.phases == 2;
        // The columns of the second phase lie between those of the first.
        let mut lanes = vec![meta.advice_column()];
        let challenges =
            two.then(|| (meta.challenge_usable_after(FirstPhase), meta.challenge_usable_after(FirstPhase)));
        let sum = two.then(|| meta.advice_column_in(SecondPhase));
        lanes.extend((1..shape.lanes).map(|_| meta.advice_column()));
        let config = Config {
            lanes,
            sum,
            challenges,
            power: meta.advice_column(),
            copy: if two { meta.advice_column_in(SecondPhase) } else { meta.advice_column() },
            steps: meta.fixed_column(),
            constants: meta.fixed_column(),
            active: meta.fixed_column(),
            inner: meta.fixed_column(),
            public: meta.fixed_column(),
            instance: meta.instance_column(),
        };
        if shape.permutation {
            meta.enable_equality(config.copy);
            meta.enable_equality(config.constants);
            meta.enable_equality(config.lanes[1]);
            meta.enable_equality(config.instance);
            meta.enable_equality(config.power);
            if let Some(sum) = sum {
                meta.enable_equality(sum);
            }
        }
        meta.set_minimum_degree(shape.degree);
        let c = config.clone();
        meta.create_gate("lanes", |cells| {
            let active = cells.query_fixed(c.active, Rotation::cur());
            let inner = cells.query_fixed(c.inner, Rotation::cur());
            let lane = cells.query_advice(c.lanes[0], Rotation::cur());
            let before = cells.query_advice(c.lanes[0], Rotation::prev());
            let step = cells.query_fixed(c.steps, Rotation::prev());
            let power = cells.query_advice(c.power, Rotation::cur());
            let product = (2..shape.degree).fold(lane.clone(), |product, _| product * lane.clone());
            vec![active * (power - product), inner * (lane - before - step)]
        });
        if let (Some(sum), Some((gamma, eta))) = (sum, c.challenges) {
            meta.create_gate("sum", |cells| {
                let active = cells.query_fixed(c.active, Rotation::cur());
                let (gamma, eta) = (cells.query_challenge(gamma), cells.query_challenge(eta));
                let now = cells.query_advice(sum, Rotation::cur());
                let next = cells.query_advice(sum, Rotation::next());
                let zero = Expression::Constant(Fr::ZERO);
                let lanes = c.lanes.iter().rev().fold(zero, |lanes, lane| {
                    lanes * eta.clone() + cells.query_advice(*lane, Rotation::cur()) * Fr::from(3)
                });
                vec![active * (next - now * gamma - lanes)]
            });
        }
        meta.create_gate("instance", |cells| {
            let public = cells.query_fixed(c.public, Rotation::cur());
            let instance = cells.query_instance(c.instance, Rotation::next());
            let lane = cells.query_advice(c.lanes[1], Rotation::next());
            vec![public * (instance - lane)]
        });
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let rows = Self::rows(&self.shape);
        let mut first = Vec::new();
        layouter.assign_region(
            || "all",
            |mut region| {
                first.clear();
                for row in 0..rows {
                    region.assign_fixed(config.active, row, Fr::ONE);
                    region.assign_fixed(config.inner, row, if row == 0 { Fr::ZERO } else { Fr::ONE });
                    region.assign_fixed(config.steps, row, element(STEPS[row % STEPS.len()]));
                    for (lane, values) in config.lanes.iter().zip(&self.lanes) {
                        let cell = region.assign_advice(*lane, row, Value::known(element(values[row])));
                        if *lane == config.lanes[1] && row < INSTANCES {
                            first.push(cell.cell());
                        }
                    }
                    let base = element(self.lanes[0][row]);
                    let power = base.pow_vartime([self.shape.degree as u64 - 1]);
                    region.assign_advice(config.power, row, Value::known(power));
                }
                for row in 0..INSTANCES - 1 {
                    region.assign_fixed(config.public, row, Fr::ONE);
                }
                let constant = region.assign_fixed(config.constants, 1, Fr::from(42));
                if self.shape.phases == 2 {
                    region.next_phase();
                }
                let one = region.assign_advice(config.copy, 3, Value::known(Fr::from(42)));
                let instance = element(self.lanes[1][2]);
                let two = region.assign_advice(config.copy, 7, Value::known(instance));
                if self.shape.permutation {
                    region.constrain_equal(constant, one.cell());
                    region.constrain_equal(two.cell(), first[2]);
                }
                if let (Some(sum), Some((gamma, eta))) = (config.sum, config.challenges) {
                    let both = region.get_challenge(gamma).zip(region.get_challenge(eta));
                    let mut running = Value::known(Fr::ZERO);
                    for row in 0..rows {
                        let cell = region.assign_advice(sum, row, running);
                        if row == 5 && self.shape.permutation {
                            let copy = region.assign_advice(config.copy, 11, running);
                            region.constrain_equal(cell.cell(), copy.cell());
                        }
                        running = running.zip(both).map(|(running, (gamma, eta))| {
                            let lanes = self.lanes.iter().rev();
                            running * gamma
                                + lanes.fold(Fr::ZERO, |lanes, lane| lanes * eta + element(lane[row]) * Fr::from(3))
                        });
                    }
                    region.assign_advice(sum, rows, running);
                }
                Ok(())
            },
        )?;
        if self.shape.permutation {
            for (row, cell) in first.into_iter().enumerate() {
                layouter.constrain_instance(cell, config.instance, row);
            }
        }
        Ok(())
    }
}

/// The columns of a [`TestCircuit`] as an application would give them, integers where they are such.
pub(crate) struct Columns<'a> {
    circuit: &'a TestCircuit,
    usable_rows: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(circuit: &'a TestCircuit, prover: &Prover) -> Self {
        Self { circuit, usable_rows: prover.usable_rows() }
    }

    /// The copies of a constant, an instance and, in two phases, a running sum; to all usable rows.
    fn copy(&self, sum: Option<hushproof_halo2_prover::Fr>) -> ColumnValues {
        let mut values = vec![hushproof_halo2_prover::Fr::ZERO; self.usable_rows];
        values[3] = hushproof_halo2_prover::Fr::from_u64(42);
        values[7] = hushproof_halo2_prover::Fr::from_i64(self.circuit.lanes[1][2]);
        if self.circuit.shape.permutation {
            values[11] = sum.unwrap_or_default();
        }
        ColumnValues::Field(values)
    }
}

impl Witness for Columns<'_> {
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source> {
        use hushproof_halo2_prover::Fr;
        let shape = self.circuit.shape;
        let lanes = &self.circuit.lanes;
        if phase == 0 {
            assert_eq!(challenges.get(0), None);
            let small = |values: &Vec<i64>| {
                let bits = values.iter().map(|value| 64 - value.unsigned_abs().leading_zeros()).max();
                ColumnValues::Small { values: values.clone(), bits: bits.unwrap_or(0) }
            };
            let mut columns: Vec<_> = lanes.iter().map(small).collect();
            let exponent = [shape.degree as u64 - 1];
            columns.push(ColumnValues::Field(lanes[0].iter().map(|v| Fr::from_i64(*v).pow(&exponent)).collect()));
            columns.extend((shape.phases == 1).then(|| self.copy(None)));
            return Ok(columns);
        }
        let gamma = challenges.get(0).ok_or("no first challenge")?;
        let eta = challenges.get(1).ok_or("no second challenge")?;
        let mut sums = vec![Fr::ZERO];
        for (row, _) in lanes[0].iter().enumerate() {
            let terms = lanes.iter().rev().map(|lane| Fr::from_i64(3 * lane[row]));
            sums.push(sums[row] * gamma + terms.fold(Fr::ZERO, |sum, term| sum * eta + term));
        }
        let copy = self.copy(Some(sums[5]));
        Ok(vec![ColumnValues::Field(sums), copy])
    }
}

pub(crate) type Transcript = Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>;

/// Keys and parameters of one circuit.
pub(crate) struct Setup {
    pub(crate) params: ParamsKZG<Bn256>,
    pub(crate) key: ProvingKey<G1Affine>,
    pub(crate) srs: Srs,
    pub(crate) prover: Prover,
}

impl Setup {
    pub(crate) fn new<C: Circuit<Fr>>(k: u32, circuit: &C) -> Self {
        let params = ParamsKZG::<Bn256>::setup(k, rng(1));
        let key = keygen_pk(&params, keygen_vk(&params, circuit).unwrap(), circuit).unwrap();
        let srs = Srs::from_params(&params).unwrap();
        let prover = Prover::from_circuit(key.get_vk(), circuit).unwrap();
        Self { params, key, srs, prover }
    }

    /// The stock prover's proof, and the random polynomial that it drew.
    pub(crate) fn stock<C: Circuit<Fr> + Clone, T, E>(
        &self,
        circuit: &C,
        instances: &[&[Fr]],
        seed: u64,
    ) -> (Vec<u8>, Vec<hushproof_halo2_prover::Fr>)
    where
        T: TranscriptWriterBuffer<Vec<u8>, G1Affine, E>,
        E: EncodedChallenge<G1Affine>,
    {
        let mut transcript = T::init(Vec::new());
        let circuit = circuit.clone();
        let polynomial = stock_proof(&self.params, &self.key, circuit, instances, rng(seed), &mut transcript).unwrap();
        (transcript.finalize(), polynomial)
    }

    pub(crate) fn verifies(&self, instances: &[&[Fr]], proof: &[u8]) -> bool {
        self.verifies_in(instances, Blake2bRead::<_, _, Challenge255<_>>::init(proof))
    }

    /// Whether the stock verifier accepts what it reads from any transcript.
    pub(crate) fn verifies_in<E: EncodedChallenge<G1Affine>>(
        &self,
        instances: &[&[Fr]],
        mut transcript: impl TranscriptRead<G1Affine, E>,
    ) -> bool {
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, _>, _, _, _>(
            self.params.verifier_params(),
            self.key.get_vk(),
            SingleStrategy::new(&self.params),
            &[instances],
            &mut transcript,
        )
        .is_ok()
    }
}

/// The randomness of a seed.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Our proof, with the random values of the stock prover's.
pub(crate) fn prove<T, E>(
    setup: &Setup,
    circuit: &TestCircuit,
    witness: &mut dyn Witness,
    seed: u64,
    polynomial: Vec<hushproof_halo2_prover::Fr>,
) -> Vec<u8>
where
    T: TranscriptWriterBuffer<Vec<u8>, G1Affine, E>,
    E: EncodedChallenge<G1Affine>,
{
    let mut transcript = T::init(Vec::new());
    let randomness = Randomness::with_polynomial(rng(seed), polynomial);
    let (control, instance) = (Control::default(), circuit.instance());
    setup.prover.prove(&setup.srs, &[&instance], witness, randomness, &control, &mut transcript).unwrap();
    transcript.finalize()
}

/// Proves a circuit by the stock prover and by ours, recorded and from columns: the bytes are the same, and verify.
pub(crate) fn check(shape: Shape, seed: u64) {
    let circuit = TestCircuit::new(shape, seed);
    let setup = Setup::new(shape.k, &circuit);
    let instance = circuit.instance();
    let instances = [instance.as_slice()];
    let (expected, polynomial) = setup.stock::<_, Transcript, _>(&circuit, &instances, seed);
    assert!(setup.verifies(&instances, &expected), "{shape:?}: the oracle's own proof");

    let mut recorded = CircuitWitness::new(&circuit, &setup.prover, &instances);
    assert!(prove::<Transcript, _>(&setup, &circuit, &mut recorded, seed, polynomial.clone()) == expected, "{shape:?}");
    // The same from columns of integers.
    let mut columns = Columns::new(&circuit, &setup.prover);
    assert!(prove::<Transcript, _>(&setup, &circuit, &mut columns, seed, polynomial) == expected, "{shape:?}");
}
