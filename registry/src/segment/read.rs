//! A segment's rows, with its chain recomputed.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, BinaryArray, FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use schemas::{Event, RateEvent, WatchEvent, topic};

use super::{Header, Row, broken, columns};
use crate::{Error, chain};

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;

/// The header and the rows of the file `bytes`; `path` names it in errors.
///
/// The chain is recomputed from the stored digests, and every digest from its key and value; a value that was
/// erased leaves its digest. This is CPU work.
///
/// # Errors
/// [`Error::Format`]: written by a later version; [`Error::Malformed`]: not a segment; [`Error::Row`] or
/// [`Error::Chain`]: the records are not those of the chain.
pub fn read(path: &str, bytes: &Bytes) -> Result<(Header, Vec<Row>), Error> {
    // Arrow's decoder panics on some bytes that no writer writes; a damaged object must not end a service.
    let decoded = std::panic::catch_unwind(|| decode(path, bytes));
    let (header, rows) = decoded.map_err(|_| Error::malformed(path, "damaged: its decoder panicked"))??;
    verify(path, &header, &rows)?;
    Ok((header, rows))
}

fn decode(path: &str, bytes: &Bytes) -> Result<(Header, Vec<Row>), Error> {
    let malformed = |problem: String| Error::malformed(path, problem);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone())
        .map_err(|error| malformed(error.to_string()))?;
    let header = Header::of(path, builder.metadata())?;
    let batches =
        builder.with_batch_size(BATCH_ROWS).build().map_err(|error| malformed(error.to_string()))?;
    let mut rows = Vec::new();
    for batch in batches {
        let batch = batch.map_err(|error| malformed(error.to_string()))?;
        let columns = Columns::of(&header.partition.topic, &batch).map_err(malformed)?;
        for index in 0..batch.num_rows() {
            rows.push(columns.row(index).map_err(malformed)?);
        }
    }
    Ok((header, rows))
}

/// [`read`] on a thread of its own, where it keeps no other task waiting.
///
/// # Errors
/// As [`read`].
pub async fn read_apart(path: String, bytes: Bytes) -> Result<(Header, Vec<Row>), Error> {
    let named = path.clone();
    let done = tokio::task::spawn_blocking(move || read(&path, &bytes)).await;
    done.map_err(|error| Error::malformed(&named, format!("its reader failed: {error}")))?
}

/// The chain from the header's start through the rows is the header's end.
fn verify(path: &str, header: &Header, rows: &[Row]) -> Result<(), Error> {
    let mut end = header.start;
    for row in rows {
        columns::check(&header.partition, end, row)?;
        if row.value.is_some() && row.digest != chain::digest(row.key.as_deref(), row.value.as_deref()) {
            let problem = format!("its key or value in {path} is not what its digest says");
            return Err(Error::Row { position: header.partition.at(row.offset), problem });
        }
        end = end.record(row.offset, row.timestamp_ms, &row.digest);
    }
    if header.is_gap() {
        end = end.gap(header.end.next_offset);
    }
    if end == header.end && rows.len() as u64 == header.rows {
        return Ok(());
    }
    Err(broken(
        &header.partition,
        header.start.next_offset,
        format!("the rows of {path} do not give the chain that it names"),
    ))
}

struct Columns<'a> {
    offset: &'a Int64Array,
    timestamp: &'a Int64Array,
    key: &'a BinaryArray,
    value: &'a BinaryArray,
    digest: &'a FixedSizeBinaryArray,
    error: &'a StringArray,
    decoded: Option<Decoded<'a>>,
}

struct Decoded<'a> {
    is_watch: bool,
    event_id: &'a StringArray,
    ts: &'a Int64Array,
    user_id: &'a Int32Array,
    movie_id: &'a Int32Array,
    number: &'a Float64Array,
    request_id: &'a StringArray,
}

impl<'a> Columns<'a> {
    fn of(topic: &str, batch: &'a RecordBatch) -> Result<Self, String> {
        Ok(Self {
            offset: column(batch, "offset", |array| array.as_primitive_opt::<Int64Type>())?,
            timestamp: column(batch, "timestamp", |array| array.as_primitive_opt::<Int64Type>())?,
            key: column(batch, "key", |array| array.as_binary_opt::<i32>())?,
            value: column(batch, "value", |array| array.as_binary_opt::<i32>())?,
            digest: column(batch, "digest", |array| array.as_fixed_size_binary_opt())?,
            error: column(batch, "error", |array| array.as_string_opt::<i32>())?,
            decoded: columns::number_of(topic).map(|number| Decoded::of(topic, number, batch)).transpose()?,
        })
    }

    fn row(&self, index: usize) -> Result<Row, String> {
        let binary = |array: &BinaryArray| array.is_valid(index).then(|| array.value(index).to_vec());
        if self.offset.is_null(index) || self.timestamp.is_null(index) || self.digest.is_null(index) {
            return Err(format!("row {index} lacks its offset, timestamp or digest"));
        }
        let digest = self.digest.value(index);
        Ok(Row {
            offset: self.offset.value(index),
            timestamp_ms: self.timestamp.value(index),
            key: binary(self.key),
            value: binary(self.value),
            digest: digest.try_into().map_err(|_| format!("a digest of {} bytes", digest.len()))?,
            error: text(self.error, index),
            event: self.decoded.as_ref().and_then(|decoded| decoded.event(index).transpose()).transpose()?,
        })
    }
}

impl<'a> Decoded<'a> {
    fn of(topic: &str, number: &str, batch: &'a RecordBatch) -> Result<Self, String> {
        Ok(Self {
            is_watch: topic == topic::WATCH_EVENTS,
            event_id: column(batch, "event_id", |array| array.as_string_opt::<i32>())?,
            ts: column(batch, "ts", |array| array.as_primitive_opt::<Int64Type>())?,
            user_id: column(batch, "user_id", |array| array.as_primitive_opt::<Int32Type>())?,
            movie_id: column(batch, "movie_id", |array| array.as_primitive_opt::<Int32Type>())?,
            number: column(batch, number, |array| array.as_primitive_opt::<Float64Type>())?,
            request_id: column(batch, "request_id", |array| array.as_string_opt::<i32>())?,
        })
    }

    /// The event of a row whose value could be used: all of its fields, or none.
    fn event(&self, index: usize) -> Result<Option<Event>, String> {
        let fields: [&dyn Array; 5] = [self.event_id, self.ts, self.user_id, self.movie_id, self.number];
        match fields.iter().filter(|field| field.is_valid(index)).count() {
            0 => return Ok(None),
            5 => {}
            _ => return Err(format!("row {index} has only a part of its event")),
        }
        let event_id = self.event_id.value(index).to_owned();
        let (ts, number) = (self.ts.value(index), self.number.value(index));
        let (user_id, movie_id) = (self.user_id.value(index), self.movie_id.value(index));
        let request_id = text(self.request_id, index);
        Ok(Some(if self.is_watch {
            Event::Watch(WatchEvent { event_id, ts, user_id, movie_id, progress: number, request_id })
        } else {
            Event::Rate(RateEvent { event_id, ts, user_id, movie_id, rating: number, request_id })
        }))
    }
}

fn text(array: &StringArray, index: usize) -> Option<String> {
    array.is_valid(index).then(|| array.value(index).to_owned())
}

fn column<'a, A>(
    batch: &'a RecordBatch,
    name: &str,
    as_kind: impl Fn(&'a dyn Array) -> Option<&'a A>,
) -> Result<&'a A, String> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("it lacks the column {name}"))?;
    as_kind(column.as_ref()).ok_or_else(|| format!("column {name} is {}", column.data_type()))
}
