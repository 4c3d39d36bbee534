//! NumPy's `.npy` (versions 1 to 3, C order, little-endian numbers) and `.npz` (a zip archive of them, stored or
//! deflated).

use std::io::{Cursor, Read};

use hushproof_core::{
    data::{self, Array},
    error::{ArtifactKind, Error, Result},
    graph::ValueInfo,
};

const NPY_MAGIC: &[u8] = b"\x93NUMPY";
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
/// The most values that are read, 512 MiB as doubles.
pub(super) const MAX_VALUES: usize = 1 << 26;
/// The most bytes of an archive member that are read for its header alone.
const MAX_HEADER_BYTES: u64 = 1 << 16;
/// The most bytes that an archive member may unpack to.
const MAX_BYTES: u64 = 8 * (1 << 26) + (1 << 16);

/// Reads the rows of a `.npy` file, or from a `.npz` file those of the array that the value_info names, or of its
/// parts; none for other bytes. Other arrays in the archive (labels, say) are not looked at.
pub(super) fn read(bytes: &[u8], value_info: &ValueInfo) -> Result<Option<Vec<Vec<f64>>>> {
    if bytes.starts_with(NPY_MAGIC) {
        return parse(bytes, &value_info.name)?.into_rows(value_info).map(Some);
    }
    let Some(mut archive) = open(bytes)? else { return Ok(None) };
    if archive.index_for_name(&file_name(&value_info.name)).is_some() {
        return member(&mut archive, &value_info.name)?.into_rows(value_info).map(Some);
    }
    let parts = data::parts(value_info);
    let missing = |part: &ValueInfo| archive.index_for_name(&file_name(&part.name)).is_none();
    if parts.is_empty() || parts.iter().any(missing) {
        let names: Vec<&str> = archive.file_names().map(|name| name.strip_suffix(SUFFIX).unwrap_or(name)).collect();
        return Err(Error::InputName { expected: data::expected(value_info), got: names.join(", ") });
    }
    let mut values = 0usize;
    let part = |part: &ValueInfo| {
        let array = member(&mut archive, &part.name)?;
        values = values.saturating_add(array.values.len());
        if values > MAX_VALUES {
            return Err(error(format!("the arrays of the inputs have more than {MAX_VALUES} values")));
        }
        array.into_rows(part)
    };
    data::join_rows(parts.iter().map(part).collect::<Result<_>>()?, value_info).map(Some)
}

/// The shapes of the arrays in a `.npy` file, where it has no name, or in a `.npz` file; as many as can be read.
pub(super) fn shapes(bytes: &[u8]) -> Vec<(String, Vec<usize>)> {
    let shape_of = |bytes: &[u8]| Some(Header::read(bytes).ok()?.0.shape);
    if bytes.starts_with(NPY_MAGIC) {
        return shape_of(bytes).map(|shape| (String::new(), shape)).into_iter().collect();
    }
    let Ok(Some(mut archive)) = open(bytes) else { return Vec::new() };
    let members = archive.len();
    let mut shape = |index: usize| {
        let member = archive.by_index(index).ok()?;
        let name = member.name().strip_suffix(SUFFIX)?.to_owned();
        let mut start = Vec::new();
        member.take(MAX_HEADER_BYTES).read_to_end(&mut start).ok()?;
        Some((name, shape_of(&start)?))
    };
    (0..members).filter_map(&mut shape).collect()
}

type Archive<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// How the names of an archive's members end.
const SUFFIX: &str = ".npy";

fn file_name(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

fn unusable(e: &zip::result::ZipError) -> Error {
    error(format!("not a .npz archive: {e}"))
}

/// A `.npz` archive; none of other bytes.
fn open(bytes: &[u8]) -> Result<Option<Archive<'_>>> {
    if !bytes.starts_with(ZIP_MAGIC) {
        return Ok(None);
    }
    zip::ZipArchive::new(Cursor::new(bytes)).map(Some).map_err(|e| unusable(&e))
}

/// An array of an archive.
fn member(archive: &mut Archive<'_>, name: &str) -> Result<Array> {
    let member = archive.by_name(&file_name(name)).map_err(|e| unusable(&e))?;
    let mut unpacked = Vec::new();
    let mut limited = member.take(MAX_BYTES);
    limited.read_to_end(&mut unpacked).map_err(|e| error(format!("damaged .npz archive: {e}")))?;
    if limited.limit() == 0 {
        return Err(error(format!("array `{name}` is larger than {MAX_BYTES} bytes")));
    }
    parse(&unpacked, name)
}

/// What stands in front of an array's values.
struct Header<'a> {
    descr: &'a str,
    shape: Vec<usize>,
    /// Number of values.
    count: usize,
}

impl<'a> Header<'a> {
    /// Magic, version, header length, header (a Python dictionary as text); the values are the rest.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let cut_off = || error("the .npy array is cut off");
        let rest = bytes.strip_prefix(NPY_MAGIC).ok_or_else(|| error("not a .npy array"))?;
        let ([major, _minor], rest) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
        let (len, rest) = match major {
            1 => rest.split_first_chunk::<2>().map(|(len, rest)| (u32::from(u16::from_le_bytes(*len)), rest)),
            2 | 3 => rest.split_first_chunk::<4>().map(|(len, rest)| (u32::from_le_bytes(*len), rest)),
            other => return Err(error(format!(".npy version {other}, expected 1 to 3"))),
        }
        .ok_or_else(cut_off)?;
        let len = usize::try_from(len).map_err(|_| cut_off())?;
        let (header, values) = rest.split_at_checked(len).ok_or_else(cut_off)?;
        let header = str::from_utf8(header).map_err(|_| error("the .npy header is not text"))?;
        let descr = field(header, "descr")?.trim_matches(['\'', '"']);
        if !field(header, "fortran_order")?.starts_with("False") {
            return Err(error("the .npy array is in Fortran order; save np.ascontiguousarray(x)"));
        }
        let shape = shape(field(header, "shape")?)?;
        let count = shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size)).filter(|n| *n <= MAX_VALUES);
        let count = count.ok_or_else(|| error(format!("the .npy array has more than {MAX_VALUES} values")))?;
        Ok((Self { descr, shape, count }, values))
    }
}

/// The array of a `.npy` file.
fn parse(bytes: &[u8], name: &str) -> Result<Array> {
    let (Header { descr, shape, count }, values) = Header::read(bytes)?;
    let values = decode(descr, values, count)?;
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        let got = "not a finite number".to_owned();
        return Err(Error::InputValue { input: name.to_owned(), index, got });
    }
    Ok(Array { shape, values })
}

/// The text behind `'key':`, up to the comma or brace that ends it.
fn field<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    let missing = || error(format!("the .npy header has no `{key}`"));
    let (_, after) = header.split_once(&format!("'{key}'")).ok_or_else(missing)?;
    let value = after.trim_start().strip_prefix(':').ok_or_else(missing)?.trim_start();
    let end = if value.starts_with('(') { value.find(')') } else { value.find([',', '}']) };
    value.split_at_checked(end.ok_or_else(missing)?).map(|(value, _)| value.trim()).ok_or_else(missing)
}

/// `(3, 4` as sizes; the closing parenthesis is cut off already.
fn shape(text: &str) -> Result<Vec<usize>> {
    let unusable = || error("the .npy header has no usable `shape`");
    let sizes = text.strip_prefix('(').ok_or_else(unusable)?.split(',').map(str::trim);
    sizes.filter(|size| !size.is_empty()).map(|size| size.parse().map_err(|_| unusable())).collect()
}

fn decode(descr: &str, bytes: &[u8], count: usize) -> Result<Vec<f64>> {
    fn each<const N: usize>(bytes: &[u8], count: usize, to_f64: fn([u8; N]) -> f64) -> Result<Vec<f64>> {
        if count.checked_mul(N) != Some(bytes.len()) {
            let reason = format!("the .npy array has {} bytes of values, its shape says {count} × {N}", bytes.len());
            return Err(error(reason));
        }
        Ok(bytes.as_chunks::<N>().0.iter().map(|chunk| to_f64(*chunk)).collect())
    }
    match descr {
        "<f8" => each(bytes, count, f64::from_le_bytes),
        "<f4" => each(bytes, count, |b| f32::from_le_bytes(b).into()),
        "|u1" => each(bytes, count, |b| u8::from_le_bytes(b).into()),
        "|i1" => each(bytes, count, |b| i8::from_le_bytes(b).into()),
        "<u2" => each(bytes, count, |b| u16::from_le_bytes(b).into()),
        "<i2" => each(bytes, count, |b| i16::from_le_bytes(b).into()),
        "<u4" => each(bytes, count, |b| u32::from_le_bytes(b).into()),
        "<i4" => each(bytes, count, |b| i32::from_le_bytes(b).into()),
        #[expect(clippy::as_conversions, reason = "the nearest double is what is meant")]
        "<u8" => each(bytes, count, |b| u64::from_le_bytes(b) as f64),
        #[expect(clippy::as_conversions, reason = "the nearest double is what is meant")]
        "<i8" => each(bytes, count, |b| i64::from_le_bytes(b) as f64),
        other => Err(error(format!(
            "the .npy array has type {other:?}, expected little-endian float32, float64 or integers"
        ))),
    }
}

pub(super) fn error(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Data, reason)
}
