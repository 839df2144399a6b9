//! Rows as CSV.

/// Rows as CSV text, with CRLF as the format wants. A cell that begins like a formula gets an
/// apostrophe in front: a spreadsheet that opens the file must not calculate what others wrote.
pub fn csv_rows(rows: impl Iterator<Item = Vec<String>>) -> Result<String, std::io::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn harmless(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::csv_rows;

    #[test]
    fn nothing_is_calculated_and_nothing_breaks_the_row() {
        let row =
            ["=1+1", "-5", "a,b", "two\nlines", "say \"x\"", "@x"].map(str::to_owned).to_vec();
        assert_eq!(
            csv_rows(std::iter::once(row)).unwrap(),
            "'=1+1,-5,\"a,b\",\"two\nlines\",\"say \"\"x\"\"\",'@x\r\n"
        );
    }
}
