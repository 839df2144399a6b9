//! Addresses of other places that outputs link to: commits, files, pull requests, the report, the handbook.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ItemId;

/// Characters that are escaped in a part of an address.
const PART: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Addresses that reviews and the report link to. Each is a URL; the parts in braces are filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// A commit, with {commit}: https://github.com/OWNER/REPO/commit/{commit}
    pub commit: Option<String>,
    /// A file at a commit, with {commit} and {path}:
    /// https://github.com/OWNER/REPO/blob/{commit}/{path}
    pub file: Option<String>,
    /// A pull or merge request, with {number}: https://github.com/OWNER/REPO/pull/{number}
    pub pull_request: Option<String>,
    /// The folder where the report of `poam report` is published:
    /// https://OWNER.github.io/REPO/
    pub report: Option<String>,
    /// A handbook of poam, for the pages of rules; without it the published one, if there is one.
    pub handbook: Option<String>,
}

/// A fault of an address in the settings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkFault {
    /// Key of the address.
    pub(super) key: &'static str,
    /// The fault in words.
    pub(super) message: String,
}

impl LinkSettings {
    /// Lists the addresses that are no URL or lack a part that must be filled in.
    pub(super) fn faults(&self) -> Vec<LinkFault> {
        let all: [(&'static str, &Option<String>, &[&str]); 5] = [
            ("commit", &self.commit, &["{commit}"]),
            ("file", &self.file, &["{commit}", "{path}"]),
            ("pull_request", &self.pull_request, &["{number}"]),
            ("report", &self.report, &[]),
            ("handbook", &self.handbook, &[]),
        ];
        let mut faults = Vec::new();
        for (key, address, parts) in all {
            let Some(address) = address else { continue };
            let is_url = ["https://", "http://"]
                .iter()
                .any(|scheme| address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
            let is_plain = address.chars().all(|c| c.is_ascii_graphic())
                && !address.contains(['"', '<', '>', '(', ')', '\\', '`']);
            if !is_url || !is_plain {
                faults.push(LinkFault { key, message: format!("`{address}` is not a URL") });
                continue;
            }
            for part in parts.iter().filter(|part| !address.contains(**part)) {
                faults.push(LinkFault { key, message: format!("the address lacks `{part}`") });
            }
        }
        faults
    }

    /// Returns the address of a commit.
    pub fn commit(&self, commit: &str) -> Option<String> {
        Some(self.commit.as_ref()?.replace("{commit}", &encoded(commit)))
    }

    /// Returns the address of a file as a commit has it.
    pub fn file(&self, commit: &str, path: &str) -> Option<String> {
        let address = self.file.as_ref()?.replace("{commit}", &encoded(commit));
        Some(address.replace("{path}", &encoded(path)))
    }

    /// Returns the address of a pull request.
    pub fn pull_request(&self, number: u64) -> Option<String> {
        Some(self.pull_request.as_ref()?.replace("{number}", &number.to_string()))
    }

    /// Returns the address of an item's page in the published report.
    pub fn item(&self, id: &ItemId) -> Option<String> {
        let report = self.report.as_ref()?.trim_end_matches('/');
        Some(format!("{report}/{}", encoded(&item_page(id))))
    }
}

/// Returns the page of an item in a report, where no other item has a like name.
pub fn item_page(id: &ItemId) -> String {
    format!("item/{}.html", id.file_stem())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> LinkSettings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn parts_are_filled_in_and_escaped() {
        let links = links(
            r#"{"commit": "https://h/c/{commit}", "file": "https://h/b/{commit}/{path}?plain=1",
                "pull_request": "https://h/p/{number}", "report": "https://h/r/"}"#,
        );
        assert_eq!(links.faults(), []);
        assert_eq!(links.commit("abc").unwrap(), "https://h/c/abc");
        assert_eq!(
            links.file("abc", "items/A%2FB (1).yaml").unwrap(),
            "https://h/b/abc/items/A%252FB%20%281%29.yaml?plain=1"
        );
        assert_eq!(links.pull_request(12).unwrap(), "https://h/p/12");
        assert_eq!(links.item(&"A/B".parse().unwrap()).unwrap(), "https://h/r/item/A%252FB.html");
        assert_eq!(LinkSettings::default().commit("abc"), None);
    }

    #[test]
    fn an_address_is_a_url_with_its_parts() {
        for (text, expected) in [
            (r#"{"commit": "javascript:{commit}"}"#, "commit: `javascript:{commit}` is not a URL"),
            (r#"{"report": "https://a b"}"#, "report: `https://a b` is not a URL"),
            (r#"{"report": "https://a)b"}"#, "report: `https://a)b` is not a URL"),
            (r#"{"report": "https://"}"#, "report: `https://` is not a URL"),
            (r#"{"file": "https://h/{commit}"}"#, "file: the address lacks `{path}`"),
            (r#"{"pull_request": "https://h"}"#, "pull_request: the address lacks `{number}`"),
        ] {
            let faults = links(text).faults();
            let said: Vec<_> =
                faults.iter().map(|it| format!("{}: {}", it.key, it.message)).collect();
            assert_eq!(said, [expected]);
        }
    }
}
