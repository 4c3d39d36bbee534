//! JSON that means one thing only: an object, and no name twice in any object; its canonical form; text in it that a
//! person can be shown.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// Longest text that a person is shown, in bytes.
const MAX_TEXT_BYTES: usize = 512;

/// Reads an object.
///
/// # Errors
/// What is wrong with the text, or with it as a `T`.
pub fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err("expected an object".to_owned());
    }
    serde_json::from_slice::<Unambiguous>(text).map_err(|error| error.to_string())?;
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// Reads any JSON.
///
/// # Errors
/// What is wrong with the text; a name that stands twice in an object, too.
pub fn any(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<Unambiguous>(text).map_err(|error| error.to_string())?;
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// The canonical JSON of a value (RFC 8785): names in order, no spaces, numbers as JavaScript writes them.
///
/// # Errors
/// What JSON can't hold.
pub fn canonical(value: &impl Serialize) -> Result<String, String> {
    serde_json_canonicalizer::to_string(value).map_err(|error| error.to_string())
}

/// Text that a person can be shown as it is.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        return Err(format!("expected 1 to {MAX_TEXT_BYTES} bytes of text"));
    }
    match text.chars().find(|c| is_hidden(*c)) {
        Some(c) => Err(format!("has the character U+{:04X}, which is not shown", u32::from(c))),
        None => Ok(()),
    }
}

/// Whether a character shows nothing, or turns the order of those around it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Any JSON without a name twice in an object; nothing of it is kept.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(Name(name)) = fields.next_key()? {
            if !names.insert(name) {
                return Err(A::Error::custom("an object has a name twice"));
            }
            fields.next_value::<Self>()?;
        }
        Ok(self)
    }
}

/// A field's name, borrowed where it has no escapes.
#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
