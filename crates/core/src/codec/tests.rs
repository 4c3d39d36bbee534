use proptest::prelude::*;

use super::*;

const MAGIC: &[u8; 8] = b"TESTFILE";

fn open(bytes: &[u8]) -> Result<Reader<'_>> {
    Reader::open(ArtifactKind::Model, MAGIC, 1, bytes)
}

proptest! {
    #[test]
    fn values_round_trip(u in any::<u64>(), i in any::<i64>(), f in any::<f64>(), s in ".*", small in -300i64..300) {
        let mut writer = Writer::new(MAGIC, 1);
        writer.varint(u);
        writer.signed(i);
        writer.f64(f);
        writer.text(&s);
        writer.signed(small);
        let bytes = writer.finish();
        let mut reader = open(&bytes).unwrap();
        prop_assert_eq!(reader.varint().unwrap(), u);
        prop_assert_eq!(reader.signed().unwrap(), i);
        prop_assert_eq!(reader.f64().unwrap().to_bits(), f.to_bits());
        prop_assert_eq!(reader.text().unwrap(), s);
        prop_assert_eq!(reader.signed().unwrap(), small);
        reader.finish().unwrap();
    }

    #[test]
    fn a_varint_has_one_encoding(raw in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut writer = Writer::new(MAGIC, 1);
        writer.raw(&raw);
        let bytes = writer.finish();
        let mut reader = open(&bytes).unwrap();
        if let Ok(value) = reader.varint() {
            let mut again = Writer::new(MAGIC, 1);
            again.varint(value);
            prop_assert_eq!(&again.bytes[12..], &raw[..raw.len() - reader.remaining()]);
        }
    }
}

#[test]
fn extremes() {
    for value in [0, 127, 128, u64::MAX - 1, u64::MAX] {
        let mut writer = Writer::new(MAGIC, 1);
        writer.varint(value);
        assert_eq!(open(&writer.finish()).unwrap().varint().unwrap(), value);
    }
    for (raw, what) in [
        (&[0x80, 0x00][..], "overlong"),
        (&[0xff; 10], "eleven bytes"),
        (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "65 bits"),
    ] {
        let mut writer = Writer::new(MAGIC, 1);
        writer.raw(raw);
        assert!(open(&writer.finish()).unwrap().varint().is_err(), "{what}");
    }
}

#[test]
fn frame_is_checked() {
    let mut writer = Writer::new(MAGIC, 1);
    writer.u8(7);
    let good = writer.finish();
    assert!(open(&good).is_ok());
    assert!(matches!(open(b"OTHERFIL"), Err(Error::Artifact { .. })));
    for len in 0..good.len() {
        assert!(open(&good[..len]).is_err());
    }
    let newer = Writer::new(MAGIC, 2).finish();
    assert!(matches!(open(&newer), Err(Error::Version { expected: 1, got: 2, .. })));
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        assert!(open(&bad).is_err());
    }
    let mut reader = open(&good).unwrap();
    assert!(reader.many(usize::MAX, 8, Reader::f64).is_err());
    assert!(reader.clone().finish().is_err());
    assert_eq!(reader.u8().unwrap(), 7);
    assert!(reader.u8().is_err());
    reader.finish().unwrap();
}
