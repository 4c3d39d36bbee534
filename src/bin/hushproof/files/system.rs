//! What only the operating system knows of a file.

use std::{
    fs::{File, Metadata, Permissions},
    io,
    path::Path,
};

#[cfg(unix)]
use std::os::{
    fd::AsFd,
    unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
};

/// What tells a regular file from every other, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    number: (u64, u64),
    #[cfg(not(unix))]
    path: std::path::PathBuf,
}

/// The identity of the file at a path, which has this metadata.
#[cfg(unix)]
pub(super) fn identity(_: &Path, metadata: &Metadata) -> Option<Identity> {
    Some(Identity { number: (metadata.dev(), metadata.ino()) })
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path, _: &Metadata) -> Option<Identity> {
    path.canonicalize().ok().map(|path| Identity { path })
}

/// Whether a file can give bytes without end.
pub(super) fn is_device(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return metadata.file_type().is_char_device();
    #[cfg(not(unix))]
    return false;
}

/// Whether opening a file waits for its other end.
pub(super) fn is_pipe(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return metadata.file_type().is_fifo();
    #[cfg(not(unix))]
    return false;
}

/// The standard input, unbuffered.
pub(super) fn standard_input() -> io::Result<File> {
    #[cfg(unix)]
    return Ok(io::stdin().as_fd().try_clone_to_owned()?.into());
    #[cfg(not(unix))]
    return Err(io::ErrorKind::Unsupported.into());
}

/// What the standard output is.
pub(super) fn standard_output() -> io::Result<Metadata> {
    #[cfg(unix)]
    return File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata();
    #[cfg(not(unix))]
    return Err(io::ErrorKind::Unsupported.into());
}

/// Makes a file that did not exist, which nobody but its owner can open.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path)
}

/// The permissions of a secret file that replaces one with these: at most the owner's to read and write.
pub(super) fn at_most_private(permissions: Permissions) -> Permissions {
    #[cfg(unix)]
    return Permissions::from_mode(permissions.mode() & 0o600);
    #[cfg(not(unix))]
    return permissions;
}
