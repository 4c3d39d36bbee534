use std::io::{Cursor, Write};

use hushproof_core::{Error, graph::Part};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

fn value_info(shape: &[usize]) -> ValueInfo {
    ValueInfo::new("x", shape.to_vec())
}

fn npy(version: u8, descr: &str, fortran: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}     \n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend_from_slice(&[version, 0]);
    match version {
        1 => bytes.extend_from_slice(&(header.len() as u16).to_le_bytes()),
        _ => bytes.extend_from_slice(&(header.len() as u32).to_le_bytes()),
    }
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(values);
    bytes
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn npz(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn types_and_versions() {
    let expected = vec![vec![1.0, 2.0], vec![3.0, 250.0]];
    let ints = [1u64, 2, 3, 250];
    let bytes = |n: usize| ints.iter().flat_map(|v| v.to_le_bytes()[..n].to_vec()).collect::<Vec<u8>>();
    let doubles: Vec<u8> = ints.iter().flat_map(|v| (*v as f64).to_le_bytes()).collect();
    let types = [
        ("<f8", doubles),
        ("<f4", floats(&[1.0, 2.0, 3.0, 250.0])),
        ("|u1", bytes(1)),
        ("<u2", bytes(2)),
        ("<i2", bytes(2)),
        ("<u4", bytes(4)),
        ("<i4", bytes(4)),
        ("<u8", bytes(8)),
        ("<i8", bytes(8)),
    ];
    for (descr, values) in types {
        for version in [1, 2, 3] {
            let file = npy(version, descr, "False", "(2, 2)", &values);
            assert_eq!(read_rows(&file, &value_info(&[1, 2])).unwrap(), expected, "{descr}");
        }
    }
    let images: Vec<u8> = (0..48).collect();
    let read = read_rows(&npy(1, "|u1", "False", "(2, 3, 2, 4)", &images), &value_info(&[1, 3, 2, 4])).unwrap();
    assert_eq!((read.len(), read[1].len(), read[1][0], read[1][23]), (2, 24, 24.0, 47.0));
    let signed = npy(1, "|i1", "False", "(1, 2)", &[255, 128]);
    assert_eq!(read_rows(&signed, &value_info(&[1, 2])).unwrap(), [[-1.0, -128.0]]);
}

#[test]
fn archives() {
    let array = npy(1, "<f4", "False", "(2, 1, 2)", &floats(&[1.0, 2.0, 3.0, 4.0]));
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let file = npz(&[("labels.npy", b"anything"), ("x.npy", &array)], method);
        assert_eq!(read_rows(&file, &value_info(&[1, 2])).unwrap(), [[1.0, 2.0], [3.0, 4.0]]);
    }
    let other = npz(&[("a.npy", &array), ("b.npy", &array)], CompressionMethod::Stored);
    let Err(Error::InputName { got, .. }) = read_rows(&other, &value_info(&[1, 2])) else { panic!() };
    assert!(got.contains('a') && got.contains('b'), "{got}");
}

fn joined() -> ValueInfo {
    let part = |name: &str, shape: &[usize]| Part { name: name.to_owned(), shape: shape.to_vec() };
    ValueInfo::joined(vec![part("x", &[1, 2]), part("age", &[1, 1])])
}

#[test]
fn archives_of_several_inputs() {
    let x = npy(1, "<f4", "False", "(2, 2)", &floats(&[1.0, 2.0, 4.0, 5.0]));
    let age = npy(1, "<f4", "False", "(2, 1)", &floats(&[3.0, 6.0]));
    let column = npy(1, "<f4", "False", "(2,)", &floats(&[3.0, 6.0]));
    for age in [&age, &column] {
        let file = npz(&[("age.npy", age), ("labels.npy", b"anything"), ("x.npy", &x)], CompressionMethod::Deflated);
        assert_eq!(read_rows(&file, &joined()).unwrap(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert!(shapes(&file).contains(&("x".to_owned(), vec![2, 2])));
    }
    let all = npy(1, "<f4", "False", "(1, 3)", &floats(&[1.0, 2.0, 3.0]));
    assert_eq!(
        read_rows(&npz(&[("x+age.npy", &all)], CompressionMethod::Stored), &joined()).unwrap(),
        [[1.0, 2.0, 3.0]]
    );
    assert_eq!(shapes(&all), [(String::new(), vec![1, 3])]);
    let one = npz(&[("x.npy", &x)], CompressionMethod::Stored);
    assert_eq!(read_rows(&one, &joined()).unwrap_err().code(), "input-name");
    let uneven = npz(
        &[("x.npy", &x), ("age.npy", &npy(1, "<f4", "False", "(1, 1)", &floats(&[3.0])))],
        CompressionMethod::Stored,
    );
    assert_eq!(read_rows(&uneven, &joined()).unwrap_err().code(), "input-shape");
}

#[test]
fn tables() {
    let expected = [[1.0, 2.0, 3.0], [4.0, -5.0, 60.0]];
    for table in [
        "x[0],x[1],age\n1,2,3\n4,-5,6e1\n",
        "\u{feff}label,age,\"x.1\", x.0\r\nbenign,3,2,1\r\n\r\n\"a, \"\"b\"\"\",60,-5,4",
        "1,2,3\n4,-5,60",
        "age,x_0,x_1\n3,1,2\n60,4,-5\n",
    ] {
        assert_eq!(read_rows(table.as_bytes(), &joined()).unwrap(), expected, "{table}");
    }
    let single = value_info(&[1, 3]);
    for table in ["1,2,3\n4,-5,60", "sepal,petal,\"a,b\"\n1,2,3\n4,-5,60", "x_2,x_0,x_1,y\n3,1,2,a\n60,4,-5,b"] {
        assert_eq!(read_rows(table.as_bytes(), &single).unwrap(), expected, "{table}");
    }
    assert_eq!(read_rows(b"x\n1\n2\n", &value_info(&[1, 1])).unwrap(), [[1.0], [2.0]]);
    let code = |table: &str| read_rows(table.as_bytes(), &joined()).unwrap_err().code();
    assert_eq!(code("x,age\n1,2\n"), "input-name");
    assert_eq!(code("a,b,c\n1,2,3\n"), "input-name");
    assert_eq!(code("x_0,age\n1,2\n"), "input-name");
    assert_eq!(code("x_0,x_1,age,age\n1,2,3,3\n"), "artifact");
    assert_eq!(code("x_0,x_1,age\n1,2\n"), "artifact");
    assert_eq!(code("x_0,x_1,age\n1,2,\"3\n"), "artifact");
    for missing in ["x_0,x_1,age\n1,2,\n", "x_0,x_1,age\n1,2,nan\n"] {
        assert!(read_rows(missing.as_bytes(), &joined()).unwrap()[0][2].is_nan());
    }
    assert_eq!(code("x_0,x_1,age\n1,2,old\n"), "input-value");
    assert_eq!(code("1,2\n3,4\n"), "input-shape");
}

#[test]
fn unusable_arrays() {
    let four = floats(&[1.0, 2.0, 3.0, 4.0]);
    let read = |file: Vec<u8>| read_rows(&file, &value_info(&[1, 2])).unwrap_err().code();
    assert_eq!(read(npy(1, "<f4", "True", "(2, 2)", &four)), "artifact");
    assert_eq!(read(npy(1, ">f4", "False", "(2, 2)", &four)), "artifact");
    assert_eq!(read(npy(1, "|O", "False", "(2, 2)", &four)), "artifact");
    assert_eq!(read(npy(4, "<f4", "False", "(2, 2)", &four)), "artifact");
    assert_eq!(read(npy(1, "<f4", "False", "(2, 3)", &four)), "artifact");
    assert_eq!(read(npy(1, "<f4", "False", "(2, -2)", &four)), "artifact");
    assert_eq!(read(npy(1, "<f4", "False", "(99999999999, 99999999999)", &four)), "artifact");
    assert_eq!(read(npy(1, "<f4", "False", "(4,)", &four)), "input-shape");
    assert_eq!(read(npy(1, "<f4", "False", "()", &four[..4])), "input-shape");
    assert_eq!(read(npy(1, "<f4", "False", "(2, 2)", &floats(&[1.0, f32::NAN, 0.0, 0.0]))), "input-value");
    let empty = npy(1, "<f4", "False", "(0, 2)", &[]);
    assert!(read_rows(&empty, &value_info(&[1, 2])).unwrap().is_empty());
}

proptest! {
    #[test]
    fn changed_files_never_panic(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
        let array = npy(1, "<f4", "False", "(2, 2)", &floats(&[1.0, 2.0, 3.0, 4.0]));
        let table = b"x_0,x_1\n1,\"2\"\n".to_vec();
        for mut file in [array.clone(), table, npz(&[("x.npy", &array)], CompressionMethod::Deflated)] {
            let at = at.index(file.len());
            file[at] = to;
            if cut {
                file.truncate(at);
            }
            drop(read_rows(&file, &value_info(&[1, 2])));
            drop(shapes(&file));
        }
    }
}
