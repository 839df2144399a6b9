//! Proposals of VEX statements for items. A statement is about products, and an item about packages
//! on assets: only a statement about one of them is proposed. Names are compared completely, and package URLs
//! by all their parts.

use std::collections::{BTreeMap, BTreeSet};

use poam_scans::{VexProduct, VexStatement, VexStatus};

use super::asset_name::{artifact_base, artifact_release, asset_key, key_of_asset};
use super::finding::Findings;
use super::package_url::{PackageUrl, is_same_version};
use super::plan::VexProposal;
use crate::model::{Item, ItemId};
use crate::settings::Settings;
use crate::store::Store;

/// Proposals of a document's statements.
#[derive(Debug, Default)]
pub(super) struct Proposals {
    /// The proposals.
    pub(super) list: Vec<VexProposal>,
    /// Number of statements about the weakness of an item in another product.
    pub(super) other_products: usize,
    /// Number of statements about the weakness of an item that name no product.
    pub(super) without_product: usize,
    /// Items about which statements contradict each other.
    pub(super) contradictions: Vec<(ItemId, String)>,
}

/// Part of an item that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ItemPart {
    /// An asset, as the item lists it.
    Asset(String),
    /// A package.
    Package(String),
    /// The item lists neither assets nor packages, so that the affected part is unknown.
    Unknown,
}

/// Finds the items that VEX statements are about.
pub(super) fn find_proposals(store: &Store, findings: &Findings, settings: &Settings) -> Proposals {
    let mut proposals = Proposals::default();
    let statements = &findings.statements;
    // Statements about the weakness of an item, and those of them about the item.
    let mut about_weakness = vec![false; statements.len()];
    let mut about_item = vec![false; statements.len()];
    for stored in store.items() {
        let item = &stored.item;
        if settings.workflow.is_closed(&item.status) {
            continue;
        }
        let products = ItemProducts::new(item);
        let mut by_part: BTreeMap<ItemPart, Vec<usize>> = BTreeMap::new();
        for (at, statement) in statements.iter().enumerate() {
            if !is_about_weakness(statement, item) {
                continue;
            }
            about_weakness[at] = true;
            for part in products.parts_of(&statement.products) {
                about_item[at] = true;
                by_part.entry(part).or_default().push(at);
            }
        }
        let mut parts_of: BTreeMap<usize, BTreeSet<&ItemPart>> = BTreeMap::new();
        for (part, about) in &by_part {
            let newest = newest(statements, about);
            let mut statuses: Vec<&str> = Vec::new();
            for status in newest.iter().map(|at| word(statements[*at].status)) {
                if !statuses.contains(&status) {
                    statuses.push(status);
                }
            }
            if let [_, _, ..] = statuses.as_slice() {
                let place = newest.iter().map(|at| statements[*at].place.as_str());
                let place = place.collect::<Vec<_>>().join(", ");
                let vulnerability = &statements[newest[0]].vulnerability;
                let reason = format!("{vulnerability} is {} ({place})", statuses.join(" and "));
                let contradiction = (item.id.clone(), reason);
                if !proposals.contradictions.contains(&contradiction) {
                    proposals.contradictions.push(contradiction);
                }
                continue;
            }
            for at in newest {
                parts_of.entry(at).or_default().insert(part);
            }
        }
        for (at, parts) in parts_of {
            let statement = &statements[at];
            if matches!(statement.status, VexStatus::NotAffected | VexStatus::Fixed) {
                proposals.list.push(VexProposal {
                    id: item.id.clone(),
                    status: statement.status,
                    vulnerability: statement.vulnerability.clone(),
                    justification: build_justification(statement),
                    not_about: products.others(&parts),
                });
            }
        }
    }
    for (at, statement) in statements.iter().enumerate() {
        let proposes = matches!(statement.status, VexStatus::NotAffected | VexStatus::Fixed);
        if proposes && about_weakness[at] && !about_item[at] {
            match statement.products.is_empty() {
                true => proposals.without_product += 1,
                false => proposals.other_products += 1,
            }
        }
    }
    proposals
}

/// Returns whether a statement is about the weakness of an item.
fn is_about_weakness(statement: &VexStatement, item: &Item) -> bool {
    std::iter::once(&statement.vulnerability)
        .chain(&statement.aliases)
        .any(|name| item.cves.contains(name) || item.source_identifier.as_ref() == Some(name))
}

/// Returns the newest of some statements: those of the last time, where they have times, else of the last day.
/// A statement without a day is older than one with a day.
fn newest(statements: &[VexStatement], about: &[usize]) -> Vec<usize> {
    let day = about.iter().filter_map(|at| statements[*at].day).max();
    let of_day: Vec<usize> =
        about.iter().copied().filter(|at| statements[*at].day == day).collect();
    if of_day.iter().any(|at| statements[*at].time.is_none()) {
        return of_day;
    }
    let time = of_day.iter().filter_map(|at| statements[*at].time).max();
    of_day.into_iter().filter(|at| statements[*at].time == time).collect()
}

fn word(status: VexStatus) -> &'static str {
    match status {
        VexStatus::NotAffected => "not affected",
        VexStatus::Affected => "affected",
        VexStatus::Fixed => "fixed",
        VexStatus::UnderInvestigation => "under investigation",
    }
}

/// Returns the justification of a statement, with its products and its author.
fn build_justification(statement: &VexStatement) -> String {
    let products: Vec<String> = statement.products.iter().map(ToString::to_string).collect();
    let products = products.join(", ");
    let parts = [statement.justification.as_str(), products.as_str(), statement.author.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" — ")
}

/// Assets and packages of an item, in the form by which they are compared.
struct ItemProducts<'a> {
    assets: &'a [String],
    /// The packages that the description lists.
    packages: Vec<ItemPackage>,
    /// Their package URLs, where the item has them.
    urls: Vec<PackageUrl>,
    /// Whether the packages belong to the operating system, where the item states it.
    of_system: Option<bool>,
}

impl<'a> ItemProducts<'a> {
    fn new(item: &'a Item) -> Self {
        let urls = item.extra.get("purl").and_then(serde_json::Value::as_array);
        let urls = urls.into_iter().flatten().filter_map(|url| PackageUrl::parse(url.as_str()?));
        let family = item.extra.get("scanner_family").and_then(serde_json::Value::as_str);
        Self {
            assets: &item.assets,
            packages: listed_packages(item),
            urls: urls.collect(),
            of_system: match family {
                Some("os-pkgs") => Some(true),
                Some("lang-pkgs") => Some(false),
                _ => None,
            },
        }
    }

    /// Returns the parts of the item that some products are.
    fn parts_of(&self, products: &[VexProduct]) -> BTreeSet<ItemPart> {
        let mut parts = BTreeSet::new();
        let is_unknown = self.assets.is_empty() && self.packages.is_empty() && self.urls.is_empty();
        if is_unknown && !products.is_empty() {
            parts.insert(ItemPart::Unknown);
        }
        for product in products {
            let assets =
                self.assets.iter().filter(|asset| product.ids.iter().any(|id| is_asset(id, asset)));
            if product.components.is_empty() {
                parts.extend(assets.cloned().map(ItemPart::Asset));
                parts.extend(product.ids.iter().flat_map(|id| self.packages_of(id)));
            } else if product.components.iter().any(|id| !self.packages_of(id).is_empty()) {
                // The component within this product alone.
                parts.extend(assets.cloned().map(ItemPart::Asset));
            }
        }
        parts
    }

    /// Returns the packages that an id means. A package URL is compared with those of the item where it has
    /// them, else with the packages in its description.
    fn packages_of(&self, id: &str) -> Vec<ItemPart> {
        let Some(url) = PackageUrl::parse(id) else {
            let id = id.trim().to_lowercase();
            let is_named =
                |package: &&ItemPackage| is_name(&id, &package.name, package.version.as_deref());
            return self.packages.iter().filter(is_named).map(ItemPackage::part).collect();
        };
        if !self.urls.is_empty() {
            let same = self.urls.iter().filter(|own| url.names(own));
            return same.map(|own| ItemPart::Package(own.to_string())).collect();
        }
        let may_be = |package: &&ItemPackage| {
            url.may_be(&package.name, package.version.as_deref(), self.of_system)
        };
        self.packages.iter().filter(may_be).map(ItemPackage::part).collect()
    }

    /// Returns the other assets or packages of the item than some parts, which a statement is not about.
    fn others(&self, parts: &BTreeSet<&ItemPart>) -> Vec<String> {
        let all: Vec<ItemPart> = if parts.iter().any(|part| matches!(part, ItemPart::Asset(_))) {
            self.assets.iter().cloned().map(ItemPart::Asset).collect()
        } else if self.urls.is_empty() {
            self.packages.iter().map(ItemPackage::part).collect()
        } else {
            self.urls.iter().map(|url| ItemPart::Package(url.to_string())).collect()
        };
        let others = all.into_iter().filter(|part| !parts.contains(part));
        let mut names: Vec<String> = others
            .filter_map(|part| match part {
                ItemPart::Asset(name) | ItemPart::Package(name) => Some(name),
                ItemPart::Unknown => None,
            })
            .collect();
        names.dedup();
        names
    }
}

/// Returns whether an id of a product means an asset of an item.
fn is_asset(id: &str, asset: &str) -> bool {
    let key = key_of_asset(asset).to_lowercase();
    let id = asset_key(id).to_lowercase();
    if id == key {
        return true;
    }
    let base = artifact_base(&key);
    let release = artifact_release(&key);
    let digest =
        key.split_once('@').map(|(_, digest)| digest).filter(|digest| digest.contains(':'));
    match PackageUrl::parse(&id) {
        Some(url) => url.is_asset(base, release, digest),
        None => is_name(&id, base, release),
    }
}

/// Returns whether a text is exactly a name, with or without a version: `zlib`, `zlib 1.2`, `zlib@1.2`.
fn is_name(text: &str, name: &str, version: Option<&str>) -> bool {
    if text == name {
        return true;
    }
    let Some(rest) = text.strip_prefix(name) else { return false };
    let stated = rest.strip_prefix(['@', ' ', ':']).map(str::trim);
    stated.is_some_and(|stated| {
        stated.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
            && is_same_version(Some(stated), version)
    })
}

/// A package of an item, in lower case.
struct ItemPackage {
    name: String,
    version: Option<String>,
}

impl ItemPackage {
    fn part(&self) -> ItemPart {
        ItemPart::Package(match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        })
    }
}

/// Returns the packages that the description of an item lists, as [`super::item_text`] writes them:
/// `- openssl 1.1.1k, fixed in 1.1.1l`.
fn listed_packages(item: &Item) -> Vec<ItemPackage> {
    let description = item.weakness_description.as_deref().unwrap_or_default();
    let Some(at) = description.rfind("Packages:\n- ") else { return Vec::new() };
    let lines = description[at..].lines().skip(1);
    lines
        .map_while(|line| line.strip_prefix("- "))
        .map(|line| {
            let line = line.split_once(", fixed in ").map_or(line, |(package, _)| package);
            let (name, version) = match line.split_once(' ') {
                Some((name, version)) => (name, Some(version.to_lowercase())),
                None => (line, None),
            };
            ItemPackage { name: name.to_lowercase(), version }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::sample_item;

    fn item() -> Item {
        let mut item = sample_item();
        item.cves = vec!["CVE-2026-1".to_owned()];
        item
    }

    fn product(id: &str) -> VexProduct {
        VexProduct::named(id)
    }

    fn about(item: &Item, id: &str) -> bool {
        !ItemProducts::new(item).parts_of(&[product(id)]).is_empty()
    }

    #[test]
    fn a_statement_is_about_the_packages_and_assets_of_an_item() {
        let mut item = item();
        assert!(about(&item, "pkg:npm/lodash@4.17.20"), "the item names neither");
        item.assets = vec!["registry.example.com/team/app:1.2".to_owned()];
        item.weakness_description = Some(
            "Text\n\nPackages:\n- openssl 1.1.1k, fixed in 1.1.1l\n- @scope/util 2.0".to_owned(),
        );
        for (id, expected) in [
            ("pkg:deb/debian/openssl@1.1.1k?arch=amd64", true),
            ("pkg:deb/debian/openssl@1.1.1l", false),
            ("pkg:deb/debian/openssl", true),
            ("pkg:deb/debian/openssl-tools@1.1.1k", false),
            ("pkg:deb/debian/openssl?repository_url=evil.io", false),
            ("pkg:npm/%40scope/util@2.0", true),
            ("pkg:npm/util@2.0", false),
            (
                "pkg:oci/app@sha256%3A00ff?repository_url=registry.example.com/team/app&tag=1.2",
                true,
            ),
            ("pkg:oci/app?repository_url=evil.io/app", false),
            ("pkg:oci/app@sha256%3A00ff?tag=1.3", false),
            ("pkg:oci/app@sha256%3A00ff", true),
            ("pkg:oci/web@sha256%3A00ff", false),
            ("pkg:npm/app@1.2", false),
            ("registry.example.com/team/app:1.2", true),
            ("registry.example.com/team/app", true),
            ("registry.example.com/team/app 1.3", false),
            ("app 1.2", false),
            ("app server", false),
            ("Red Hat Enterprise Linux 8:openssl", false),
            ("Red Hat Enterprise Linux 8", false),
            ("OpenSSL 1.1.1k", true),
            ("openssl 3.0", false),
            ("not openssl", false),
            ("openssl for Windows 1.1.1k", false),
        ] {
            assert_eq!(about(&item, id), expected, "{id}");
        }
        assert!(ItemProducts::new(&item).parts_of(&[]).is_empty(), "no product is named");
        // The kind of checks tells packages of the system from others.
        item.extra.insert("scanner_family".to_owned(), "os-pkgs".into());
        assert!(!about(&item, "pkg:npm/openssl@1.1.1k") && about(&item, "pkg:deb/ubuntu/openssl"));
        // With package URLs the item says exactly which package it is.
        item.extra.insert("purl".to_owned(), serde_json::json!(["pkg:deb/debian/openssl@1.1.1k"]));
        assert!(!about(&item, "pkg:deb/ubuntu/openssl") && about(&item, "pkg:deb/debian/openssl"));
    }

    #[test]
    fn a_component_counts_within_its_product_alone() {
        let mut item = item();
        item.assets = vec!["reg.io/app:1.2".to_owned(), "reg.io/web:1".to_owned()];
        item.extra.insert("purl".to_owned(), serde_json::json!(["pkg:apk/alpine/zlib@1"]));
        let products = ItemProducts::new(&item);
        let of = |id: &str, component: &str| {
            let components = vec![component.to_owned()];
            products.parts_of(&[VexProduct { components, ..product(id) }])
        };
        let app = ItemPart::Asset("reg.io/app:1.2".to_owned());
        assert_eq!(of("pkg:oci/app", "pkg:apk/alpine/zlib@1"), BTreeSet::from([app.clone()]));
        assert!(of("pkg:oci/app", "pkg:apk/alpine/curl@7").is_empty());
        assert!(of("pkg:oci/db", "pkg:apk/alpine/zlib@1").is_empty());
        assert_eq!(products.others(&BTreeSet::from([&app])), ["reg.io/web:1"]);
    }

    #[test]
    fn the_newest_statements_count() {
        let statement = |day: Option<&str>, time: Option<&str>| VexStatement {
            place: String::new(),
            vulnerability: "CVE-2026-1".to_owned(),
            aliases: Vec::new(),
            products: Vec::new(),
            status: VexStatus::Affected,
            justification: String::new(),
            author: String::new(),
            day: day.map(|day| day.parse().unwrap()),
            time: time.map(|time| time.parse().unwrap()),
        };
        let early = statement(Some("2026-01-02"), Some("2026-01-02T08:00:00"));
        let late = statement(Some("2026-01-02"), Some("2026-01-02T09:00:00"));
        let day = statement(Some("2026-01-02"), None);
        let old = statement(Some("2026-01-01"), Some("2026-01-01T09:00:00"));
        let none = statement(None, None);
        let all = [early, late, day, old, none];
        assert_eq!(newest(&all, &[0, 1, 3, 4]), [1]);
        assert_eq!(newest(&all, &[0, 2, 3]), [0, 2]);
        assert_eq!(newest(&all, &[3, 4]), [3]);
        assert_eq!(newest(&all, &[4]), [4]);
    }
}
