//! One file per subcommand.

pub(crate) mod compile;
pub(crate) mod evaluate;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod prove;
pub(crate) mod serve;
pub(crate) mod srs;
pub(crate) mod verify;
