use super::{Lanes, PublicCode};

#[test]
fn codes_of_both_signs_have_a_public_form() {
    let linear = PublicCode { offset: 255, bits: 9 };
    assert_eq!(
        [-256, -255, 0, 255, 256, 257].map(|code| linear.of(code)),
        [None, Some(0), Some(255), Some(510), Some(511), None]
    );
    assert_eq!(PublicCode::TABLE.of(-(1 << 31)), Some(0));
    assert_eq!(PublicCode::TABLE.of(i64::MAX), None);
    assert_eq!(PublicCode { offset: 0, bits: 1 }.of(2), None);
}

#[test]
fn a_field_element_holds_252_bits() {
    let packs = |bits, activations| PublicCode { offset: 0, bits }.packs(Lanes { activations, weights: 2 });
    assert!(packs(9, 28) && packs(252, 1) && packs(4, 63));
    assert!(!packs(9, 29) && !packs(253, 1) && !packs(4, 64) && !packs(1, usize::MAX));
}
