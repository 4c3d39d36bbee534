//! Who sees a part of what is proved.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who sees the input, or the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Who proves.
    Private,
    /// Who verifies, too.
    Public,
    /// Who proves; who verifies sees a commitment to it.
    Committed,
}

impl Visibility {
    /// `Public` if so, else `Private`.
    pub const fn public_if(public: bool) -> Self {
        if public { Self::Public } else { Self::Private }
    }

    /// Whether who verifies sees it.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Public)
    }

    /// Its name on a command line and in files for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Committed => "committed",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From its [`Visibility::name`].
impl FromStr for Visibility {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "private" => Ok(Self::Private),
            "public" => Ok(Self::Public),
            "committed" => Ok(Self::Committed),
            _ => Err("expected private, public or committed".to_owned()),
        }
    }
}
