//! Skipping work whose inputs have not changed.

use crate::process::root;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// A digest of the contents of files and folders, all relative to the root, and of some further text.
/// A path that does not exist contributes its absence. It detects edits; it is no protection against forgery.
pub(crate) fn digest(paths: &[&str], text: &str) -> Result<String> {
    let mut files = BTreeSet::new();
    for path in paths {
        collect(&root().join(path), &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    for file in &files {
        file.strip_prefix(root()).unwrap_or(file).hash(&mut hasher);
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file below a folder, or the file itself; dependencies of npm and built pages are left out.
pub(crate) fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.insert(path.to_path_buf());
    } else if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules" && name != "dist") {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

/// A file under `target/` that holds the digest of the last inputs for which a piece of work was finished.
pub(crate) struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    /// The stamp of the work `name` for the inputs with this digest.
    pub(crate) fn new(name: &str, digest: String) -> Self {
        Self { path: root().join("target/xtask").join(name), digest }
    }

    /// Whether the work was finished for these inputs.
    pub(crate) fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|stored| stored == self.digest)
    }

    /// Records that the work is finished.
    pub(crate) fn write(&self) -> Result<()> {
        let folder = self.path.parent().context("stamp without folder")?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(&self.path, &self.digest).with_context(|| format!("cannot write {}", self.path.display()))
    }
}
