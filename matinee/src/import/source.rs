//! Which files of MovieLens a folder holds.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use schemas::{Movie, RateEvent};
use sha2::{Digest, Sha256};

use super::rows::Row;
use super::{Error, csv, dat};

/// The rows of a file, in its order.
type Rows<T> = Box<dyn Iterator<Item = Result<Row<T>, Error>> + Send>;

/// How the files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated with a header: latest-small and later.
    Csv,
    /// Separated by `::` without a header: 1M and 10M.
    Dat,
}

/// The two files of one MovieLens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub format: Format,
    pub movies: PathBuf,
    pub ratings: PathBuf,
}

impl Source {
    pub fn find(dir: &Path) -> Result<Source, Error> {
        std::fs::read_dir(dir).map_err(|source| Error::File { path: dir.to_owned(), source })?;
        let formats = [(Format::Csv, "csv"), (Format::Dat, "dat")].map(|(format, end)| Source {
            format,
            movies: dir.join(format!("movies.{end}")),
            ratings: dir.join(format!("ratings.{end}")),
        });
        let found: Vec<String> = formats
            .iter()
            .flat_map(|source| [&source.ratings, &source.movies])
            .filter(|path| path.is_file())
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        let complete = formats.into_iter().find(|source| source.movies.is_file() && source.ratings.is_file());
        complete.ok_or_else(|| Error::NoMovieLens {
            dir: dir.to_owned(),
            found: if found.is_empty() {
                "none of its files".to_owned()
            } else {
                format!("only {}", found.join(", "))
            },
        })
    }

    pub fn movies(&self) -> Result<Rows<Movie>, Error> {
        let input = open(&self.movies)?;
        Ok(match self.format {
            Format::Csv => Box::new(csv::movies(input, &self.movies)?),
            Format::Dat => Box::new(dat::movies(input, &self.movies)),
        })
    }

    pub fn ratings(&self) -> Result<Rows<RateEvent>, Error> {
        let input = open(&self.ratings)?;
        Ok(match self.format {
            Format::Csv => Box::new(csv::ratings(input, &self.ratings)?),
            Format::Dat => Box::new(dat::ratings(input, &self.ratings)),
        })
    }
}

/// SHA-256 of a file's bytes, lower-case hex: what the file is, wherever it lies.
pub(super) fn sha256(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let (mut file, mut hash, mut buffer) = (open(path)?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(registry::sha256::to_hex(&hash.finalize().into())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    let file = File::open(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    Ok(BufReader::with_capacity(1 << 18, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_movielens_says_what_was_expected() {
        let dir = tempfile::tempdir().unwrap();
        let error = |dir: &Path| Source::find(dir).unwrap_err().to_string();
        assert!(error(dir.path()).contains("found none of its files; expected ratings.csv and movies.csv"));
        std::fs::write(dir.path().join("ratings.csv"), "").unwrap();
        assert!(error(dir.path()).contains("found only ratings.csv; expected"));
        assert!(error(&dir.path().join("absent")).contains("absent: No such file"));
        std::fs::write(dir.path().join("movies.csv"), "").unwrap();
        assert_eq!(Source::find(dir.path()).unwrap().format, Format::Csv);
    }
}
