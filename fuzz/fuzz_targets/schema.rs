//! A schema is read as its canonical form, and records of it as integers that it has; or there is a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((schema, record)) = text.split_once('\n') else { return };
    let Ok(schema) = hushproof::schema::Schema::from_json(schema) else { return };
    let canonical = schema.to_json().expect("a schema that was read is written");
    assert_eq!(hushproof::schema::Schema::from_json(&canonical).ok(), Some(schema.clone()));
    let Ok(record) = serde_json::from_str(record) else { return };
    if let Ok(values) = schema.values(&record) {
        let integers = schema.integers(&values).expect("the values of a record have integers");
        assert!(integers.iter().zip(schema.largest()).all(|(integer, largest)| *integer <= largest));
    }
});
