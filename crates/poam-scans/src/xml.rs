//! XML as a stream of small trees: a reader walks to the elements that it knows and takes each of them
//! as a whole, so that memory is bounded by one result, not by the file.

use std::cell::Cell;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{Limits, ScanError};

/// An element with everything in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// The name without its namespace prefix.
    pub(crate) name: String,
    /// Names (without prefix) and values of the attributes.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text directly in the element.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Returns the value of an attribute, trimmed.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Returns the first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the children of a name.
    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the trimmed text of the first child of a name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
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
pub(crate) enum Step {
    /// An element begins; [`XmlWalk::take`] reads the rest of it.
    Start(Element),
    /// An element that was not taken ends.
    End(String),
}

/// Walks through an XML file.
pub(crate) struct XmlWalk<R> {
    reader: Reader<LineCounter<R>>,
    buffer: Vec<u8>,
    limits: Limits,
    depth: u64,
    /// An empty element (`<a/>`) was handed out as a start; its end comes next.
    pending_end: Option<String>,
    /// Names of elements whose text is not kept: proofs.
    without_text: &'static [&'static str],
    /// Names of the elements that are kept within a taken one; empty where all are.
    kept: &'static [&'static str],
}

impl<R: BufRead> XmlWalk<R> {
    /// Begins a walk.
    pub(crate) fn new(input: R, limits: Limits) -> Self {
        let counter = LineCounter::new(input, limits.token_bytes);
        let mut reader = Reader::from_reader(counter);
        reader.config_mut().check_end_names = true;
        Self {
            reader,
            buffer: Vec::new(),
            limits,
            depth: 0,
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
    pub(crate) fn place(&self) -> String {
        format!("line {}", self.reader.get_ref().line())
    }

    /// Goes to the next start or end of an element; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Step>, ScanError> {
        if let Some(name) = self.pending_end.take() {
            self.depth -= 1;
            return Ok(Some(Step::End(name)));
        }
        loop {
            let place = self.reader.get_ref().line();
            self.buffer.clear();
            self.reader.get_mut().token = 0;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.failed(place, error)),
            };
            match event {
                Event::Start(start) => {
                    let element = element(&start, place)?;
                    self.depth += 1;
                    self.check_depth()?;
                    return Ok(Some(Step::Start(element)));
                }
                Event::Empty(start) => {
                    let element = element(&start, place)?;
                    self.depth += 1;
                    self.check_depth()?;
                    self.pending_end = Some(element.name.clone());
                    return Ok(Some(Step::Start(element)));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    let name = local_name(end.name().0);
                    return Ok(Some(Step::End(name)));
                }
                Event::Eof if self.depth > 0 => {
                    return Err(syntax(place, "the file ends within an element; it is cut off"));
                }
                Event::Eof => return Ok(None),
                // A reference to a DTD is passed over and never followed; entities are not defined by a file.
                Event::DocType(doctype) if doctype.contains('[') || doctype.contains("<!") => {
                    return Err(syntax(
                        place,
                        "the DOCTYPE defines entities of its own, which are not read; remove the line",
                    ));
                }
                _ => {}
            }
        }
    }

    /// Reads the rest of an element that [`XmlWalk::next`] began, with everything in it.
    pub(crate) fn take(&mut self, start: Element) -> Result<Element, ScanError> {
        if self.pending_end.take().is_some() {
            self.depth -= 1;
            return Ok(start);
        }
        let base = self.depth;
        let mut size = 0u64;
        let mut open = vec![start];
        loop {
            let place = self.reader.get_ref().line();
            self.buffer.clear();
            self.reader.get_mut().token = 0;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.failed(place, error)),
            };
            let Some(current) = open.last_mut() else {
                return Err(syntax(place, "elements are not nested"));
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
                    current.children.push(Element { name, ..Element::default() });
                    self.depth += 1;
                    self.check_depth()?;
                    self.pass_over()?;
                }
                Event::Start(begin) => {
                    let child = element(&begin, place)?;
                    size += 64 + child.attributes.iter().map(|(_, v)| v.len() as u64).sum::<u64>();
                    open.push(child);
                    self.depth += 1;
                    self.check_depth()?;
                }
                Event::Empty(begin) => {
                    let child = element(&begin, place)?;
                    size += 64 + child.attributes.iter().map(|(_, v)| v.len() as u64).sum::<u64>();
                    current.children.push(child);
                }
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
                            || syntax(place, format!("the entity &{name}; is not defined")),
                        )?;
                        current.text.push_str(value);
                    }
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let Some(done) = open.pop() else {
                        return Err(syntax(place, "elements are not nested"));
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
                    return Err(syntax(place, "the file ends within an element; it is cut off"));
                }
                Event::DocType(_) => {
                    return Err(syntax(place, "a DOCTYPE is out of place"));
                }
                _ => {}
            }
            if size > self.limits.element_bytes {
                let place = self.place();
                let limit = self.limits.element_bytes;
                return Err(ScanError::Limit { place, limit, what: "bytes in one element" });
            }
        }
    }

    /// Reads to the end of the element that was begun last, and keeps nothing.
    fn pass_over(&mut self) -> Result<(), ScanError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            let place = self.reader.get_ref().line();
            self.buffer.clear();
            self.reader.get_mut().token = 0;
            match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(_)) => {
                    self.depth += 1;
                    self.check_depth()?;
                }
                Ok(Event::End(_)) => self.depth -= 1,
                Ok(Event::Eof) => {
                    return Err(syntax(place, "the file ends within an element; it is cut off"));
                }
                Ok(_) => {}
                Err(error) => return Err(self.failed(place, error)),
            }
        }
        Ok(())
    }

    /// Turns an error of the parser into one with its place.
    fn failed(&self, line: u64, error: quick_xml::Error) -> ScanError {
        let counter = self.reader.get_ref();
        if counter.token > counter.limit {
            let what = "bytes in one text or tag";
            return ScanError::Limit { place: format!("line {line}"), limit: counter.limit, what };
        }
        syntax(line, error)
    }

    fn check_depth(&self) -> Result<(), ScanError> {
        if self.depth > self.limits.depth {
            let place = self.place();
            return Err(ScanError::Limit {
                place,
                limit: self.limits.depth,
                what: "levels of elements",
            });
        }
        Ok(())
    }
}

/// Makes an error with its line.
fn syntax(line: u64, message: impl ToString) -> ScanError {
    ScanError::syntax(format!("line {line}"), message)
}

/// Reads the name and attributes of a start tag.
fn element(start: &BytesStart<'_>, place: u64) -> Result<Element, ScanError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| syntax(place, error))?;
        let name = local_name(attribute.key.0);
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| syntax(place, error))?;
        attributes.push((name, value.into_owned()));
    }
    Ok(Element { name: local_name(start.name().0), attributes, ..Element::default() })
}

/// Returns a name without its namespace prefix.
fn local_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

/// Returns whether an element of this name is kept.
fn is_kept(kept: &[&str], name: &str) -> bool {
    kept.is_empty() || kept.contains(&name.rsplit(':').next().unwrap_or(name))
}

/// So many bytes are read at once.
const CHUNK: usize = 1 << 16;

/// Buffers a file, counts the lines that were consumed, and the bytes since the last event: a text or a tag
/// is held in memory as a whole, so that one without an end must not be read for ever.
struct LineCounter<R> {
    input: R,
    chunk: Box<[u8]>,
    filled: usize,
    at: usize,
    /// The line at `counted` in the chunk: lines are counted when somebody asks.
    line: Cell<u64>,
    counted: Cell<usize>,
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
            token: 0,
            limit,
        }
    }

    /// Returns the line of the next byte.
    fn line(&self) -> u64 {
        let more = newlines(&self.chunk[self.counted.get()..self.at]);
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

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
