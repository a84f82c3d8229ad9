//! `ratings.dat` and `movies.dat`: fields separated by `::`, no header. 1M is Latin-1, 10M is UTF-8.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use schemas::{Movie, RateEvent};

use super::Error;
use super::rows::{self, Row};

/// The ratings of a file.
pub(super) fn ratings<I: BufRead>(
    input: I,
    path: &Path,
) -> impl Iterator<Item = Result<Row<RateEvent>, Error>> + use<I> {
    Lines::of(input, path, |line| {
        let fields: Vec<&str> = line.split("::").collect();
        let fields = <[&str; 4]>::try_from(fields)
            .map_err(|fields| format!("{} fields, expected user::movie::rating::timestamp", fields.len()))?;
        rows::rating(fields)
    })
}

/// The movies of a file. A title may hold the separator.
pub(super) fn movies<I: BufRead>(
    input: I,
    path: &Path,
) -> impl Iterator<Item = Result<Row<Movie>, Error>> + use<I> {
    Lines::of(input, path, |line| {
        let fields = line.split_once("::").and_then(|(id, rest)| Some((id, rest.rsplit_once("::")?)));
        let (id, (title, genres)) = fields.ok_or("expected id::title::genres")?;
        rows::movie([id, title, genres])
    })
}

struct Lines<I, T> {
    input: I,
    path: PathBuf,
    line: u64,
    bytes: Vec<u8>,
    parse: fn(&str) -> Result<T, String>,
}

impl<I: BufRead, T> Lines<I, T> {
    fn of(input: I, path: &Path, parse: fn(&str) -> Result<T, String>) -> Self {
        Lines { input, path: path.to_owned(), line: 0, bytes: Vec::new(), parse }
    }
}

impl<I: BufRead, T> Iterator for Lines<I, T> {
    type Item = Result<Row<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.bytes.clear();
            match self.input.read_until(b'\n', &mut self.bytes) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(source) => return Some(Err(Error::File { path: self.path.clone(), source })),
            }
            let line = self.bytes.trim_ascii_end();
            if !line.is_empty() {
                let (parsed, line) = ((self.parse)(&text(line)), self.line);
                let wrong = |reason| Error::Row { path: self.path.clone(), line, reason };
                return Some(parsed.map(|value| Row { line, value }).map_err(wrong));
            }
        }
    }
}

/// Text in Latin-1 that is valid UTF-8 all the same does not occur in titles: it would take a pair such as `Ã©`.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_read_and_errors_name_the_line() {
        let text = "1::1193::5::978300760\r\n\n1::661::3\n";
        let rows: Vec<_> = ratings(text.as_bytes(), Path::new("ratings.dat")).collect();
        let first = &rows[0].as_ref().unwrap().value;
        assert_eq!((first.user_id, first.movie_id, first.ts), (1, 1193, 978_300_760_000));
        let error = rows[1].as_ref().unwrap_err().to_string();
        assert_eq!(error, "ratings.dat:3: 3 fields, expected user::movie::rating::timestamp");
    }

    #[test]
    fn titles_of_both_encodings_become_utf8() {
        let titles = |bytes: &[u8]| -> Vec<String> {
            movies(bytes, Path::new("m")).map(|movie| movie.unwrap().value.title).collect()
        };
        assert_eq!(titles(b"73::Mis\xe9rables, Les (1995)::Drama|Musical\n"), ["Misérables, Les (1995)"]);
        assert_eq!(titles("73::Misérables, Les (1995)::Drama".as_bytes()), ["Misérables, Les (1995)"]);
        assert_eq!(titles(b"1::A::B (1999)::Drama\n"), ["A::B (1999)"]);
        let error = movies(&b"1::A\n"[..], Path::new("movies.dat")).next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "movies.dat:1: expected id::title::genres");
    }
}
