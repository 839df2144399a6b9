//! XML as a stream of small trees: a reader walks to the elements that it knows and takes each of them
//! in full, so that memory is bounded by one result, not by the file.

use std::cell::Cell;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{ScanError, ScanLimits};

/// An element with everything in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct XmlElement {
    /// The name without its namespace prefix.
    pub(crate) name: String,
    /// Names (without prefix) and values of the attributes.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text directly in the element.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<XmlElement>,
}

impl XmlElement {
    /// Returns the value of an attribute, trimmed.
    pub(crate) fn find_attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Returns the first child of a name.
    pub(crate) fn find_child(&self, name: &str) -> Option<&XmlElement> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the children of a name.
    pub(crate) fn find_children<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a XmlElement> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the trimmed text of the first child of a name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.find_child(name).map_or("", |child| child.text.trim())
    }

    /// Returns the text of the element and of all elements in it.
    pub(crate) fn all_text(&self) -> String {
        let mut text = self.text.clone();
        for child in &self.children {
            text.push_str(&child.all_text());
        }
        text
    }
}

/// A step of the walk.
#[derive(Debug)]
pub(crate) enum XmlStep {
    /// An element begins; [`XmlWalk::read_rest`] reads the rest of it.
    Start(XmlElement),
    /// An element that was not taken ends.
    End(String),
}

/// Walks through an XML file.
pub(crate) struct XmlWalk<R> {
    reader: Reader<LineCounter<R>>,
    buffer: Vec<u8>,
    limits: ScanLimits,
    depth: u64,
    /// Whether the root element of the file began.
    has_root: bool,
    /// An empty element (`<a/>`) was handed out as a start; its end comes next.
    pending_end: Option<String>,
    /// Names of elements whose text is not retained: proofs.
    without_text: &'static [&'static str],
    /// Names of the elements that are retained within a taken one; empty where all are.
    kept: &'static [&'static str],
}

impl<R: BufRead> XmlWalk<R> {
    /// Begins a walk.
    pub(crate) fn new(input: R, limits: ScanLimits) -> Self {
        let counter = LineCounter::new(input, limits.token_bytes);
        let mut reader = Reader::from_reader(counter);
        reader.config_mut().check_end_names = true;
        Self {
            reader,
            buffer: Vec::new(),
            limits,
            depth: 0,
            has_root: false,
            pending_end: None,
            without_text: &[],
            kept: &[],
        }
    }

    /// Keeps only elements of these names within those that are taken. Others are passed over without a
    /// copy.
    pub(crate) fn keep_only(&mut self, names: &'static [&'static str]) {
        self.kept = names;
    }

    /// Leaves out the text of elements of these names, however long it is; the elements stay.
    pub(crate) fn leave_out_text_of(&mut self, names: &'static [&'static str]) {
        self.without_text = names;
    }

    /// The line that was read last.
    pub(crate) fn current_place(&self) -> String {
        format!("line {}", self.reader.get_ref().line())
    }

    /// Goes to the next start or end of an element; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<XmlStep>, ScanError> {
        if let Some(name) = self.pending_end.take() {
            self.depth -= 1;
            return Ok(Some(XmlStep::End(name)));
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().begin_event();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.parser_error(error)),
            };
            // A file has one root element, and nothing but comments beside it.
            if self.depth == 0 && is_content(&event, self.has_root) {
                let what = if self.has_root { "after" } else { "before" };
                return Err(syntax_error(
                    self.reader.get_ref().line_of_event(),
                    format!(
                        "there is text or another element {what} the root element; several files in one \
                         are not read: split them, or export the file anew"
                    ),
                ));
            }
            match event {
                Event::Start(start) => {
                    let element = read_element(&start, self.reader.get_ref())?;
                    self.depth += 1;
                    self.has_root = true;
                    self.check_depth()?;
                    return Ok(Some(XmlStep::Start(element)));
                }
                Event::Empty(start) => {
                    let element = read_element(&start, self.reader.get_ref())?;
                    self.depth += 1;
                    self.has_root = true;
                    self.check_depth()?;
                    self.pending_end = Some(element.name.clone());
                    return Ok(Some(XmlStep::Start(element)));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    let name = local_name(end.name().0);
                    return Ok(Some(XmlStep::End(name)));
                }
                Event::Eof if self.depth > 0 => {
                    let place = self.reader.get_ref().line_of_event();
                    return Err(syntax_error(
                        place,
                        "the file ends within an element; it is cut off",
                    ));
                }
                Event::Eof => return Ok(None),
                // A reference to a DTD is passed over and never followed; entities are not defined by a file.
                Event::DocType(doctype) if doctype.contains('[') || doctype.contains("<!") => {
                    return Err(syntax_error(
                        self.reader.get_ref().line_of_event(),
                        "the DOCTYPE defines entities of its own, which are not read; remove the line",
                    ));
                }
                _ => {}
            }
        }
    }

    /// Reads the rest of an element that [`XmlWalk::next`] began, with everything in it.
    pub(crate) fn read_rest(&mut self, start: XmlElement) -> Result<XmlElement, ScanError> {
        if self.pending_end.take().is_some() {
            self.depth -= 1;
            return Ok(start);
        }
        let base = self.depth;
        let mut size = 0u64;
        let mut open = vec![start];
        loop {
            self.buffer.clear();
            self.reader.get_mut().begin_event();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.parser_error(error)),
            };
            let lines = self.reader.get_ref();
            let Some(current) = open.last_mut() else {
                return Err(syntax_error(lines.line_of_event(), "elements are not nested"));
            };
            match event {
                Event::Start(begin) if !is_kept(self.kept, begin.name().0) => {
                    self.depth += 1;
                    self.check_depth()?;
                    self.pass_over()?;
                }
                Event::Empty(begin) if !is_kept(self.kept, begin.name().0) => {}
                Event::Start(begin)
                    if !self.without_text.is_empty()
                        && is_kept(self.without_text, begin.name().0) =>
                {
                    size += 64;
                    let name = local_name(begin.name().0);
                    current.children.push(XmlElement { name, ..XmlElement::default() });
                    self.depth += 1;
                    self.check_depth()?;
                    self.pass_over()?;
                }
                Event::Start(begin) => {
                    let child = read_element(&begin, lines)?;
                    size += 64 + child.attributes.iter().map(|(_, v)| v.len() as u64).sum::<u64>();
                    open.push(child);
                    self.depth += 1;
                    self.check_depth()?;
                }
                Event::Empty(begin) => {
                    let child = read_element(&begin, lines)?;
                    size += 64 + child.attributes.iter().map(|(_, v)| v.len() as u64).sum::<u64>();
                    current.children.push(child);
                }
                // Line breaks between elements.
                Event::Text(text) if !self.kept.is_empty() && is_between(current, &text) => {}
                Event::Text(text) => {
                    let text = text.xml10_content();
                    size += text.len() as u64;
                    current.text.push_str(&text);
                }
                Event::CData(text) => {
                    let text = text.xml10_content();
                    size += text.len() as u64;
                    current.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    size += 4;
                    if let Ok(Some(character)) = reference.resolve_char_ref() {
                        current.text.push(character);
                    } else {
                        let name: &str = &reference;
                        let value = quick_xml::escape::resolve_predefined_entity(name).ok_or_else(
                            || {
                                let message = format!("the entity &{name}; is not defined");
                                syntax_error(lines.line_of_event(), message)
                            },
                        )?;
                        current.text.push_str(value);
                    }
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let Some(done) = open.pop() else {
                        return Err(syntax_error(lines.line_of_event(), "elements are not nested"));
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => {
                            debug_assert_eq!(self.depth + 1, base);
                            return Ok(done);
                        }
                    }
                }
                Event::Eof => {
                    let message = "the file ends within an element; it is cut off";
                    return Err(syntax_error(lines.line_of_event(), message));
                }
                Event::DocType(_) => {
                    return Err(syntax_error(lines.line_of_event(), "a DOCTYPE is out of place"));
                }
                _ => {}
            }
            if size > self.limits.element_bytes {
                let place = self.current_place();
                let limit = self.limits.element_bytes;
                return Err(ScanError::Limit { place, limit, what: "bytes in one element" });
            }
        }
    }

    /// Reads to the end of the element that was begun last, and retains nothing.
    fn pass_over(&mut self) -> Result<(), ScanError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.buffer.clear();
            let skipped = self.reader.get_mut().skip_text();
            skipped.map_err(|error| self.parser_error(error.into()))?;
            self.reader.get_mut().begin_event();
            match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(_)) => {
                    self.depth += 1;
                    self.check_depth()?;
                }
                Ok(Event::End(_)) => self.depth -= 1,
                Ok(Event::Eof) => {
                    let message = "the file ends within an element; it is cut off";
                    return Err(syntax_error(self.reader.get_ref().line_of_event(), message));
                }
                Ok(_) => {}
                Err(error) => return Err(self.parser_error(error)),
            }
        }
        Ok(())
    }

    /// Turns an error of the parser into one with its place.
    fn parser_error(&self, error: quick_xml::Error) -> ScanError {
        let counter = self.reader.get_ref();
        let line = counter.line_of_event();
        if counter.token > counter.limit {
            let what = "bytes in one text or tag";
            return ScanError::Limit { place: format!("line {line}"), limit: counter.limit, what };
        }
        syntax_error(line, error)
    }

    fn check_depth(&self) -> Result<(), ScanError> {
        if self.depth > self.limits.depth {
            let place = self.current_place();
            return Err(ScanError::Limit {
                place,
                limit: self.limits.depth,
                what: "levels of elements",
            });
        }
        Ok(())
    }
}

/// Returns whether an event outside the root element is content: text that is no white space, or an element
/// where the root element was there already. A mark of the byte order is none.
fn is_content(event: &Event<'_>, has_root: bool) -> bool {
    match event {
        Event::Text(text) => {
            let text = text.xml10_content();
            text.trim_start_matches('\u{feff}').contains(|c: char| !c.is_ascii_whitespace())
        }
        Event::CData(_) | Event::GeneralRef(_) => true,
        Event::Start(_) | Event::Empty(_) => has_root,
        _ => false,
    }
}

/// Returns whether a text is white space before anything else in an element with other elements.
fn is_between(element: &XmlElement, text: &str) -> bool {
    element.text.is_empty() && text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Makes an error with its line.
fn syntax_error(line: u64, message: impl ToString) -> ScanError {
    ScanError::syntax_error(format!("line {line}"), message)
}

/// Reads the name and attributes of a start tag.
fn read_element<R: std::io::Read>(
    start: &BytesStart<'_>,
    lines: &LineCounter<R>,
) -> Result<XmlElement, ScanError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| syntax_error(lines.line_of_event(), error))?;
        let name = local_name(attribute.key.0);
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| syntax_error(lines.line_of_event(), error))?;
        attributes.push((name, value.into_owned()));
    }
    Ok(XmlElement { name: local_name(start.name().0), attributes, ..XmlElement::default() })
}

/// Returns a name without its namespace prefix.
fn local_name(name: &str) -> String {
    without_prefix(name).to_owned()
}

fn without_prefix(name: &str) -> &str {
    name.find(':').map_or(name, |colon| &name[colon + 1..])
}

/// Returns whether an element of this name is retained.
fn is_kept(kept: &[&str], name: &str) -> bool {
    kept.is_empty() || kept.contains(&without_prefix(name))
}

/// So many bytes are read at once.
const CHUNK: usize = 1 << 16;

/// Buffers a file, counts the lines that were consumed, and the bytes since the last event: a text or a tag
/// is held in memory in full, so that one without an end must not be read for ever.
struct LineCounter<R> {
    input: R,
    chunk: Box<[u8]>,
    filled: usize,
    at: usize,
    /// The line at `counted` in the chunk: lines are counted when somebody asks.
    line: Cell<u64>,
    counted: Cell<usize>,
    /// Where the event began in the chunk, and its line once the chunk was replaced.
    event: usize,
    event_line: Option<u64>,
    token: u64,
    limit: u64,
}

impl<R: std::io::Read> LineCounter<R> {
    fn new(input: R, limit: u64) -> Self {
        Self {
            input,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            filled: 0,
            at: 0,
            line: Cell::new(1),
            counted: Cell::new(0),
            event: 0,
            event_line: None,
            token: 0,
            limit,
        }
    }

    /// Notes where an event begins.
    fn begin_event(&mut self) {
        self.token = 0;
        self.event = self.at;
        self.event_line = None;
    }

    /// Returns the line on which the event began. Lines are counted for errors and results, not for each
    /// of the millions of events.
    fn line_of_event(&self) -> u64 {
        self.event_line.unwrap_or_else(|| {
            let counted = self.counted.get();
            if self.event >= counted {
                self.line.get() + count_newlines(&self.chunk[counted..self.event])
            } else {
                self.line.get() - count_newlines(&self.chunk[self.event..counted])
            }
        })
    }

    /// Passes over text up to the next tag, however long it is, without a copy and without its entities.
    fn skip_text(&mut self) -> std::io::Result<()> {
        self.token = 0;
        loop {
            let available = self.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let end = available.iter().position(|byte| *byte == b'<');
            let length = end.unwrap_or(available.len());
            self.consume(length);
            self.token = 0;
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Returns the line of the next byte.
    fn line(&self) -> u64 {
        let more = count_newlines(&self.chunk[self.counted.get()..self.at]);
        self.line.set(self.line.get() + more);
        self.counted.set(self.at);
        self.line.get()
    }
}

impl<R: std::io::Read> std::io::Read for LineCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: std::io::Read> BufRead for LineCounter<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.token > self.limit {
            return Err(std::io::Error::other("too long"));
        }
        if self.at == self.filled {
            self.event_line = Some(self.line_of_event());
            self.line();
            self.counted.set(0);
            (self.at, self.filled) = (0, 0);
            self.filled = self.input.read(&mut self.chunk)?;
        }
        Ok(&self.chunk[self.at..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.filled);
        self.token += amount as u64;
    }
}

fn count_newlines(bytes: &[u8]) -> u64 {
    // Sums of bytes are four times as quick as a sum of large numbers; 255 is the most that one holds.
    let count = |part: &[u8]| -> u8 { part.iter().map(|byte| u8::from(*byte == b'\n')).sum() };
    bytes.chunks(255).map(|part| u64::from(count(part))).sum()
}
