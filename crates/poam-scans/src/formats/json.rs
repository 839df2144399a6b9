//! Reading of JSON files under a limit, with the place of errors.

use std::io::{BufRead, Read};

use serde::de::DeserializeOwned;

use crate::{Limits, ScanError};

/// Reads a whole JSON file into a type.
pub(super) fn parse<T: DeserializeOwned>(
    input: &mut dyn BufRead,
    limits: Limits,
) -> Result<T, ScanError> {
    let bytes = bytes(input, limits)?;
    serde_json::from_slice(&bytes).map_err(|error| syntax(&error))
}

/// Reads the bytes of a JSON file, without a byte order mark.
pub(super) fn bytes(input: &mut dyn BufRead, limits: Limits) -> Result<Vec<u8>, ScanError> {
    let mut bytes = Vec::new();
    input.take(limits.json_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.json_bytes {
        return Err(ScanError::Limit {
            place: "file".to_owned(),
            limit: limits.json_bytes,
            what: "bytes",
        });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// Turns an error of the JSON parser into one with its place.
pub(super) fn syntax(error: &serde_json::Error) -> ScanError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    ScanError::syntax(format!("line {}, column {}", error.line(), error.column()), message)
}
