//! The bytes of a segment.

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::{Header, Row, columns};
use crate::Error;

/// The Parquet file of `rows`.
pub(super) fn write(header: &Header, rows: &[Row]) -> Result<Vec<u8>, Error> {
    columns::check_size(&header.partition, rows)?;
    let path = header.path()?;
    encode(header, rows).map_err(|error| Error::malformed(&path, error))
}

fn encode(header: &Header, rows: &[Row]) -> Result<Vec<u8>, ParquetError> {
    let topic = &header.partition.topic;
    let schema = columns::schema_of(topic);
    // Arrow's own schema would be a second truth beside Parquet's, in a library's private encoding.
    let options =
        ArrowWriterOptions::new().with_properties(properties(header)).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)?;
    if !rows.is_empty() {
        writer.write(&RecordBatch::try_new(schema, columns::columns_of(topic, rows)?)?)?;
    }
    writer.into_inner()
}

/// Everything that the bytes depend on, said here: a default that changes in a library changes nothing.
fn properties(header: &Header) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("matinee".to_owned())
        .set_key_value_metadata(Some(header.to_pairs()))
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(1 << 20)
        .set_data_page_size_limit(1 << 20)
        .set_data_page_row_count_limit(20_000)
        .set_write_batch_size(1024)
        .set_max_row_group_row_count(Some(1 << 20))
        .set_max_row_group_bytes(None)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(64))
        .set_offset_index_disabled(true)
        .set_bloom_filter_enabled(false);
    // What never repeats gains nothing from a dictionary, and hashes and bytes nothing from their extremes.
    for name in ["value", "digest", "event_id", "request_id"] {
        let column = || ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(column(), false)
            .set_column_statistics_enabled(column(), EnabledStatistics::None);
    }
    for name in ["offset", "timestamp", "ts"] {
        let column = || ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(column(), false)
            .set_column_encoding(column(), Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}
