//! The rule `vendor-without-product`: an item waits for a vendor, but does not state for which
//! product.
//!
//! Checks one item at a time. The page `vendor_without_product.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An item waits for a vendor without saying for what.
pub(super) const RULE: Rule = Rule {
    name: "vendor-without-product",
    level: Level::Error,
    summary: "an item waits for a vendor, but does not say for which product",
    text: include_str!("vendor_without_product.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let vendor = stored.item.vendor_dependency.as_ref();
    if !context.is_open(stored) || vendor.is_none_or(|vendor| vendor.product.is_some()) {
        return Vec::new();
    }
    vec![
        RULE.at(
            stored,
            "/vendor_dependency",
            "of which product?",
            "vendor dependency names no product",
        )
        .help("add `product:` with the name of what the vendor must fix"),
    ]
}
