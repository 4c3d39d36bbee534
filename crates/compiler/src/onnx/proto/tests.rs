use super::*;

fn proto(data_type: DataType, dims: &[i64]) -> TensorProto {
    TensorProto { data_type: data_type as i32, dims: dims.to_vec(), ..Default::default() }
}

#[test]
fn tensors_decode_from_either_field() {
    let raw = TensorProto { raw_data: [0.5f32, -2.0].map(f32::to_le_bytes).concat(), ..proto(DataType::Float, &[2]) };
    assert_eq!(tensor(&raw, "t").unwrap().data(), [0.5, -2.0]);
    let listed = TensorProto { float_data: vec![0.5, -2.0], ..proto(DataType::Float, &[2]) };
    assert_eq!(tensor(&listed, "t").unwrap().data(), [0.5, -2.0]);
    let raw = TensorProto { raw_data: (-3i64).to_le_bytes().to_vec(), ..proto(DataType::Int64, &[]) };
    assert_eq!(tensor(&raw, "t").unwrap().data(), [-3.0]);
    let bounds = TensorProto { float_data: vec![f32::NEG_INFINITY, 1.0], ..proto(DataType::Float, &[2]) };
    assert_eq!(tensor(&bounds, "t").unwrap().data(), [-f64::from(f32::MAX), 1.0]);
    let listed = TensorProto { int32_data: vec![0, 7], ..proto(DataType::Bool, &[2]) };
    assert_eq!(tensor(&listed, "t").unwrap().data(), [0.0, 1.0]);
}

#[test]
fn bad_tensors_are_errors() {
    let float = |dims: &[i64], data: Vec<f32>| TensorProto { float_data: data, ..proto(DataType::Float, dims) };
    for bad in [
        float(&[2], vec![1.0]),
        float(&[0], vec![]),
        float(&[-1], vec![1.0]),
        float(&[i64::MAX, i64::MAX], vec![1.0]),
        float(&[1], vec![f32::NAN]),
        TensorProto { raw_data: vec![0; 5], ..proto(DataType::Float, &[1]) },
        TensorProto { raw_data: vec![0; 3], ..proto(DataType::Float16, &[1]) },
        TensorProto { int32_data: vec![1 << 16], ..proto(DataType::Float16, &[1]) },
        TensorProto { raw_data: vec![1, 0x7c], ..proto(DataType::Float16, &[1]) },
        TensorProto { data_type: 9999, ..proto(DataType::Float, &[1]) },
    ] {
        assert!(matches!(tensor(&bad, "t"), Err(Error::Graph { node, .. }) if node == "t"), "{bad:?}");
    }
    let external = TensorProto { data_location: Some(1), ..proto(DataType::Float, &[1]) };
    assert!(matches!(tensor(&external, "t"), Err(Error::ExternalData { tensor }) if tensor == "t"));
}
