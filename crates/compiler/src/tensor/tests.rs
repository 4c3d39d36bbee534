use super::*;

#[test]
fn lengths_are_bounded() {
    assert_eq!(Fact::float(vec![]).checked_len(), Some(1));
    assert_eq!(Fact::float(vec![2, 3]).checked_len(), Some(6));
    assert_eq!(Fact::float(vec![2, 0]).checked_len(), None);
    assert_eq!(Fact::float(vec![usize::MAX, 2]).checked_len(), None);
    assert_eq!(Fact::float(vec![MAX_ELEMENTS + 1]).checked_len(), None);
    assert!(Tensor::new(Fact::float(vec![2]), vec![1.0]).is_none());
}

#[test]
fn broadcasting_follows_numpy() {
    assert_eq!(broadcast(&[2, 3], &[3]), Some(vec![2, 3]));
    assert_eq!(broadcast(&[2, 1], &[1, 4]), Some(vec![2, 4]));
    assert_eq!(broadcast(&[], &[5]), Some(vec![5]));
    assert_eq!(broadcast(&[2], &[3]), None);
    assert_eq!(broadcast_indices(&[2, 1], &[2, 3]), [0, 0, 0, 1, 1, 1]);
    assert_eq!(broadcast_indices(&[3], &[2, 3]), [0, 1, 2, 0, 1, 2]);
    assert_eq!(broadcast_indices(&[2, 1, 2], &[2, 2, 2]), [0, 1, 0, 1, 2, 3, 2, 3]);
    assert_eq!(broadcast_indices(&[], &[2]), [0, 0]);
}
