//! Texts that are retained small.

use std::cell::RefCell;
use std::sync::Arc;

/// Texts that are packed together: like ones lie side by side, and what is asked for one after the
/// other is unpacked once.
pub const TOGETHER: usize = 16;

/// The longest text that a pack unpacks to: as many files as it holds, each as long as a file may
/// be, and every character of them escaped.
const LONGEST: usize = TOGETHER * (6 << 20);

/// Texts, packed.
///
/// Of each item, history holds all that it was created with, and a large tracker the text of its
/// file, and both are hardly ever asked for: packed, they take a third of their length.
#[derive(Debug, PartialEq, Eq)]
pub struct Pack {
    /// Where each text ends in the unpacked one.
    ends: Box<[u32]>,
    bytes: Box<[u8]>,
}

impl Pack {
    /// Packs texts; at most [`TOGETHER`] are of use.
    fn compress_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let (mut whole, mut ends) = (String::new(), Vec::new());
        for text in texts {
            whole.push_str(text);
            ends.push(u32::try_from(whole.len()).ok()?);
        }
        let fits = whole.len() <= LONGEST;
        let bytes = lz4_flex::block::compress(whole.as_bytes()).into();
        fits.then_some(Self { ends: ends.into(), bytes })
    }

    /// Returns the pack that was taken apart into `ends` and `bytes`; `None` where they are none.
    pub fn from_parts(ends: &[u32], bytes: &[u8]) -> Option<Self> {
        let pack = Self { ends: ends.into(), bytes: bytes.into() };
        let rising = pack.ends.is_sorted() && pack.ends.len() <= TOGETHER;
        let whole = pack.unpack().filter(|_| rising)?;
        let whole = str::from_utf8(&whole).ok()?;
        ends.iter().all(|end| whole.is_char_boundary(*end as usize)).then_some(pack)
    }

    /// Returns the ends of the texts, and the compressed bytes.
    pub fn parts(&self) -> (&[u32], &[u8]) {
        (&self.ends, &self.bytes)
    }

    fn unpack(&self) -> Option<Vec<u8>> {
        let length = self.ends.last().map_or(0, |end| *end as usize);
        if length > LONGEST {
            return None;
        }
        let bytes = lz4_flex::block::decompress(&self.bytes, length).ok()?;
        (bytes.len() == length).then_some(bytes)
    }

    fn slice_text<'a>(&self, whole: &'a [u8], at: u32) -> &'a [u8] {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or_default();
        whole.get(start.unwrap_or_default() as usize..end as usize).unwrap_or_default()
    }
}

/// One text of a pack.
#[derive(Debug, Clone)]
pub struct Packed {
    pack: Arc<Pack>,
    at: u32,
}

impl Packed {
    /// Packs texts together, as many as are of use; `None` for one that is too long for that.
    pub fn pack_all<T: AsRef<str>>(texts: &[T]) -> Vec<Option<Self>> {
        let mut packed = Vec::with_capacity(texts.len());
        for some in texts.chunks(TOGETHER) {
            match Pack::compress_texts(some.iter().map(AsRef::as_ref)).map(Arc::new) {
                Some(pack) => {
                    let one = |at| Some(Self { pack: Arc::clone(&pack), at });
                    packed.extend((0..).map(one).take(some.len()));
                }
                None => packed.extend(some.iter().map(|text| Self::pack_one(text.as_ref()))),
            }
        }
        packed
    }

    /// Packs a text by itself; `None` where it is too long for that.
    pub fn pack_one(text: &str) -> Option<Self> {
        let pack = Arc::new(Pack::compress_texts([text])?);
        Some(Self { pack, at: 0 })
    }

    /// Returns the text at a place of a pack; `None` where there is none.
    pub fn text_at(pack: &Arc<Pack>, at: u32) -> Option<Self> {
        ((at as usize) < pack.ends.len()).then(|| Self { pack: Arc::clone(pack), at })
    }

    /// Returns the pack, and the place in it.
    pub fn place(&self) -> (&Arc<Pack>, u32) {
        (&self.pack, self.at)
    }

    /// Does something with the text.
    pub fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> T {
        // A pack is only made of texts, or after it was seen to unpack to some.
        self.with_bytes(|bytes| f(str::from_utf8(bytes).unwrap_or_default()))
    }

    /// Does something with the bytes of the text; who only copies them need not look at each.
    pub fn with_bytes<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        // Texts of one pack are mostly asked for in a row.
        thread_local! {
            static LAST: RefCell<Option<(Arc<Pack>, Vec<u8>)>> = const { RefCell::new(None) };
        }
        // Taken out meanwhile: what is done may look into another text.
        let last = LAST.take().filter(|(pack, _)| Arc::ptr_eq(pack, &self.pack));
        let (pack, whole) = last
            .unwrap_or_else(|| (Arc::clone(&self.pack), self.pack.unpack().unwrap_or_default()));
        let done = f(pack.slice_text(&whole, self.at));
        LAST.set(Some((pack, whole)));
        done
    }

    /// Returns the text. Who asks for it several times in a row is given the same one.
    pub fn text(&self) -> Arc<str> {
        thread_local! {
            static LAST: RefCell<Option<(Packed, Arc<str>)>> = const { RefCell::new(None) };
        }
        let same = |(last, _): &(Self, Arc<str>)| {
            Arc::ptr_eq(&last.pack, &self.pack) && last.at == self.at
        };
        LAST.with_borrow_mut(|last| {
            if !last.as_ref().is_some_and(same) {
                *last = Some((self.clone(), self.with_text(|text| Arc::from(text))));
            }
            last.as_ref().map(|(_, text)| Arc::clone(text)).unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(count: usize) -> Vec<String> {
        let text = |at| format!("{{\"id\":\"V-{at}\",\"weakness_name\":\"Ünpatched {at}\"}}");
        (0..count).map(text).collect()
    }

    #[test]
    fn every_text_comes_back() {
        let mut texts = texts(40);
        texts[3].clear();
        let packed = Packed::pack_all(&texts);
        for (one, text) in packed.iter().zip(&texts) {
            let one = one.as_ref().unwrap();
            one.with_text(|it| assert_eq!(it, text));
            // Looking into another one meanwhile does no harm.
            one.with_text(|it| {
                packed[39].as_ref().unwrap().with_text(|last| assert_eq!(last, texts[39]));
                assert_eq!(it, text);
            });
            let (pack, at) = one.place();
            let (ends, bytes) = pack.parts();
            let again = Arc::new(Pack::from_parts(ends, bytes).unwrap());
            Packed::text_at(&again, at).unwrap().with_text(|it| assert_eq!(it, text));
        }
        let alone = Packed::pack_one("alone").unwrap();
        alone.with_text(|it| assert_eq!(it, "alone"));
        let texts: Vec<_> = [&alone, &alone, packed[0].as_ref().unwrap(), &alone]
            .map(|it| it.text())
            .into_iter()
            .collect();
        assert!(Arc::ptr_eq(&texts[0], &texts[1]));
        assert_eq!((&*texts[1], &*texts[3]), ("alone", "alone"));
        assert_ne!(texts[2], texts[3]);
    }

    #[test]
    fn parts_that_are_no_pack_are_refused() {
        let pack = Pack::compress_texts(["aä", "b"]).unwrap();
        let (ends, bytes) = pack.parts();
        assert!(Pack::from_parts(ends, bytes).is_some());
        assert!(Packed::text_at(&Arc::new(Pack::compress_texts(["a"]).unwrap()), 1).is_none());
        for wrong in [&[2, 4][..], &[4, 3], &[3, 5], &[3], &[3, u32::MAX]] {
            assert!(Pack::from_parts(wrong, bytes).is_none(), "{wrong:?}");
        }
        assert!(Pack::from_parts(ends, &bytes[1..]).is_none());
        let many: Vec<u32> = vec![4; TOGETHER + 1];
        assert!(Pack::from_parts(&many, bytes).is_none());
        let latin = lz4_flex::block::compress(b"a\xe4bc");
        assert!(Pack::from_parts(&[4], &latin).is_none());
    }
}
