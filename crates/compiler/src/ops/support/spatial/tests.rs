use std::collections::BTreeMap;

use super::*;
use crate::ops::Attr;

fn window(attrs: &[(&str, Attr)]) -> OpResult<Window> {
    let values: BTreeMap<_, _> = attrs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let mut attrs = Attrs::new(17, values);
    let window = Window::parse_pool(&mut attrs);
    attrs.finish().map(|()| window)
}

#[test]
fn shapes_become_planes() {
    assert_eq!(planes(&[1, 2, 3, 4]), Shape { channels: 2, height: 3, width: 4 });
    assert_eq!(planes(&[1, 2, 3]), Shape { channels: 2, height: 1, width: 3 });
    assert_eq!(planes(&[1, 2]), Shape::vector(2));
    assert_eq!(planes(&[2, 2, 3]), Shape::vector(12));
    assert_eq!(planes(&[]), Shape::vector(1));
}

#[test]
fn padding_follows_the_rules() {
    let ints = |values: &[i64]| Attr::Ints(values.to_vec());
    let kernel = ("kernel_shape", ints(&[3, 2]));
    let grid = |attrs: &[(&str, Attr)]| window(attrs).and_then(|window| window.over(&[1, 1, 5, 6], None));
    let sizes = |attrs: &[(&str, Attr)]| grid(attrs).map(|grid| (grid.to, grid.pad));
    assert_eq!(sizes(&[kernel.clone()]), Ok(([3, 5], [0, 0])));
    let stride = ("strides", ints(&[2, 3]));
    assert_eq!(sizes(&[kernel.clone(), stride.clone()]), Ok(([2, 2], [0, 0])));
    let ceil = |stride: i64| sizes(&[kernel.clone(), ("strides", ints(&[2, stride])), ("ceil_mode", Attr::Int(1))]);
    assert_eq!((ceil(3), ceil(5)), (Ok(([2, 2], [0, 0])), Ok(([2, 2], [0, 0]))));
    assert_eq!(sizes(&[kernel.clone(), ("pads", ints(&[1, 0, 2, 1]))]), Ok(([6, 6], [1, 0])));
    let auto = |name: &str| ("auto_pad", Attr::Text(name.into()));
    assert_eq!(sizes(&[kernel.clone(), stride.clone(), auto("SAME_UPPER")]), Ok(([3, 2], [1, 0])));
    assert_eq!(sizes(&[kernel.clone(), auto("SAME_LOWER")]), Ok(([5, 6], [1, 1])));
    assert_eq!(sizes(&[kernel.clone(), auto("VALID")]), Ok(([3, 5], [0, 0])));
    let dilation = ("dilations", ints(&[2, 5]));
    assert_eq!(sizes(&[kernel.clone(), dilation]), Ok(([1, 1], [0, 0])));
    let reach = grid(&[kernel.clone(), ("dilations", ints(&[2, 6]))]);
    assert!(matches!(reach, Err(OpError::Graph(reason)) if reason.contains("over 7 values, the padded input has 6")));
    assert!(matches!(grid(&[kernel.clone(), ("strides", ints(&[1]))]), Err(OpError::Graph(_))));
    for bad in [("strides", ints(&[0, 1])), ("pads", ints(&[-1; 4])), ("dilations", ints(&[i64::MAX; 2])), auto("?")] {
        assert!(matches!(grid(&[kernel.clone(), bad]), Err(OpError::Unsupported(_))));
    }
    assert!(matches!(grid(&[]), Err(OpError::Unsupported(_))));
    assert!(matches!(window(&[kernel]).unwrap().over(&[2, 1, 5, 6], None), Err(OpError::Shape { .. })));
}
