//! Where files are written: decided before a command's work, and written whole after it.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use hushproof::{Error, Result};

use super::{
    is_standard,
    read::open,
    system::{self, Identity},
};
use crate::output::Channel;

/// Symbolic links that are followed one after the other.
const MAX_LINKS: usize = 40;

/// Names of temporary files that are tried where there are files of earlier ones.
const MAX_NAMES: u32 = 100;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Whoever may read the file that it replaces, or what the system's default says.
    Public,
    /// Its owner.
    Secret,
}

/// The files that a command reads and writes.
pub(crate) struct Plan {
    inputs: Vec<Identity>,
    outputs: Vec<Destination>,
}

/// A file to write.
pub(crate) struct Output {
    path: PathBuf,
    destination: Destination,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    StandardOutput,
    /// A device or a pipe.
    Stream,
    /// A file to make or to replace, where symbolic links lead to; and what there is now.
    File(PathBuf, Option<Identity>),
}

impl Plan {
    /// A command that reads these files.
    ///
    /// # Errors
    /// When standard input is named twice.
    pub(crate) fn reading(inputs: &[Option<&PathBuf>]) -> Result<Self> {
        let inputs = || inputs.iter().copied().flatten();
        if inputs().filter(|path| is_standard(path)).count() > 1 {
            return Err(Error::Option { option: "-", reason: "standard input can be read once".to_owned() });
        }
        // One that cannot be read is refused when it is read.
        let identity = |path: &Path| {
            let metadata = if is_standard(path) { system::standard_input()?.metadata()? } else { fs::metadata(path)? };
            io::Result::Ok(if metadata.is_file() { system::identity(path, &metadata) } else { None })
        };
        let inputs = inputs().filter_map(|path| identity(path).ok().flatten()).collect();
        Ok(Self { inputs, outputs: Vec::new() })
    }

    /// A file that the command writes.
    ///
    /// # Errors
    /// When it is a directory, one of the inputs or another output, or cannot be found out about.
    pub(crate) fn writing(&mut self, option: &'static str, path: &Path) -> Result<Output> {
        let refuse = |what: &str| Error::Option { option, reason: format!("{} is {what}", path.display()) };
        let io = |source| Error::Io { path: path.to_owned(), source };
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") || (!is_standard(path) && path.is_dir()) {
            return Err(refuse("a directory"));
        }
        let destination = Destination::of(path).map_err(io)?;
        let read = match &destination {
            Destination::StandardOutput => {
                let metadata = system::standard_output().ok().filter(fs::Metadata::is_file);
                metadata.and_then(|metadata| system::identity(path, &metadata))
            }
            Destination::Stream => None,
            Destination::File(_, identity) => identity.clone(),
        };
        if read.is_some_and(|identity| self.inputs.contains(&identity)) {
            return Err(refuse("also an input"));
        }
        if self.outputs.iter().any(|other| other.is_same(&destination)) {
            return Err(refuse("also another output"));
        }
        self.outputs.push(destination.clone());
        Ok(Output { path: path.to_owned(), destination })
    }

    /// Where the report goes, so that a file on standard output is alone there.
    pub(crate) fn channel(&self) -> Channel {
        if self.outputs.contains(&Destination::StandardOutput) { Channel::Error } else { Channel::Output }
    }
}

impl Destination {
    fn of(path: &Path) -> io::Result<Self> {
        if is_standard(path) {
            return Ok(Self::StandardOutput);
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::File(new_file(path)?, None));
            }
            Err(error) => return Err(error),
        };
        let identity = system::identity(path, &metadata);
        let standard = || {
            let standard = system::standard_output().ok()?;
            (!system::is_device(&standard)).then(|| system::identity(path, &standard))?
        };
        if names_standard_output(path) || (identity.is_some() && identity == standard()) {
            Ok(Self::StandardOutput)
        } else if metadata.is_file() {
            Ok(Self::File(path.canonicalize()?, identity))
        } else {
            Ok(Self::Stream)
        }
    }

    /// Whether both are one file or standard output. Devices and pipes take one file after the other.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(path, identity), Self::File(other_path, other_identity)) => {
                path == other_path || (identity.is_some() && identity == other_identity)
            }
            (Self::StandardOutput, Self::StandardOutput) => true,
            _ => false,
        }
    }
}

impl Output {
    /// As it was named.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file. One on disk is replaced at once, when all of it is there.
    ///
    /// # Errors
    /// `Io`, and a file on disk is as it was. A reader that goes away is no error.
    pub(crate) fn write(&self, bytes: &[u8], secrecy: Secrecy) -> Result<()> {
        let written = match &self.destination {
            Destination::StandardOutput => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Destination::Stream => {
                open(&self.path, File::options().write(true)).and_then(|mut file| file.write_all(bytes))
            }
            Destination::File(path, _) => replace(path, bytes, secrecy),
        };
        match written {
            Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::Io { path: self.path.clone(), source })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a path is a name of this program's standard output.
fn names_standard_output(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// The path with another extension.
///
/// # Errors
/// When there is no file on disk to be beside.
pub(crate) fn sibling(path: &Path, extension: &str, option: &'static str) -> Result<PathBuf> {
    let is_stream = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_stream || is_standard(path) || names_standard_output(path) {
        let reason = format!("no place for the .{extension} file, which goes beside {}", path.display());
        return Err(Error::Option { option, reason });
    }
    Ok(path.with_extension(extension))
}

/// The path of a file that does not exist, behind all symbolic links.
fn new_file(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match path.read_link() {
            Ok(target) => path = parent.join(target),
            Err(_) => {
                let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
                return Ok(parent.canonicalize()?.join(name));
            }
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Makes or replaces a file by one of another name, which is gone whatever happens.
fn replace(path: &Path, bytes: &[u8], secrecy: Secrecy) -> io::Result<()> {
    let before = match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("no longer a regular file")),
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let create = |path: &Path| match (secrecy, &before) {
        (Secrecy::Public, None) => File::create_new(path),
        _ => system::create_private(path),
    };
    let (temporary, mut file) = Temporary::create(path, create)?;
    if let Some(permissions) = before {
        file.set_permissions(after(permissions, secrecy))?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary.0, path)
}

/// The permissions of a file that replaces one with these.
fn after(permissions: Permissions, secrecy: Secrecy) -> Permissions {
    match secrecy {
        Secrecy::Public => permissions,
        Secrecy::Secret => system::at_most_private(permissions),
    }
}

/// A file that is removed in the end, if it is still there.
struct Temporary(PathBuf);

impl Temporary {
    /// One in the folder of a file.
    fn create(path: &Path, create: impl Fn(&Path) -> io::Result<File>) -> io::Result<(Self, File)> {
        let mut number = 0;
        loop {
            let path = path.with_file_name(format!(".hushproof-{}-{number}.tmp", std::process::id()));
            match create(&path) {
                Ok(file) => return Ok((Self(path), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NAMES => number += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It has been renamed, or another error is told.
        drop(fs::remove_file(&self.0));
    }
}
