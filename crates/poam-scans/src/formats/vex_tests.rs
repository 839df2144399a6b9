//! VEX statements and the package URLs that they are compared with, in each format that has them.

use std::collections::BTreeSet;

use super::tests::{collect, published};
use crate::{VexProduct, VexStatus};

#[test]
fn vex_statements_are_read_with_all_statuses() {
    let Some(bytes) = published("openvex-many.json") else { return };
    let (format, collected) = collect(&bytes);
    assert_eq!(format, "openvex");
    assert_eq!(collected.statements.len(), 6);
    let statuses: BTreeSet<String> =
        collected.statements.iter().map(|statement| format!("{:?}", statement.status)).collect();
    assert_eq!(statuses.len(), 4);
}

#[test]
fn a_csaf_document_states_each_list_of_products() {
    let file = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Example"},
        "tracking": {"current_release_date": "2026-05-01T00:00:00Z"}},
        "product_tree": {"branches": [{"category": "product_version", "name": "1", "product": {"name": "Lib 1", "product_id": "P1",
            "product_identification_helper": {"purl": "pkg:npm/lib@1"}}}]},
        "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"known_not_affected": ["P1"], "fixed": ["P2"]},
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P1"]}]}]}"#;
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "csaf");
    let [not_affected, fixed] = collected.statements.as_slice() else { panic!() };
    assert_eq!(not_affected.status, VexStatus::NotAffected);
    assert_eq!(not_affected.products, [VexProduct::named("pkg:npm/lib@1")]);
    assert_eq!(not_affected.justification, "vulnerable_code_not_present");
    assert_eq!((fixed.status, &fixed.products), (VexStatus::Fixed, &vec![VexProduct::named("P2")]));
}

#[test]
fn an_openvex_product_has_identifiers_and_components() {
    let file = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "A", "timestamp": "2026-01-20T10:00:00Z", "statements": [
        {"vulnerability": {"name": "CVE-2026-1"}, "status": "fixed", "products": [
            {"@id": "urn:product:1", "identifiers": {"purl": "pkg:apk/alpine/zlib@1"}},
            {"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:npm/a@1"}, {"identifiers": {"purl": "pkg:npm/b@1"}}]},
            {"identifiers": {"cpe23": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"}}]},
        {"vulnerability": "CVE-2026-2", "status": "not_affected", "products": ["pkg:npm/c"]},
        {"vulnerability": {"name": "CVE-2026-3"}, "status": "fixed"}]}"#;
    let (_, collected) = collect(file.as_bytes());
    let [first, second, third] = collected.statements.as_slice() else { panic!() };
    let text = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let zlib =
        VexProduct { ids: text(&["urn:product:1", "pkg:apk/alpine/zlib@1"]), components: vec![] };
    let app = VexProduct {
        ids: text(&["pkg:oci/app"]),
        components: text(&["pkg:npm/a@1", "pkg:npm/b@1"]),
    };
    assert_eq!(first.products, [zlib, app]);
    assert_eq!(second.products, [VexProduct::named("pkg:npm/c")]);
    assert!(third.products.is_empty());
    assert_eq!(first.time.unwrap().to_string(), "2026-01-20 10:00:00");
}

#[test]
fn packages_keep_their_package_url() {
    let trivy = br#"{"SchemaVersion": 2, "ArtifactName": "app", "Results": [{"Target": "t", "Class": "os-pkgs", "Vulnerabilities": [
        {"VulnerabilityID": "CVE-2026-1", "PkgName": "zlib", "PkgIdentifier": {"PURL": "pkg:apk/alpine/zlib@1?arch=x86_64"}}]}]}"#;
    let grype = br#"{"matches": [{"vulnerability": {"id": "CVE-2026-1"}, "artifact": {"name": "zlib", "version": "1", "purl": "pkg:apk/alpine/zlib@1?arch=x86_64"}}],
        "descriptor": {"name": "grype"}}"#;
    let cyclonedx = br#"{"bomFormat": "CycloneDX", "components": [{"bom-ref": "z", "name": "zlib", "purl": "pkg:apk/alpine/zlib@1?arch=x86_64"}],
        "vulnerabilities": [{"id": "CVE-2026-1", "affects": [{"ref": "z"}]}]}"#;
    for file in [&trivy[..], &grype[..], &cyclonedx[..]] {
        let (format, collected) = collect(file);
        assert_eq!(collected.results[0].purls, ["pkg:apk/alpine/zlib@1?arch=x86_64"], "{format}");
    }
}
