//! Plugins of a Nessus scan that describe the scan of a host itself: whether Nessus logged in, and
//! whether it only looked for hosts and ports. The numbers are those of Tenable's own plugins.

use crate::{Credentials, PortRange};

/// The plugin "Nessus Scan Information", whose output states how the host was scanned.
pub(super) const SCAN_INFORMATION: &str = "19506";

/// Plugins that report a login which failed, was not tried, or did not reach what local checks need.
const LOGIN_FAILED: [&str; 7] = [
    "21745",  // OS Security Patch Assessment Failed
    "104410", // Target Credential Status: Failure for Provided Credentials
    "110385", // Target Credential Issues: Insufficient Privilege
    "110723", // Target Credential Status: No Credentials Provided
    "117886", // OS Security Patch Assessment Not Available
    "24786",  // Nessus Windows Scan Not Performed with Admin Privileges
    "26917",  // Nessus Cannot Access the Windows Registry
];

/// Plugins that report a login which worked.
const LOGIN_WORKED: [&str; 2] = [
    "141118", // Target Credential Status: Valid Credentials Provided
    "117887", // OS Security Patch Assessment Available
];

/// Plugins that find hosts and open ports.
const DISCOVERS: [&str; 6] = ["10180", "11219", "10335", "34220", "14272", "34277"];

/// Plugins that describe a host; a scan that only looks for hosts runs them too.
const DESCRIBES: [&str; 9] =
    [SCAN_INFORMATION, "12053", "10287", "11936", "54615", "45590", "86420", "35716", "110723"];

/// Returns the kind of checks of a plugin: `was` for those of Tenable Web App Scanning, whose numbers
/// Nessus leaves free, and nothing for those of Nessus. The two look at one host in different ways.
pub fn class_of(plugin: &str) -> Option<&'static str> {
    let number: u32 = plugin.parse().ok()?;
    let is_of_web_scanner =
        (98_000..=98_999).contains(&number) || (112_300..=116_999).contains(&number);
    is_of_web_scanner.then_some("was")
}

/// Properties of the scan of a host, from its results.
#[derive(Debug, Default)]
pub(super) struct HostScan {
    stated: Option<Credentials>,
    failed: bool,
    worked: bool,
    discovered: bool,
    checked: bool,
    ports: Option<PortRange>,
    /// For Nessus and Tenable Web App Scanning, whether there are results.
    classes: [bool; 2],
}

impl HostScan {
    /// Takes note of a result. `output` is that of the plugin, which only "Nessus Scan Information" needs.
    pub(super) fn add(&mut self, plugin: &str, family: &str, output: &str) {
        self.classes[usize::from(class_of(plugin).is_some())] = true;
        self.failed |= LOGIN_FAILED.contains(&plugin);
        self.worked |= LOGIN_WORKED.contains(&plugin);
        let discovers = DISCOVERS.contains(&plugin) || family == "Port scanners";
        self.discovered |= discovers;
        self.checked |= !discovers && !DESCRIBES.contains(&plugin);
        if plugin == SCAN_INFORMATION {
            let word = find_value(output, "Credentialed checks").unwrap_or_default().to_lowercase();
            if word.starts_with("yes") {
                self.stated = Some(Credentials::With);
            } else if word.starts_with("no") {
                self.stated = Some(Credentials::Without);
            }
            self.ports = find_value(output, "Port range").and_then(PortRange::parse);
            let policy = find_value(output, "Scan policy used").unwrap_or_default();
            self.discovered |= policy.eq_ignore_ascii_case("Host Discovery");
        }
    }

    /// Returns how the scanner could look at the host; `None` where no result states it.
    pub(super) fn credentials_found(&self) -> Option<Credentials> {
        match (self.stated, self.worked, self.failed) {
            (Some(Credentials::Without), ..) | (None, false, true) => Some(Credentials::Without),
            (Some(_), _, true) | (None, true, true) => Some(Credentials::Partly),
            (Some(_), _, false) | (None, true, false) => Some(Credentials::With),
            (None, false, false) => None,
        }
    }

    /// Returns the ports that were looked at; `None` where no result lists them.
    pub(super) fn ports(&mut self) -> Option<PortRange> {
        self.ports.take()
    }

    /// Returns the kinds of checks that were made on the host. A host without any result was scanned as
    /// others are.
    pub(super) fn check_classes(&self) -> impl Iterator<Item = &'static str> {
        let [nessus, web] = self.classes;
        let nessus = (nessus || !web).then_some("");
        nessus.into_iter().chain(web.then_some("was"))
    }

    /// Returns whether the scan only looked for the host and its ports, so that no weakness was looked for.
    pub(super) fn only_discovered(&self) -> bool {
        self.discovered && !self.checked && self.credentials_found() != Some(Credentials::With)
    }
}

/// Returns the value of a line `name : value` of an output.
pub(super) fn find_value<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    output.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::{Credentials, HostScan};

    fn scan(plugins: &[(&str, &str)]) -> HostScan {
        let mut scan = HostScan::default();
        for (plugin, output) in plugins {
            scan.add(plugin, "General", output);
        }
        scan
    }

    #[test]
    fn failed_logins_weigh_more_than_what_the_scan_says_of_itself() {
        let yes = ("19506", "Scan type : Normal\nCredentialed checks : yes, as 'root' via ssh\n");
        let no = ("19506", "Credentialed checks : no\n");
        type Plugins<'a> = &'a [(&'a str, &'a str)];
        let table: [(Plugins<'_>, Option<Credentials>); 8] = [
            (&[yes], Some(Credentials::With)),
            (&[no], Some(Credentials::Without)),
            (&[no, ("141118", "")], Some(Credentials::Without)),
            (&[yes, ("110385", "")], Some(Credentials::Partly)),
            (&[("104410", "")], Some(Credentials::Without)),
            (&[("117887", "")], Some(Credentials::With)),
            (&[("19506", "")], None),
            (&[("57582", "")], None),
        ];
        for (plugins, expected) in table {
            assert_eq!(scan(plugins).credentials_found(), expected, "{plugins:?}");
        }
    }

    #[test]
    fn scans_of_web_applications_are_another_kind() {
        let classes = |plugins: &[(&str, &str)]| scan(plugins).check_classes().collect::<Vec<_>>();
        assert_eq!(classes(&[("57582", "")]), [""]);
        assert_eq!(classes(&[("98104", ""), ("112535", "")]), ["was"]);
        assert_eq!(classes(&[("98104", ""), ("57582", "")]), ["", "was"]);
        assert_eq!(classes(&[]), [""]);
    }

    #[test]
    fn a_scan_that_finds_ports_and_no_more_checks_nothing() {
        let no = ("19506", "Credentialed checks : no");
        assert!(scan(&[no, ("10180", ""), ("11219", "")]).only_discovered());
        assert!(!scan(&[no, ("11219", ""), ("57582", "")]).only_discovered());
        assert!(!scan(&[no]).only_discovered(), "a clean host");
        assert!(scan(&[("19506", "Scan policy used : Host Discovery")]).only_discovered());
    }
}
