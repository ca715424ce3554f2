//! CSV as spreadsheets write it (RFC 4180), read so that one broken line costs one line.
//!
//! The classic accident is a quote that is never closed and swallows the rest of the file. Here a quoted field may go over
//! some lines only; if it is not closed by then, its line is reported and reading goes on with the next.

use super::{COLUMNS, Fields, Reader, excerpt, link, not_utf8, unknown};

/// Longest quoted field; bounds both a field and what an unclosed quote makes us read twice.
const MAX_QUOTED_BYTES: usize = 16 << 10;
/// Columns beyond this are not looked at, so that a line of commas costs its length and no more.
const MAX_COLUMNS: usize = 256;

pub(super) fn read(bytes: &[u8], reader: &mut Reader) {
    let mut rows = Rows { rest: bytes, line: 1 };
    let Some(columns) = header(&mut rows, reader) else { return };
    for row in rows {
        let line = row.line;
        match row.fields.and_then(|fields| named(&columns, fields)) {
            Ok(Some(fields)) => reader.take(line, fields),
            Ok(None) => {}
            Err(message) => reader.problem(line, message),
        }
    }
}

/// For each column of the file, which of [`COLUMNS`] it is.
struct Columns(Vec<Option<usize>>);

fn header(rows: &mut Rows<'_>, reader: &mut Reader) -> Option<Columns> {
    let needed = "start with a header row such as name,type,id,aliases,links";
    let Some(row) = rows.find(|row| !row.is_blank()) else {
        reader.problem(1, format!("the file is empty; {needed}"));
        return None;
    };
    let fields = match row.fields {
        Ok(fields) => fields,
        Err(message) => {
            reader.problem(row.line, message);
            return None;
        }
    };
    let mut columns = Vec::new();
    for field in &fields {
        let field = field.trim();
        let column = COLUMNS.iter().position(|column| column.eq_ignore_ascii_case(field));
        match column {
            None if !field.is_empty() => reader.problem(row.line, unknown("column", field)),
            Some(_) if columns.contains(&column) => {
                reader.problem(
                    row.line,
                    format!("column {field:?} comes twice; the first counts, rename the other"),
                );
                columns.push(None);
                continue;
            }
            _ => {}
        }
        columns.push(column);
    }
    for needed_column in [0, 1] {
        if !columns.contains(&Some(needed_column)) {
            let column = COLUMNS[needed_column];
            reader.problem(row.line, format!("no column {column:?} in the header row; {needed}"));
            return None;
        }
    }
    Some(Columns(columns))
}

/// A row by its columns; nothing if it is blank.
fn named(columns: &Columns, fields: Vec<String>) -> Result<Option<Fields>, String> {
    if fields.iter().all(|field| field.trim().is_empty()) {
        // An empty line; or what a spreadsheet leaves of one, commas only.
        return Ok(None);
    }
    let (has, wants) = (fields.len(), columns.0.len());
    if has > wants {
        return Err(format!(
            "{has} fields where the header has {wants}; put fields with commas in double quotes"
        ));
    }
    let mut row = Fields::default();
    for (column, field) in columns.0.iter().zip(fields) {
        match column {
            Some(0) => row.name = field,
            Some(1) => row.entity_type = field,
            Some(2) => row.id = field,
            Some(3) => {
                row.aliases =
                    field.split('|').filter(|part| !part.trim().is_empty()).map(str::to_owned).collect();
            }
            Some(4) => {
                let parts =
                    field.split(|c: char| c == '|' || c.is_whitespace()).filter(|part| !part.is_empty());
                row.links = parts.map(link).collect::<Result<_, _>>()?;
            }
            _ => {}
        }
    }
    Ok(Some(row))
}

struct Row {
    /// Where it begins.
    line: usize,
    fields: Result<Vec<String>, String>,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.fields.as_ref().is_ok_and(|fields| fields.iter().all(|field| field.trim().is_empty()))
    }
}

struct Rows<'b> {
    rest: &'b [u8],
    line: usize,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let (fields, used) = match split(self.rest) {
            Ok((fields, used)) => (fields.into_iter().map(text).collect(), used),
            // One line is lost and no more: the next one is read as if this one were fine.
            Err(message) => (Err(message), line_end(self.rest) + 1),
        };
        let (row, rest) = self.rest.split_at(used.min(self.rest.len()));
        self.line += row.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
        Some(Row { line, fields })
    }
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| not_utf8(&error.utf8_error()))
}

fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len())
}

/// The fields of the first row, and the bytes that it takes with its line break.
fn split(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, usize), String> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let (field, end) = match bytes.get(at) {
            Some(b'"') => quoted(bytes, at)?,
            _ => {
                let plain = bytes[at..].iter().position(|byte| matches!(byte, b',' | b'\n'));
                let end = plain.map_or(bytes.len(), |plain| at + plain);
                let field = &bytes[at..end];
                // The carriage return belongs to the line break.
                let field = if bytes.get(end) == Some(&b',') {
                    field
                } else {
                    field.strip_suffix(b"\r").unwrap_or(field)
                };
                (field.to_vec(), end)
            }
        };
        fields.push(field);
        if bytes.get(end) != Some(&b',') {
            return Ok((fields, end + 1));
        }
        if fields.len() == MAX_COLUMNS {
            return Err(format!("more than {MAX_COLUMNS} fields; put fields with commas in double quotes"));
        }
        at = end + 1;
    }
}

/// The field whose quote opens at `open`, and where its comma or line break is.
fn quoted(bytes: &[u8], open: usize) -> Result<(Vec<u8>, usize), String> {
    let mut field = Vec::new();
    let mut at = open + 1;
    let limit = bytes.len().min(open + MAX_QUOTED_BYTES);
    loop {
        let Some(run) = bytes[at.min(limit)..limit].iter().position(|byte| *byte == b'"') else {
            let shown = excerpt(&String::from_utf8_lossy(&bytes[open..line_end(&bytes[open..limit]) + open]));
            return Err(format!(
                "the quote before {shown} is not closed; close it, and write a quote within as \"\""
            ));
        };
        field.extend_from_slice(&bytes[at..at + run]);
        at += run + 1;
        match bytes.get(at) {
            Some(b'"') => {
                field.push(b'"');
                at += 1;
            }
            None | Some(b',' | b'\n') => return Ok((field, at)),
            Some(b'\r') if matches!(bytes.get(at + 1), None | Some(b'\n')) => return Ok((field, at + 1)),
            Some(_) => {
                let shown = excerpt(&String::from_utf8_lossy(&field));
                return Err(format!(
                    "text after the quoted field {shown}; write a quote within a field as \"\""
                ));
            }
        }
    }
}
