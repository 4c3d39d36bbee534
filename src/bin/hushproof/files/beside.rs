//! Files beside a model, which holds some of its tensors in them.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Component, Path, PathBuf},
};

use hushproof::onnx::Files;

use super::is_standard;

/// The folder of a model.
pub(crate) struct Beside {
    folder: Option<PathBuf>,
}

impl Beside {
    /// That of this file; nothing is beside standard input.
    pub(crate) fn new(model: &Path) -> Self {
        let folder = model.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        Self { folder: folder.filter(|_| !is_standard(model)).map(Path::to_owned) }
    }

    /// Opens a regular file in the folder or below it; links may not lead out of it.
    fn open(&self, location: &str) -> Result<File, String> {
        let folder = self.folder.as_ref().ok_or("a model from standard input has no files beside it")?;
        let relative = Path::new(location);
        let inside = |component: Component<'_>| matches!(component, Component::Normal(_) | Component::CurDir);
        if location.is_empty() || !relative.components().all(inside) {
            return Err(format!("`{location}` is no path below the model's folder"));
        }
        let path = folder.join(relative);
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        let (real, real_folder) = (path.canonicalize().map_err(failed)?, folder.canonicalize().map_err(failed)?);
        if !real.starts_with(&real_folder) {
            return Err(format!("{} leads out of the model's folder", path.display()));
        }
        // Of others the opening may wait.
        if !real.metadata().map_err(failed)?.is_file() {
            return Err(format!("{} is no regular file", path.display()));
        }
        File::open(&real).map_err(failed)
    }
}

impl Files for Beside {
    fn read(&self, location: &str, offset: u64, len: usize) -> Result<Vec<u8>, String> {
        let mut file = self.open(location)?;
        let failed = |e: std::io::Error| format!("`{location}`: {e}");
        let size = file.metadata().map_err(failed)?.len();
        if offset.checked_add(len as u64).is_none_or(|end| end > size) {
            return Err(format!("`{location}` has {size} bytes, {len} from byte {offset} on are wanted"));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| format!("no memory for {len} bytes of `{location}`"))?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        file.take(len as u64).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }
}
