//! An object store that misbehaves in one way.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// How it misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The condition of a put is not looked at.
    Overwrites,
    /// A put is said to be refused, and has happened.
    LosesReplies,
    /// So many puts are said to be refused, and nothing is there.
    SaysItExists(u32),
    /// Nothing can be written.
    ReadOnly,
}

#[derive(Debug)]
pub struct Faulty {
    inner: InMemory,
    fault: Fault,
    puts: AtomicU32,
}

impl Faulty {
    pub fn new(fault: Fault) -> Self {
        Self { inner: InMemory::new(), fault, puts: AtomicU32::new(0) }
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faulty")
    }
}

fn exists(location: &Path) -> Error {
    Error::AlreadyExists { path: location.to_string(), source: "conditional request conflict".into() }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut opts: PutOptions,
    ) -> Result<PutResult> {
        let nth = self.puts.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::Overwrites => opts.mode = PutMode::Overwrite,
            Fault::SaysItExists(puts) if nth < puts => return Err(exists(location)),
            Fault::ReadOnly => {
                return Err(Error::Generic { store: "faulty", source: "read-only file system".into() });
            }
            Fault::LosesReplies | Fault::SaysItExists(_) => {}
        }
        let done = self.inner.put_opts(location, payload, opts).await;
        if self.fault == Fault::LosesReplies { Err(exists(location)) } else { done }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
