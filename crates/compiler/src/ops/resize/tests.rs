use super::super::{
    Attr,
    testing::{Case, constant, integers, missing, private},
};

fn text(value: &str) -> Attr {
    Attr::Text(value.into())
}

#[test]
fn resize() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 1, 2], &[1.0, 2.0]);
    let scales = |scale: f64| constant(&[3], &[1.0, 1.0, scale]);
    case.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
    case.gives(&[&x, &missing(), &missing(), &integers(&[3], &[1, 2, 3])], &[1, 2, 3], &[1.0, 1.0, 2.0, 1.0, 1.0, 2.0]);
    let asymmetric = case.with("coordinate_transformation_mode", text("asymmetric"));
    asymmetric.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
    let ceil = asymmetric.with("nearest_mode", text("ceil"));
    ceil.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 2.0, 2.0, 2.0]);
    case.opset(10).gives(&[&x, &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
    let axes = case.with("axes", Attr::Ints(vec![2]));
    axes.gives(&[&x, &missing(), &constant(&[1], &[2.0])], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
    let larger = case.with("keep_aspect_ratio_policy", text("not_larger"));
    let sizes = integers(&[3], &[2, 2, 6]);
    larger.gives(&[&x, &missing(), &missing(), &sizes], &[2, 2, 4], &[1.0, 1.0, 2.0, 2.0].repeat(4));
}

#[test]
fn resize_between_values() {
    let case = Case::new(&super::DEF).with("mode", text("linear"));
    let x = private(&[1, 1, 2], &[1.0, 2.0]);
    let twice = constant(&[3], &[1.0, 1.0, 2.0]);
    case.gives(&[&x, &missing(), &twice], &[1, 1, 4], &[1.0, 1.25, 1.75, 2.0]);
    let corners = case.with("coordinate_transformation_mode", text("align_corners"));
    corners.gives(&[&x, &missing(), &twice], &[1, 1, 4], &[1.0, 4.0 / 3.0, 5.0 / 3.0, 2.0]);
    let both = constant(&[4], &[1.0, 1.0, 2.0, 1.0]);
    let planes = private(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let expected = [1.0, 2.0, 1.5, 2.5, 2.5, 3.5, 3.0, 4.0];
    case.gives(&[&planes, &missing(), &both], &[1, 1, 4, 2], &expected);
    let half = constant(&[3], &[1.0, 1.0, 0.5]);
    let line = private(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0]);
    // Triangles of width 4 around ½ and 2½; what is beyond the border is the value there.
    let smooth = case.with("antialias", Attr::Int(1)).with("exclude_outside", Attr::Int(1));
    let expected = [(3.0 * 1.0 + 3.0 * 2.0 + 3.0) / 7.0, (2.0 + 3.0 * 3.0 + 3.0 * 4.0) / 7.0];
    smooth.gives(&[&line, &missing(), &half], &[1, 1, 2], &expected);
    let crop = case.with("coordinate_transformation_mode", text("tf_crop_and_resize"));
    let region = constant(&[6], &[0.0, 0.0, 0.5, 1.0, 1.0, 1.5]);
    let same = constant(&[3], &[1.0, 1.0, 0.75]);
    crop.gives(&[&line, &region, &same], &[1, 1, 3], &[2.5, 4.0, 0.0]);
}

#[test]
fn resize_by_cubics() {
    let case = Case::new(&super::DEF).with("mode", text("cubic"));
    let x = private(&[1, 1, 3], &[0.0, 1.0, 0.0]);
    // At ½ from either side: the two nearest weigh 19/32, the two beyond −3/32.
    let shifted = case.with("coordinate_transformation_mode", text("asymmetric"));
    let twice = constant(&[3], &[1.0, 1.0, 2.0]);
    let near = 19.0 / 32.0;
    shifted.gives(&[&x, &missing(), &twice], &[1, 1, 6], &[0.0, near, 1.0, near, 0.0, -3.0 / 32.0]);
}

#[test]
fn resize_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 1, 2], &[1.0, 2.0]);
    for bad in [0.0, -1.0, 0.25, 1e18] {
        case.graph_error(&[&x, &missing(), &constant(&[3], &[1.0, 1.0, bad])]);
    }
    case.graph_error(&[&x, &missing(), &constant(&[2], &[1.0, 1.0])]);
    case.graph_error(&[&x, &missing(), &missing(), &integers(&[3], &[1, 1, 0])]);
    case.graph_error(&[&x, &missing()]);
    for name in ["mode", "nearest_mode", "coordinate_transformation_mode", "keep_aspect_ratio_policy"] {
        case.with(name, text("?")).unsupported(&[]);
    }
    let crop = case.with("coordinate_transformation_mode", text("tf_crop_and_resize"));
    crop.graph_error(&[&x, &missing(), &constant(&[3], &[1.0; 3])]);
    crop.with("mode", text("linear")).with("extrapolation_value", Attr::Float(1.0)).unsupported(&[]);
    let linear = case.with("mode", text("linear"));
    let whole = integers(&[1, 1, 2], &[1, 2]).into_private();
    linear.unsupported(&[&whole, &missing(), &constant(&[3], &[1.0; 3])]);
}
