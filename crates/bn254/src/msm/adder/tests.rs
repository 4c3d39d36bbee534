use super::*;
use crate::curve::G1;
use crate::lanes::Limbs30;
use crate::lanes::fma51::Fma51;
use crate::lanes::tests::Pair;

/// i times the generator (1, 2), for i from `first`.
fn multiples(first: usize, count: usize) -> Vec<Affine> {
    let generator = Affine { x: Fq::ONE, y: Fq::from_u64(2) };
    let sums = core::iter::successors(Some(G1::from(generator)), |sum| Some(sum.add_affine(generator)));
    G1::normalize(&sums.skip(first - 1).take(count).collect::<Vec<_>>())
}

fn packed<L: Chord>(points: &[Affine]) -> Coordinates {
    let mut coordinates = Coordinates::default();
    points.iter().for_each(|point| coordinates.push(Point::pack(*point, &Form::of::<L>())));
    coordinates
}

fn check<L: Chord>() {
    let mut sums = Coordinates { x: vec![Packed::ZERO; 48], y: vec![Packed::ZERO; 48] };
    let (left, mut right) = (packed::<L>(&multiples(1, 48)), packed::<L>(&multiples(101, 48)));
    assert!(distinct_sums::<L>(&left, &right, &mut sums));
    let expected: Vec<_> = multiples(102, 95).into_iter().step_by(2).collect();
    for (i, expected) in expected.iter().enumerate() {
        assert_eq!(sums.get(i).unpack(&Form::of::<L>()), *expected, "{i}");
    }
    // Sums are operands as they are.
    let mut again = Coordinates { x: vec![Packed::ZERO; 48], y: vec![Packed::ZERO; 48] };
    assert!(distinct_sums::<L>(&sums, &left, &mut again));
    for (i, expected) in multiples(103, 142).into_iter().step_by(3).enumerate() {
        assert_eq!(again.get(i).unpack(&Form::of::<L>()), expected, "{i}");
    }
    // One pair of equal points among the others.
    right.x[17] = left.x[17];
    assert!(!distinct_sums::<L>(&left, &right, &mut sums));
    // Also where the integers differ: the same point as a sum and as it is.
    assert!(!distinct_sums::<L>(
        &again,
        &packed::<L>(&multiples(103, 142).into_iter().step_by(3).collect::<Vec<_>>()),
        &mut sums
    ));
}

#[test]
fn every_kind_of_lanes_gives_the_same_sums() {
    check::<Fq>();
    check::<Limbs30<FqParams>>();
    check::<Fma51<FqParams, Pair<true>>>();
    #[cfg(target_arch = "x86_64")]
    if crate::arithmetic() == crate::lanes::Arithmetic::Ifma52 {
        check::<crate::lanes::Ifma<FqParams>>();
    }
}
