//! `ratings.csv` and `movies.csv`: RFC 4180, UTF-8, columns by their names in the header.

use std::io::Read;
use std::path::{Path, PathBuf};

use ::csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use schemas::{Movie, RateEvent};

use super::Error;
use super::rows::{self, Row};

/// The ratings of a file.
pub(super) fn ratings<I: Read>(
    input: I,
    path: &Path,
) -> Result<impl Iterator<Item = Result<Row<RateEvent>, Error>> + use<I>, Error> {
    Table::open(input, path, ["userId", "movieId", "rating", "timestamp"], rows::rating)
}

/// The movies of a file.
pub(super) fn movies<I: Read>(
    input: I,
    path: &Path,
) -> Result<impl Iterator<Item = Result<Row<Movie>, Error>> + use<I>, Error> {
    Table::open(input, path, ["movieId", "title", "genres"], rows::movie)
}

struct Table<I, T, const N: usize> {
    reader: Reader<I>,
    path: PathBuf,
    columns: [usize; N],
    /// 1 where lines end in CR LF: the reader takes a record to begin before that LF, one line early.
    line_behind: u64,
    row: ByteRecord,
    parse: fn([&str; N]) -> Result<T, String>,
}

impl<I: Read, T, const N: usize> Table<I, T, N> {
    fn open(
        input: I,
        path: &Path,
        names: [&'static str; N],
        parse: fn([&str; N]) -> Result<T, String>,
    ) -> Result<Self, Error> {
        let mut reader = ReaderBuilder::new().from_reader(input);
        let header = reader.byte_headers().map_err(|error| failed(path, 0, error))?.clone();
        if header.is_empty() {
            return Err(Error::Empty { path: path.to_owned() });
        }
        let line_behind = u64::from(reader.position().line() == 1);
        let mut columns = [0; N];
        for (column, name) in columns.iter_mut().zip(names) {
            let place = header.iter().position(|found| found.trim_ascii() == name.as_bytes());
            *column = place.ok_or_else(|| Error::NoColumn {
                path: path.to_owned(),
                column: name,
                header: header.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(","),
            })?;
        }
        Ok(Table { reader, path: path.to_owned(), columns, line_behind, row: ByteRecord::new(), parse })
    }

    fn parse(&self) -> Result<Row<T>, Error> {
        let line = self.row.position().map_or(0, ::csv::Position::line) + self.line_behind;
        let wrong = |reason: String| Error::Row { path: self.path.clone(), line, reason };
        let mut fields = [""; N];
        for (field, &column) in fields.iter_mut().zip(&self.columns) {
            // The reader refuses rows that are shorter than the header.
            *field = std::str::from_utf8(&self.row[column]).map_err(|_| wrong("not UTF-8".to_owned()))?;
        }
        (self.parse)(fields).map(|value| Row { line, value }).map_err(wrong)
    }
}

impl<I: Read, T, const N: usize> Iterator for Table<I, T, N> {
    type Item = Result<Row<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_byte_record(&mut self.row) {
            Ok(false) => None,
            Ok(true) => Some(self.parse()),
            Err(error) => Some(Err(failed(&self.path, self.line_behind, error))),
        }
    }
}

fn failed(path: &Path, line_behind: u64, error: ::csv::Error) -> Error {
    let line = error.position().map_or(0, ::csv::Position::line) + line_behind;
    let row = |reason| Error::Row { path: path.to_owned(), line, reason };
    match error.into_kind() {
        ErrorKind::Io(source) => Error::File { path: path.to_owned(), source },
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            row(format!("{len} fields where the header has {expected_len}"))
        }
        other => row(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratings_of(text: &[u8]) -> Vec<Result<Row<RateEvent>, String>> {
        match ratings(text, Path::new("ratings.csv")) {
            Ok(rows) => rows.map(|row| row.map_err(|error| error.to_string())).collect(),
            Err(error) => vec![Err(error.to_string())],
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        let rows = ratings_of(b"timestamp,rating,movieId,userId\n10,4.5,2,1\n");
        let Row { line, value: row } = rows[0].as_ref().unwrap();
        assert_eq!(*line, 2);
        assert_eq!((row.user_id, row.movie_id, row.rating, row.ts), (1, 2, 4.5, 10_000));
        assert_eq!(
            ratings_of(b"userId,movieId,stars,timestamp\n")[0].as_ref().unwrap_err(),
            "ratings.csv:1: no column `rating`; the header is `userId,movieId,stars,timestamp`"
        );
        assert_eq!(ratings_of(b"")[0].as_ref().unwrap_err(), "ratings.csv: the file is empty");
    }

    #[test]
    fn errors_name_the_line() {
        for end in ["\n", "\r\n"] {
            let error = |row: &str| {
                let text = ["userId,movieId,rating,timestamp", "1,1,4.0,5", row, ""].join(end);
                ratings_of(text.as_bytes())[1].clone().unwrap_err()
            };
            assert!(error("1,1,six,5").starts_with("ratings.csv:3: rating `six`"), "{}", error("1,1,six,5"));
            assert!(error("1,1,6,5").starts_with("ratings.csv:3: rating is 6, outside"));
            assert_eq!(error("1,1,4"), "ratings.csv:3: 3 fields where the header has 4");
        }
    }

    #[test]
    fn titles_are_quoted_and_utf8() {
        let text = "movieId,title,genres\n1,\"City, The \"\"Best\"\" (1995)\",Comedy\n2,Amélie (2001),Comedy|Romance\n";
        let all: Vec<Movie> =
            movies(text.as_bytes(), Path::new("m")).unwrap().map(|row| row.unwrap().value).collect();
        assert_eq!(all[0].title, "City, The \"Best\" (1995)");
        assert_eq!((all[1].title.as_str(), all[1].genres.len()), ("Amélie (2001)", 2));
        let text = b"movieId,title,genres\n1,Am\xe9lie,Comedy\n";
        let error = movies(&text[..], Path::new("movies.csv")).unwrap().next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "movies.csv:2: not UTF-8");
    }
}
