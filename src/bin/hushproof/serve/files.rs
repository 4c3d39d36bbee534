//! The files of the page: those below its directory, wherever symbolic links lead, and none whose path has a name that
//! begins with a dot.

use std::{
    fs, io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use tower_http::services::fs::{Backend, DefaultServeDirFallback, ServeDir, TokioBackend, TokioFile};

/// Serves the files below a directory, which is an absolute path, compressed where a compressed one is beside them.
pub(super) fn service(root: &Path) -> ServeDir<DefaultServeDirFallback, Visible> {
    ServeDir::with_backend(root, Visible { root: root.into() }).precompressed_br().precompressed_gzip()
}

/// The file system without what is hidden or outside of the root.
#[derive(Clone)]
pub(super) struct Visible {
    root: Arc<Path>,
}

impl Visible {
    /// The file that a path below the root leads to.
    fn find(&self, path: &Path) -> io::Result<PathBuf> {
        let real = || Some((fs::canonicalize(&self.root).ok()?, fs::canonicalize(path).ok()?));
        let file = real().filter(|(root, file)| is_visible(&self.root, path) && is_visible(root, file));
        file.map(|(_, file)| file).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn found(self, path: PathBuf) -> io::Result<PathBuf> {
        tokio::task::spawn_blocking(move || self.find(&path)).await?
    }
}

/// Whether a path is the root or below it, without a hidden name on the way from there.
fn is_visible(root: &Path, path: &Path) -> bool {
    let names = path.strip_prefix(root);
    names.is_ok_and(|names| names.iter().all(|name| !name.as_encoded_bytes().starts_with(b".")))
}

type Opening<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Visible {
    type File = TokioFile;
    type Metadata = fs::Metadata;
    type OpenFuture = Opening<TokioFile>;
    type MetadataFuture = Opening<fs::Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let found = self.clone().found(path);
        Box::pin(async move { TokioBackend.open(found.await?).await })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let found = self.clone().found(path);
        Box::pin(async move { TokioBackend.metadata(found.await?).await })
    }
}
