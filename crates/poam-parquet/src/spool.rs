//! Rows on disk between two passes, by the file that they will be in.
//!
//! Each file has a spool; what one source adds to it is a chunk, which is compressed. Chunks come back in the
//! order in which they were added.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::{ParquetRow, TableError};

/// Rows of one file between two passes.
#[derive(Debug, Clone)]
pub struct RowSpool {
    path: PathBuf,
}

/// Rows of one source, as they were added.
#[derive(Debug, Clone, PartialEq)]
pub struct SpoolChunk {
    /// The source.
    pub source: String,
    /// Its rows.
    pub rows: Vec<ParquetRow>,
}

/// Reads the chunks of a spool one after the other.
pub struct SpoolReader {
    file: BufReader<File>,
}

impl RowSpool {
    /// Names the spool at a path; the file comes with the first chunk.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Encodes rows: the bytes that [`RowSpool::append`] adds. Equal rows give equal bytes.
    pub fn encode(rows: &[ParquetRow]) -> Result<Vec<u8>, TableError> {
        postcard::to_stdvec(rows).map_err(|error| TableError::Spool(error.to_string()))
    }

    /// Adds the encoded rows of a source.
    pub fn append(&self, source: &str, rows: &[u8]) -> Result<(), TableError> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(rows)?;
        let compressed = encoder.finish()?;
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let mut chunk = Vec::with_capacity(compressed.len() + source.len() + 16);
        chunk.extend_from_slice(&(source.len() as u64).to_le_bytes());
        chunk.extend_from_slice(&(compressed.len() as u64).to_le_bytes());
        chunk.extend_from_slice(source.as_bytes());
        chunk.extend_from_slice(&compressed);
        Ok(file.write_all(&chunk)?)
    }

    /// Opens the spool to read it; `None` where nothing was added.
    pub fn read(&self) -> Result<Option<SpoolReader>, TableError> {
        match File::open(&self.path) {
            Ok(file) => Ok(Some(SpoolReader { file: BufReader::new(file) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl SpoolReader {
    /// Returns the next chunk; `None` after the last one.
    pub fn next_chunk(&mut self) -> Result<Option<SpoolChunk>, TableError> {
        let mut lengths = [0; 16];
        match self.file.read_exact(&mut lengths) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let (source, rows) = lengths.split_at(8);
        let source = self.take(source)?;
        let source = String::from_utf8(source).map_err(|_| broken())?;
        let compressed = self.take(rows)?;
        let mut bytes = Vec::new();
        ZlibDecoder::new(compressed.as_slice()).read_to_end(&mut bytes)?;
        let rows =
            postcard::from_bytes(&bytes).map_err(|error| TableError::Spool(error.to_string()))?;
        Ok(Some(SpoolChunk { source, rows }))
    }

    /// Reads as many bytes as the given length, a little-endian `u64`.
    fn take(&mut self, length: &[u8]) -> Result<Vec<u8>, TableError> {
        let length = length.try_into().map(u64::from_le_bytes).map_err(|_| broken())?;
        let mut bytes = Vec::new();
        let read = self.file.by_ref().take(length).read_to_end(&mut bytes)?;
        if read as u64 == length { Ok(bytes) } else { Err(broken()) }
    }
}

fn broken() -> TableError {
    TableError::Spool("the file ends early".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let spool = RowSpool::at(&folder.path().join("spool"));
        assert!(spool.read().unwrap().is_none());
        let rows = vec![vec!["a".into(), 1i64.into()], vec!["b".into(), 2i64.into()]];
        let encoded = RowSpool::encode(&rows).unwrap();
        spool.append("first", &encoded).unwrap();
        spool.append("second", &RowSpool::encode(&[]).unwrap()).unwrap();
        let mut reader = spool.read().unwrap().unwrap();
        let first = SpoolChunk { source: "first".to_owned(), rows };
        assert_eq!(reader.next_chunk().unwrap(), Some(first));
        assert_eq!(reader.next_chunk().unwrap().unwrap().source, "second");
        assert_eq!(reader.next_chunk().unwrap(), None);
        let length = std::fs::metadata(folder.path().join("spool")).unwrap().len();
        let file = OpenOptions::new().write(true).open(folder.path().join("spool")).unwrap();
        file.set_len(length - 1).unwrap();
        let mut reader = spool.read().unwrap().unwrap();
        reader.next_chunk().unwrap();
        assert!(reader.next_chunk().is_err());
    }
}
