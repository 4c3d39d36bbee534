use proptest::prelude::*;

use super::*;
use crate::graph::Part;

fn value_info(shape: &[usize]) -> ValueInfo {
    ValueInfo::new("x", shape.to_vec())
}

fn input(json: &str, shape: &[usize]) -> Result<Vec<f64>> {
    read_input(json.as_bytes(), &value_info(shape))
}

fn rows(json: &str, shape: &[usize]) -> Result<Vec<Vec<f64>>> {
    read_rows(json.as_bytes(), &value_info(shape))
}

#[test]
fn input_with_and_without_batch_axis() {
    for json in [r#"{"x": [[1, 2.5, -3e2]]}"#, r#"{"x": [1, 2.5, -3e2]}"#, r#"{"input_data": [[1, 2.5, -3e2]]}"#] {
        assert_eq!(input(json, &[1, 3]).unwrap(), [1.0, 2.5, -300.0], "{json}");
    }
    for json in [r#"{"x": [[[1, 2], [3, 4]]]}"#, r#"{"x": [[1, 2], [3, 4]]}"#, r#"{"input_data": [[1, 2, 3, 4]]}"#] {
        assert_eq!(input(json, &[1, 2, 2]).unwrap(), [1.0, 2.0, 3.0, 4.0], "{json}");
    }
    assert_eq!(input(r#"{"x": [1, 2]}"#, &[2]).unwrap(), [1.0, 2.0]);
    assert_eq!(input(r#"{"x": 7}"#, &[1]).unwrap(), [7.0]);
    let written = r#"{"input_data": [[1, 2]], "output_data": [[3]], "input_shapes": [[2]]}"#;
    assert_eq!(input(written, &[1, 2]).unwrap(), [1.0, 2.0]);
}

#[test]
fn a_port_may_be_called_input_data() {
    let value_info = ValueInfo::new("input_data", vec![1, 1, 2]);
    for json in [r#"{"input_data": [[[1, 2]]]}"#, r#"{"input_data": [[1, 2]]}"#] {
        assert_eq!(read_input(json.as_bytes(), &value_info).unwrap(), [1.0, 2.0], "{json}");
    }
}

#[test]
fn input_errors() {
    let code = |json: &str| input(json, &[1, 2]).unwrap_err().code();
    for json in ["", "[1, 2]", "{", "7", r#"{"x": [1, 1e999]}"#, "\u{0}", "{\"x\": [1, 2]} x"] {
        assert_eq!(code(json), "artifact", "{json}");
    }
    let deep = format!("{{\"x\": {}", "[".repeat(100_000));
    assert_eq!(code(&deep), "artifact");
    for json in ["{}", r#"{"y": [[1, 2]]}"#, r#"{"x": [[1, 2]], "y": 1}"#, r#"{"x": [[1, 2]], "output_data": 1}"#] {
        assert_eq!(code(json), "input-name", "{json}");
    }
    let misshapen = [
        r#"{"x": [[1]]}"#,
        r#"{"x": [[1, 2, 3]]}"#,
        r#"{"x": [[1, 2], [3, 4]]}"#,
        r#"{"x": [[[1, 2]]]}"#,
        r#"{"x": [[1, 2], [3]]}"#,
        r#"{"x": [1, [2]]}"#,
        r#"{"x": [[1], 2]}"#,
        r#"{"x": []}"#,
        r#"{"x": 1}"#,
        r#"{"input_data": [[1], [2]]}"#,
        r#"{"input_data": [[1, 2, 3]]}"#,
        r#"{"input_data": 3}"#,
    ];
    for json in misshapen {
        assert_eq!(code(json), "input-shape", "{json}");
    }
    for json in [r#"{"x": [[1, "2"]]}"#, r#"{"x": [[true, 2]]}"#, r#"{"x": [[1, {}]]}"#] {
        assert_eq!(code(json), "input-value", "{json}");
    }
    let Err(Error::InputValue { index, got, .. }) = input(r#"{"x": [[1, "secret"]]}"#, &[1, 2]) else { panic!() };
    assert_eq!((index, got.as_str()), (1, "a string"));
    let message = input(r#"{"x": [[1, 2, 3]]}"#, &[1, 2]).unwrap_err().to_string();
    assert_eq!(message, "input `x` has shape [1, 3], expected [1, 2]");
    let message = input(r#"{"x": [[1, 2], [3]]}"#, &[1, 2]).unwrap_err().to_string();
    assert!(message.contains("ragged at value 2"), "{message}");
}

#[test]
fn missing_values() {
    for json in [r#"{"x": [[1, null]]}"#, r#"{"x": [1, NaN]}"#, r#"{"x": [[1,NaN]]}"#] {
        let values = input(json, &[1, 2]).unwrap();
        assert!(values[0] == 1.0 && values[1].is_nan(), "{json}");
    }
    assert!(rows(r#"{"x": [[NaN, 2], [3, null]]}"#, &[1, 2]).unwrap()[1][1].is_nan());
    for json in [r#"{"x": [1, NaNa]}"#, r#"{"x": [1, nan]}"#, r#"{"x": [1, "NaN"]}"#, r#"{"x": NaN}"#] {
        assert!(input(json, &[1, 2]).is_err(), "{json}");
    }
    let quoted = ValueInfo::new("NaN \\\" NaN".to_owned(), vec![1]);
    assert_eq!(
        read_input(br#"{"NaN \" NaN": [7]}"#, &ValueInfo::new("NaN \" NaN".to_owned(), vec![1])).unwrap(),
        [7.0]
    );
    assert_eq!(read_input(br#"{"NaN \\\" NaN": [7]}"#, &quoted).unwrap(), [7.0]);
}

#[test]
fn names() {
    let names = |open| Categories { element: 1, names: vec!["a".to_owned(), "b".to_owned()], open };
    let info = |open| ValueInfo { categories: vec![names(open)], ..value_info(&[1, 2]) };
    let read = |json: &str, open| read_input(json.as_bytes(), &info(open));
    assert_eq!(read(r#"{"x": [[0.5, "b"]]}"#, false).unwrap(), [0.5, 1.0]);
    assert_eq!(read(r#"{"x": [[0.5, "c"]]}"#, true).unwrap(), [0.5, 2.0]);
    for json in [r#"{"x": [[0.5, "c"]]}"#, r#"{"x": [[0.5, 1]]}"#, r#"{"x": [["a", "a"]]}"#] {
        assert_eq!(read(json, false).unwrap_err().code(), "input-value", "{json}");
    }
    let several = read_rows(br#"{"x": [[1, "a"], [2, "b"], [3, "a"]]}"#, &info(false)).unwrap();
    assert_eq!(several, [[1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]);
    for open in [false, true] {
        let values = [0.5, if open { 2.0 } else { 1.0 }];
        let json = serde_json::json!({ "x": to_json(&values, &info(open)) }).to_string();
        assert_eq!(read(&json, open).unwrap(), values, "{json}");
    }
    assert_eq!(info(true).name_of(1, 1.0), Some("b"));
    assert_eq!((info(true).name_of(1, 2.0), info(true).name_of(0, 0.0)), (None, None));
}

#[test]
fn rows_with_a_batch_axis() {
    let expected = vec![vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]];
    for json in [
        r#"{"x": [[1, 2], [3, 4], [5, 6]]}"#,
        r#"{"x": [[[1, 2]], [[3, 4]], [[5, 6]]]}"#,
        r#"{"input_data": [[1, 2], [3, 4], [5, 6]]}"#,
    ] {
        assert_eq!(rows(json, &[1, 2]).unwrap(), expected, "{json}");
    }
    assert_eq!(rows(r#"{"x": [[1, 2], [3, 4], [5, 6]]}"#, &[2]).unwrap(), expected);
    assert_eq!(rows(r#"{"input_data": [[1, 2, 3, 4]]}"#, &[1, 2, 2]).unwrap(), [[1.0, 2.0, 3.0, 4.0]]);
    assert!(rows(r#"{"x": []}"#, &[1, 2]).is_err());
    assert_eq!(rows(r#"{"x": [1, 2]}"#, &[1, 2]).unwrap_err().code(), "input-shape");
    assert_eq!(rows(r#"{"x": [[1, 2], [3]]}"#, &[1, 2]).unwrap_err().code(), "input-shape");
    assert_eq!(rows(r#"{"z": [[1, 2]]}"#, &[1, 2]).unwrap_err().code(), "input-name");
}

fn joined() -> ValueInfo {
    let part = |name: &str, shape: &[usize]| Part { name: name.to_owned(), shape: shape.to_vec() };
    ValueInfo::joined(vec![part("b", &[1, 2]), part("a", &[1, 2, 1]), part("c", &[1, 1])])
}

#[test]
fn parts_come_by_their_names() {
    let expected = [1.0, 2.0, 3.0, 4.0, 5.0];
    for json in [
        r#"{"a": [[3], [4]], "c": 5, "b": [1, 2]}"#,
        r#"{"c": [5], "b": [[1, 2]], "a": [3, 4]}"#,
        r#"{"c": [[5]], "b": [[1, 2]], "a": [[[3], [4]]]}"#,
        r#"{"b+a+c": [1, 2, 3, 4, 5]}"#,
        r#"{"input_data": [[1, 2, 3, 4, 5]]}"#,
    ] {
        assert_eq!(read_input(json.as_bytes(), &joined()).unwrap(), expected, "{json}");
        let rows = read_rows(format!("[{json}, {json}]").as_bytes(), &joined());
        assert_eq!(rows.unwrap(), [expected, expected], "{json}");
    }
    for json in [
        r#"{"a": [[[3], [4]], [[30], [40]]], "c": [[5], [50]], "b": [[[1, 2]], [[10, 20]]]}"#,
        r#"{"b+a+c": [[1, 2, 3, 4, 5], [10, 20, 30, 40, 50]]}"#,
    ] {
        let rows = read_rows(json.as_bytes(), &joined()).unwrap();
        assert_eq!(rows, [expected, expected.map(|value| value * 10.0)], "{json}");
    }
    let one = br#"{"a": [[3], [4]], "c": 5, "b": [1, 2]}"#;
    assert_eq!(read_rows(one, &joined()).unwrap(), [expected]);
    assert_eq!(read_rows(br#"{"a": [[3], [4]], "c": [5], "b": [[1, 2]]}"#, &joined()).unwrap(), [expected]);
}

#[test]
fn parts_are_all_given_in_their_own_shapes() {
    let code = |json: &str| read_input(json.as_bytes(), &joined()).unwrap_err().code();
    for json in [
        r#"{"a": [3, 4], "c": 5}"#,
        r#"{"a": [3, 4], "c": 5, "b": [1, 2], "d": 1}"#,
        r#"{"a": [3, 4], "c": 5, "b": [1, 2], "b+a+c": [1, 2, 3, 4, 5]}"#,
        r#"{"d": 1}"#,
        "{}",
    ] {
        assert_eq!(code(json), "input-name", "{json}");
    }
    // As many values in all, but not in each.
    assert_eq!(code(r#"{"a": [3], "c": [5, 6], "b": [1, 2]}"#), "input-shape");
    let rows = |json: &str| read_rows(json.as_bytes(), &joined()).unwrap_err().to_string();
    let uneven = rows(r#"{"a": [[[3], [4]]], "c": [5], "b": [[1, 2], [1, 2]]}"#);
    assert_eq!(uneven, "input `a` has shape of 1 rows, expected as many rows as `b`, 2");
    assert!(rows(r#"{"a": [[[3], [4]]]}"#).contains("(expected b, a, c, or all as b+a+c)"));
    assert_eq!(rows("[]"), rows("[3]"));
}

#[test]
fn shapes_are_those_of_first_items() {
    assert_eq!(shapes(br#"{"a": [[3], [4]], "c": 5}"#), [("a".to_owned(), vec![2, 1]), ("c".to_owned(), vec![])]);
    assert_eq!(shapes(br#"[{"a": [[3, 4]]}, {}]"#), [("a".to_owned(), vec![2, 1, 2])]);
    assert!(shapes(b"x").is_empty());
}

#[test]
fn rows_are_selected_by_number() {
    let select = |text: &str| text.parse::<Selection>().unwrap().apply((0..10).collect::<Vec<_>>());
    assert_eq!(select("3").unwrap(), [3]);
    assert_eq!(select("..").unwrap().len(), 10);
    assert_eq!(select("7..").unwrap(), [7, 8, 9]);
    assert_eq!(select("..10:4").unwrap(), [0, 4, 8]);
    assert_eq!(select("1..6:2").unwrap(), [1, 3, 5]);
    for empty in ["10", "5..5", "0..11", "18446744073709551615"] {
        assert!(matches!(select(empty), Err(Error::Option { .. })), "{empty}");
    }
    for wrong in ["", "a", "1..2:0", "1..b", "-1", "1..2:3:4"] {
        assert!(wrong.parse::<Selection>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_input(&noise, &value_info(&[1, 2])).is_err());
        prop_assert!(read_rows(&noise, &value_info(&[1, 2])).is_err());
        prop_assert!(read_rows(&noise, &joined()).is_err());
        let _ = shapes(&noise);
    }
}
