//! Parses the files of a tracker in parallel.

use rayon::prelude::*;

use super::{FoundFile, ItemAccess, Store, Stored};
use crate::diagnostic::Diagnostic;
use crate::document::packed::TOGETHER;

/// From so many files on, texts are packed: they are a third of what a tracker takes.
pub(super) const LARGE: usize = 20_000;

/// The result of reading a file: an item, or diagnostics.
type ReadFile<E> = Result<E, Vec<Diagnostic>>;

/// A store in the making.
pub(super) struct StoreLoader<E> {
    large: bool,
    read: Vec<Option<ReadFile<E>>>,
}

impl<E: ItemAccess> StoreLoader<E> {
    /// Begins for a number of files.
    pub(super) fn new(count: usize) -> Self {
        Self { large: count > LARGE, read: Vec::with_capacity(count) }
    }

    /// Reads some files, in parallel.
    pub(super) fn add(&mut self, found: Vec<FoundFile>) {
        let before = self.read.len();
        // Read to where they stay: a large tracker is not held twice.
        self.read.extend(found.iter().map(|_| None));
        let places = self.read.get_mut(before..).unwrap_or_default().par_chunks_mut(TOGETHER);
        places.zip(found.into_par_iter().chunks(TOGETHER)).for_each(|(places, found)| {
            let (mut items, mut theirs) = (Vec::with_capacity(found.len()), Vec::new());
            for (place, found) in places.iter_mut().zip(found) {
                match read(found) {
                    Ok(item) => {
                        items.push(item);
                        theirs.push(place);
                    }
                    Err(wrong) => *place = Some(Err(wrong)),
                }
            }
            for (place, item) in theirs.into_iter().zip(E::keep(items, self.large)) {
                *place = Some(Ok(item));
            }
        });
    }

    /// Returns all of them, by path.
    pub(super) fn finish(self) -> Store<E> {
        let Self { mut read, .. } = self;
        let mut store = Store::default();
        for diagnostics in read.iter_mut().filter_map(|it| it.as_mut()?.as_mut().err()) {
            store.unreadable += 1;
            store.diagnostics.append(diagnostics);
        }
        store.items = read.into_iter().filter_map(|it| it?.ok()).collect();
        // Git lists the files of a folder in an order of its own.
        if !store.items.is_sorted_by_key(|item: &E| item.file()) {
            store.items.sort_by(|a, b| a.file().cmp(b.file()));
        }
        store.diagnostics.sort_by(|a, b| a.label.path.cmp(&b.label.path));
        let ids = store.items.iter().enumerate();
        store.by_id = ids.map(|(index, item)| (item.id().clone(), index)).collect();
        store.by_id.par_sort_unstable();
        store
    }
}

fn read(found: FoundFile) -> ReadFile<Stored> {
    let FoundFile { path, content } = found;
    match content.read_bytes(&path) {
        Ok(bytes) => Stored::parse(&path, &bytes),
        Err(diagnostic) => Err(vec![diagnostic]),
    }
}
