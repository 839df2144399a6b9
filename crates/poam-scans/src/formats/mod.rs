//! One module and one page for each format.

pub(crate) mod asff;
pub(crate) mod ckl;
pub(crate) mod cklb;
pub(crate) mod csaf;
pub(crate) mod cyclonedx;
pub(crate) mod grype;
pub(crate) mod hdf;
pub(crate) mod inspector;
pub(crate) mod nessus;
pub(crate) mod ocsf;
pub(crate) mod openvex;
pub(crate) mod oscal;
pub(crate) mod qualys_csv;
pub(crate) mod qualys_xml;
pub(crate) mod sarif;
pub(crate) mod tenable_csv;
pub(crate) mod trivy;
pub(crate) mod xccdf;

#[cfg(test)]
mod coverage_tests;
mod csv_table;
mod cyclonedx_xml;
mod json;
mod nessus_audit;
pub(crate) mod nessus_host;
mod stig;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vex_tests;
