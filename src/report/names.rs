//! File names and addresses of the report's pages, unique on every file system.

use std::collections::{HashMap, HashSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::ItemId;
use crate::snapshot::Digest;
use crate::store::Store;

/// Characters that are escaped in an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

/// The pages of the items, in the order of the store.
pub(crate) struct Names {
    pages: Vec<String>,
    by_id: HashMap<ItemId, usize>,
}

impl Names {
    pub(crate) fn assign(store: &Store) -> Self {
        let mut taken = HashSet::new();
        let mut names = Self { pages: Vec::new(), by_id: HashMap::new() };
        for (at, stored) in store.items().iter().enumerate() {
            let id = &stored.item.id;
            let stem = id.file_stem().to_string();
            // Some file systems take V-1 for v-1; and an id may be in two files.
            let mut name = stem.clone();
            let mut times = 1;
            while !taken.insert(name.to_lowercase()) {
                times += 1;
                name = format!("{stem}~{times}");
            }
            names.pages.push(format!("item/{name}.html"));
            names.by_id.entry(id.clone()).or_insert(at);
        }
        names
    }

    /// Returns the path of each page in the folder.
    pub(crate) fn pages(&self) -> &[String] {
        &self.pages
    }

    /// Returns the address of an item's page from the top of the report; none where there is no
    /// such item.
    pub(crate) fn address(&self, id: &ItemId) -> Option<String> {
        self.by_id.get(id).and_then(|at| self.pages.get(*at)).map(|page| address(page))
    }
}

/// Returns the address of a file of the report.
pub(crate) fn address(path: &str) -> String {
    utf8_percent_encode(path, PLAIN).to_string()
}

/// Returns the page of an owner: what can be read of the name, and a mark that distinguishes names.
pub(super) fn owner_page(owner: Option<&str>) -> String {
    let Some(owner) = owner else { return "owner/none.html".to_owned() };
    let mut readable = String::new();
    for c in owner.chars().take(40) {
        match c {
            c if c.is_ascii_alphanumeric() => readable.push(c.to_ascii_lowercase()),
            _ if !readable.is_empty() && !readable.ends_with('-') => readable.push('-'),
            _ => {}
        }
    }
    let mark = &Digest::hash(owner.as_bytes()).to_string()[..8];
    let dash = if readable.is_empty() || readable.ends_with('-') { "" } else { "-" };
    format!("owner/{readable}{dash}{mark}.html")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::store;

    #[test]
    fn every_item_has_a_page_of_its_own() {
        let store = store(&[("V-1", ""), ("v-1", ""), ("A/B", ""), ("VS-001-AC(2)", "")]);
        let names = Names::assign(&store);
        let pages =
            ["item/A%2FB.html", "item/V-1.html", "item/VS-001-AC(2).html", "item/v-1~2.html"];
        let mut found: Vec<_> = names.pages().to_vec();
        found.sort();
        assert_eq!(found, pages);
        let address = |id: &str| names.address(&id.parse().unwrap());
        assert_eq!(address("A/B").unwrap(), "item/A%252FB.html");
        assert_eq!(address("VS-001-AC(2)").unwrap(), "item/VS-001-AC%282%29.html");
        assert_eq!(address("V-9"), None);
    }

    #[test]
    fn owners_with_like_names_have_pages_of_their_own() {
        assert_eq!(owner_page(None), "owner/none.html");
        assert_eq!(owner_page(Some("Jane Doe")), "owner/jane-doe-01332c87.html");
        let names = ["Jane  Doe", "../../Jane Doe", "<b>", "漢字", "con", "none"];
        let pages: HashSet<String> = names.iter().map(|name| owner_page(Some(name))).collect();
        assert_eq!(pages.len(), names.len());
        for page in pages {
            let bare = page.strip_prefix("owner/").unwrap().strip_suffix(".html").unwrap();
            assert!(bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{page}");
            assert!(bare.len() > 7);
        }
    }
}
