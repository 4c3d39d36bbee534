//! Small ONNX models, written as protobuf by hand.

/// A field of bytes, a text or a message.
fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    let mut out = varint(u64::from(field) << 3 | 2);
    out.extend(varint(content.len() as u64));
    out.extend_from_slice(content);
    out
}

fn int(field: u8, value: u64) -> Vec<u8> {
    [varint(u64::from(field) << 3), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// Element types.
pub(crate) const FLOAT: u64 = 1;
pub(crate) const INT64: u64 = 7;

/// A model in the making.
#[derive(Default)]
pub(crate) struct Graph(Vec<u8>);

impl Graph {
    /// A node of the default domain with attributes that are integers.
    pub(crate) fn node(mut self, op: &str, inputs: &[&str], output: &str, attributes: &[(&str, u64)]) -> Self {
        let mut node: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input.as_bytes())).collect();
        node.extend(bytes(2, output.as_bytes()));
        node.extend(bytes(4, op.as_bytes()));
        for (name, value) in attributes {
            node.extend(bytes(5, &[bytes(1, name.as_bytes()), int(3, *value), int(20, 2)].concat()));
        }
        self.0.extend(bytes(1, &node));
        self
    }

    /// A tensor of constants.
    pub(crate) fn constant(mut self, name: &str, shape: &[u64], values: &[f32]) -> Self {
        let mut tensor: Vec<u8> = shape.iter().flat_map(|size| int(1, *size)).collect();
        tensor.extend(int(2, FLOAT));
        tensor.extend(bytes(8, name.as_bytes()));
        tensor.extend(bytes(9, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>()));
        self.0.extend(bytes(5, &tensor));
        self
    }

    /// A tensor of constants in a file beside the model.
    pub(crate) fn outside(mut self, name: &str, shape: &[u64], location: &str) -> Self {
        let entry = [bytes(1, b"location"), bytes(2, location.as_bytes())].concat();
        let mut tensor: Vec<u8> = shape.iter().flat_map(|size| int(1, *size)).collect();
        tensor.extend([int(2, FLOAT), bytes(8, name.as_bytes()), bytes(13, &entry), int(14, 1)].concat());
        self.0.extend(bytes(5, &tensor));
        self
    }

    /// A vector of integers.
    pub(crate) fn integers(mut self, name: &str, values: &[i64]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let tensor = [int(1, values.len() as u64), int(2, INT64), bytes(8, name.as_bytes()), bytes(9, &data)].concat();
        self.0.extend(bytes(5, &tensor));
        self
    }

    pub(crate) fn input(mut self, name: &str, shape: &[u64]) -> Self {
        self.0.extend(value_info(11, name, FLOAT, shape));
        self
    }

    /// An input of one row, of as many values as a name says.
    pub(crate) fn free_input(mut self, name: &str, size: &str) -> Self {
        let shape = [bytes(1, &int(1, 1)), bytes(1, &bytes(2, size.as_bytes()))].concat();
        let tensor = [int(1, FLOAT), bytes(2, &shape)].concat();
        self.0.extend(bytes(11, &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()));
        self
    }

    pub(crate) fn output(mut self, name: &str, element: u64, shape: &[u64]) -> Self {
        self.0.extend(value_info(12, name, element, shape));
        self
    }

    /// The file.
    pub(crate) fn onnx(self) -> Vec<u8> {
        let graph = [self.0, bytes(2, b"test")].concat();
        [int(1, 8), bytes(7, &graph), bytes(8, &int(2, 17))].concat()
    }
}

fn value_info(field: u8, name: &str, element: u64, shape: &[u64]) -> Vec<u8> {
    let shape: Vec<u8> = shape.iter().flat_map(|size| bytes(1, &int(1, *size))).collect();
    let tensor = [int(1, element), bytes(2, &shape)].concat();
    bytes(field, &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat())
}
