//! Reading files, pipes and devices whole, within bounds.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use hushproof::{Error, Result};

use super::{is_standard, system};

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 30;
/// Most that is read of a device such as `/dev/zero`, which never ends.
const MAX_DEVICE_BYTES: u64 = 16 << 20;
/// Bytes that are made room for and read at once.
const CHUNK_BYTES: u64 = 1 << 20;
/// How long the other end of a named pipe may take to open.
const PIPE_PATIENCE: Duration = Duration::from_secs(10);
/// What every binary file of this program starts with.
const MAGIC: &[u8] = b"HUSH";

/// All bytes of a file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Source::open(path)?.read(&mut bytes, u64::MAX)?;
    Ok(bytes)
}

/// All bytes of a model, a key or an SRS; only the first of a file that is none of them.
pub(crate) fn read_binary(path: &Path) -> Result<Vec<u8>> {
    let (mut source, mut bytes) = (Source::open(path)?, Vec::new());
    source.read(&mut bytes, MAGIC.len() as u64)?;
    if bytes == MAGIC {
        source.read(&mut bytes, u64::MAX)?;
    }
    Ok(bytes)
}

/// Opens a file. Where that waits for the other end of a pipe, it waits no longer than [`PIPE_PATIENCE`].
pub(super) fn open(path: &Path, options: &fs::OpenOptions) -> io::Result<File> {
    if !fs::metadata(path).is_ok_and(|metadata| system::is_pipe(&metadata)) {
        return options.open(path);
    }
    let (sender, receiver) = mpsc::channel();
    let (path, options) = (path.to_owned(), options.clone());
    // Nothing ends the wait of this thread but the end of the program.
    thread::spawn(move || sender.send(options.open(path)));
    receiver.recv_timeout(PIPE_PATIENCE).unwrap_or_else(|_| {
        let reason = format!("nothing opened the other end of this pipe in {} s", PIPE_PATIENCE.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, reason))
    })
}

/// A file that is being read.
struct Source<'a> {
    path: &'a Path,
    file: File,
    /// Bytes that were read, those that there are as far as is known, and the most that are read.
    read: u64,
    len: u64,
    most: u64,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = if is_standard(path) { system::standard_input() } else { open(path, File::options().read(true)) };
        let file = file.map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        let most = if system::is_device(&metadata) { MAX_DEVICE_BYTES } else { MAX_FILE_BYTES };
        let source = Self { path, file, read: 0, len: metadata.len(), most };
        if source.len > most { Err(source.too_large()) } else { Ok(source) }
    }

    /// Appends the next bytes, all of them or so many.
    fn read(&mut self, bytes: &mut Vec<u8>, count: u64) -> Result<()> {
        let mut left = count;
        while left > 0 {
            // A byte more than there is shows the end.
            let chunk = left.min(CHUNK_BYTES.max(self.len.saturating_sub(self.read) + 1));
            let (available_bytes, needed_bytes) = (self.read, self.read + chunk);
            let out_of_memory = |_| Error::OutOfMemory { needed_bytes, available_bytes };
            bytes.try_reserve(chunk as usize).map_err(out_of_memory)?;
            let read = (&mut self.file).take(chunk).read_to_end(bytes);
            let read = read.map_err(|source| Error::Io { path: self.path.to_owned(), source })? as u64;
            self.read += read;
            if self.read > self.most {
                return Err(self.too_large());
            }
            if read < chunk {
                break;
            }
            left -= read;
        }
        Ok(())
    }

    fn too_large(&self) -> Error {
        let reason = format!("more than {} MiB, which is the most that is read of it", self.most >> 20);
        Error::Io { path: self.path.to_owned(), source: io::Error::new(io::ErrorKind::FileTooLarge, reason) }
    }
}
