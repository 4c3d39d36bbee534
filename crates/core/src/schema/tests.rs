use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(value: &Value) -> Result<Schema> {
    Schema::from_json(&value.to_string())
}

fn fields(fields: &Value) -> Value {
    json!({"version": 1, "name": "blood panel", "fields": fields})
}

/// One field of each kind.
fn panel() -> Schema {
    read(&fields(&json!([
        {"name": "glucose", "kind": "decimal", "unit": "mg/dL", "decimals": 1, "min": 0, "max": 1000, "missing": true},
        {"name": "age", "kind": "integer", "min": -1, "max": 130},
        {"name": "sex", "kind": "category", "values": ["female", "male", "other"]},
        {"name": "smoker", "kind": "boolean", "missing": true},
    ])))
    .unwrap()
}

#[test]
fn integers_count_from_the_least_value() {
    let panel = panel();
    let record = json!({"glucose": 91.24, "age": 40, "sex": "male", "smoker": true});
    let values = panel.values(&record).unwrap();
    assert_eq!(values, [91.2, 40.0, 1.0, 1.0]);
    assert_eq!(panel.integers(&values).unwrap(), [912, 41, 1, 1]);
    assert_eq!(panel.largest(), [10_001, 131, 2, 2]);
    assert_eq!((panel.bits(), panel.packing()), (14, Packing { bits: 14, integers: 17, pixel: 1 }));
    let listed = panel.values(&json!([91.24, 40, "male", true])).unwrap();
    assert_eq!(listed, values);
    assert_eq!(panel.values(&json!({"record": [[91.24, 40, "male", true]]})).unwrap(), values);
    let missing = panel.values(&json!({"glucose": null, "age": -1, "sex": "female", "smoker": null})).unwrap();
    assert!(missing[0].is_nan() && missing[3].is_nan());
    assert_eq!(panel.integers(&missing).unwrap(), [10_001, 0, 0, 2]);
}

#[test]
fn the_digest_is_of_canonical_json() {
    let panel = panel();
    let json = panel.to_json().unwrap();
    assert!(
        json.starts_with(r#"{"fields":[{"decimals":1,"kind":"decimal","max":1000,"min":0,"missing":true,"#),
        "{json}"
    );
    assert_eq!(Schema::from_json(&json).unwrap(), panel);
    assert_eq!(panel.digest().unwrap(), <[u8; 32]>::from(Sha256::digest(&json)));
    // What says the same is the same schema.
    let explicit = json.replacen(r#""min":-1,"#, r#""min":-1.0,"missing":false,"#, 1);
    assert_eq!(Schema::from_json(&explicit).unwrap().digest().unwrap(), panel.digest().unwrap());
}

#[test]
fn what_is_no_schema_is_refused_by_field() {
    let good = json!({"name": "a", "kind": "decimal", "decimals": 1, "min": 0, "max": 10});
    let with = |name: &str, value: Value| {
        let mut field = good.clone();
        field[name] = value;
        fields(&json!([field]))
    };
    let without = |name: &str| {
        let mut field = good.clone();
        field.as_object_mut().unwrap().remove(name);
        fields(&json!([field]))
    };
    let integer = |min: f64, max: f64| fields(&json!([{"name": "a", "kind": "integer", "min": min, "max": max}]));
    let category = |values: Value| fields(&json!([{"name": "a", "kind": "category", "values": values}]));
    let bad = [
        (fields(&json!([])), "1 to"),
        (fields(&json!([good, good])), "stands twice"),
        (with("name", json!("")), "name"),
        (with("name", json!("a\u{202e}b")), "U+202E"),
        (with("kind", json!("float")), "unknown variant"),
        (with("colour", json!("red")), "unknown field"),
        (without("decimals"), "decimals: needed"),
        (without("min"), "min: needed"),
        (without("max"), "max: needed"),
        (with("max", json!(0)), "min below max"),
        (with("max", json!(-1)), "min below max"),
        (with("min", json!(0.05)), "more than 1 decimals"),
        (with("decimals", json!(13)), "decimals"),
        (with("decimals", json!(-1)), "invalid value"),
        (with("decimals", json!(9)), "range holds"),
        (with("max", json!(1e300)), "too large"),
        (with("values", json!(["a"])), "values"),
        (integer(0.0, 4_294_967_295.0), "range holds"),
        (integer(0.5, 2.0), "more than 0 decimals"),
        (category(json!([])), "at least one"),
        (category(json!(["a", "a"])), "stands twice"),
        (category(json!([" "])), "values[0]"),
        (fields(&json!([{"name": "a", "kind": "category"}])), "values: needed"),
        (fields(&json!([{"name": "a", "kind": "boolean", "min": 0}])), "min"),
        (json!({"version": 1, "name": "x"}), "one of"),
        (json!({"version": 1, "name": "x", "image": {"height": 0, "width": 1, "channels": 1}}), "elements"),
        (
            json!({"version": 1, "name": "x", "image": {"height": 1_u64 << 40, "width": 1_u64 << 40, "channels": 1_u64 << 40}}),
            "elements",
        ),
        (json!({"version": 1, "name": "x", "image": {"height": 2048, "width": 2048, "channels": 1}}), "elements"),
        (json!({"version": 1, "name": "x", "vector": {"length": 4, "decimals": 3, "min": 1, "max": -1}}), "vector"),
        (
            json!({"version": 1, "name": "x", "fields": [good], "image": {"height": 1, "width": 1, "channels": 1}}),
            "one of",
        ),
    ];
    for (schema, says) in bad {
        let error = read(&schema).expect_err(&schema.to_string());
        assert_eq!(error.code(), "artifact", "{schema}: {error}");
        assert!(error.to_string().contains(says), "{schema}: {error}");
    }
    assert!(matches!(read(&json!({"version": 2})), Err(Error::Version { kind: ArtifactKind::Schema, .. })));
    for text in ["", "[]", "{}", r#"{"version":1,"version":1}"#] {
        assert_eq!(Schema::from_json(text).unwrap_err().code(), "artifact", "{text}");
    }
}

#[test]
fn records_that_do_not_fit_are_refused_by_field_and_without_their_values() {
    let panel = panel();
    let good = json!({"glucose": 91.2, "age": 41, "sex": "male", "smoker": true});
    let with = |name: &str, value: Value| {
        let mut record = good.clone();
        record[name] = value;
        record
    };
    let mut short = good.clone();
    short.as_object_mut().unwrap().remove("age");
    let bad = [
        (short, "age"),
        (with("weight", json!(777.5)), "weight"),
        (with("glucose", json!(1777.5)), "glucose"),
        (with("glucose", json!(-0.06)), "glucose"),
        (with("glucose", json!("777.5")), "glucose"),
        (with("age", json!(77.5)), "age"),
        (with("age", json!(null)), "age"),
        (with("age", json!(777)), "age"),
        (with("sex", json!("777")), "sex"),
        (with("sex", json!(1)), "sex"),
        (with("smoker", json!(1)), "smoker"),
        (json!([91.2, 41, "male"]), "shape [3], expected [4]"),
        (json!({"record": [[91.2, 41], ["male", true]]}), "shape [2, 2]"),
        (json!({"record": [[91.2, 41], ["male"]]}), "lengths"),
        (json!(777), "by name"),
    ];
    for (record, says) in bad {
        let error = panel.values(&record).expect_err(&record.to_string());
        assert_eq!(error.code(), "record", "{record}: {error}");
        assert!(error.to_string().contains(says), "{record}: {error}");
        assert!(!error.to_string().contains("77"), "{error}");
    }
}

#[test]
fn pictures_and_vectors_are_lists_of_their_own_shape() {
    let image =
        read(&json!({"version": 1, "name": "face", "image": {"height": 2, "width": 3, "channels": 1}})).unwrap();
    assert_eq!((image.len(), image.bits(), image.packing()), (6, 8, Packing { bits: 8, integers: 31, pixel: 1 }));
    let color = Schema { shape: Shape::Image(Image { height: 1, width: 2, channels: 3 }), ..image.clone() };
    assert_eq!(color.packing(), Packing { bits: 8, integers: 30, pixel: 3 });
    assert_eq!(color.packed_order().collect::<Vec<_>>(), [0, 2, 4, 1, 3, 5]);
    let rows = json!({"pixels": [[[[0, 1, 2], [3, 4, 255]]]]});
    assert_eq!(image.integers(&image.values(&rows).unwrap()).unwrap(), [0, 1, 2, 3, 4, 255]);
    assert_eq!(image.values(&json!([0, 1, 2, 3, 4, 255])).unwrap(), image.values(&rows).unwrap());
    for bad in [
        json!([[0, 1], [2, 3], [4, 255]]),
        json!([0, 1, 2, 3, 4]),
        json!([0, 1, 2, 3, 4, 256]),
        json!([0, 1, 2, 3, 4, -1]),
        json!([0, 1, 2, 3, 4, 0.5]),
        json!([0, 1, 2, 3, 4, null]),
        json!([]),
        json!({"a": []}),
    ] {
        assert_eq!(image.values(&bad).unwrap_err().code(), "record", "{bad}");
    }
    let vector =
        json!({"version": 1, "name": "embedding", "vector": {"length": 2, "decimals": 3, "min": -1, "max": 1}});
    let vector = read(&vector).unwrap();
    assert_eq!((vector.bits(), vector.integers(&[-1.0, 0.1234]).unwrap()), (11, vec![0, 1123]));
    assert_eq!(vector.integers(&[-1.0, 1.001]).unwrap_err().code(), "record");
}

proptest! {
    #[test]
    fn text_gives_a_schema_or_an_error(text in r#"[{}\[\]":,a-z0-9.\-]{0,80}"#) {
        if let Ok(schema) = Schema::from_json(&text) {
            prop_assert_eq!(Schema::from_json(&schema.to_json().unwrap()).unwrap(), schema);
        }
    }

    /// Whatever a value stands for, it stands for itself.
    #[test]
    fn values_of_integers_have_these_integers(decimals in 0u32..6, integer in 0u64..2_000) {
        let field = json!([{"name": "a", "kind": "decimal", "decimals": decimals, "min": -1, "max": 2_000}]);
        let schema = read(&fields(&field)).unwrap();
        let Shape::Fields(all) = &schema.shape else { unreachable!() };
        prop_assert_eq!(schema.integers(&[all[0].meant(integer)]).unwrap(), vec![integer]);
    }
}
