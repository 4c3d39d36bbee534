//! Honest and lying provers of planar circuits, through the real prover and the stock verifier.

pub(crate) mod fixtures;

use halo2_proofs::dev::MockProver;
use halo2_proofs::halo2curves::bn256::Fr;

use super::{Layout, PlanarCircuit, Witness};

#[test]
fn debug_mock() {
    for (name, model, input) in fixtures::all() {
        model.check().unwrap_or_else(|e| panic!("{name}: {e}"));
        let layout = Layout::new(&model).unwrap_or_else(|e| panic!("{name}: {e}"));
        let witness = Witness::new(&model, &layout, input).unwrap_or_else(|e| panic!("{name}: {e}"));
        let circuit = PlanarCircuit::new(&model, &layout).with_witness(&witness);
        let mut instance: Vec<Fr> = witness
            .output()
            .iter()
            .map(|code| crate::circuit::fixed::signed(*code + layout.params.offset() as i64))
            .collect();
        instance.extend([Fr::from(1), Fr::from(2)]);
        println!("{name}: k {} rows {:?}", layout.k, layout.row_counts());
        let prover = MockProver::run(layout.k, &circuit, vec![instance]).unwrap();
        if let Err(failures) = prover.verify() {
            for failure in failures.iter().take(12) {
                let text = format!("{failure}");
                println!("{}", &text[..text.len().min(400)]);
            }
            panic!("{name}: {} failures", failures.len());
        }
    }
}
