//! Names of assets: which two names mean one asset.

use crate::model::normalize_look;

/// Returns the name in an asset of an item, without the port: `web-1` of `web-1 (443/tcp)`.
pub(super) fn asset_name(asset: &str) -> &str {
    match asset.rsplit_once(" (") {
        Some((name, port))
            if port.ends_with(')') && port.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            name
        }
        _ => asset,
    }
}

/// Returns the port in an asset of an item: `443/tcp` of `web-1 (443/tcp)`.
pub(super) fn port_of_asset(asset: &str) -> Option<&str> {
    let port = asset[asset_name(asset).len()..].strip_prefix(" (")?;
    port.strip_suffix(')')
}

/// Returns a name by which assets are compared. Names of hosts are compared as they look, without case and without the
/// dot at the end of a full domain name; paths, images and cloud resources to the letter.
pub(super) fn asset_key(name: &str) -> String {
    let name = name.trim();
    if name.contains('/') || name.starts_with("arn:") {
        return name.to_owned();
    }
    let full_domain =
        name.strip_suffix('.').filter(|rest| rest.contains('.') && !rest.starts_with('.'));
    normalize_look(full_domain.unwrap_or(name))
}

/// Returns the key of an asset as it is in an item, without its port.
pub(super) fn key_of_asset(asset: &str) -> String {
    asset_key(asset_name(asset))
}

/// Returns an asset with its port in the form by which it is compared: `web-1 (443/tcp)` of
/// `WEB-1 (443/tcp)`.
pub(super) fn comparable_asset(asset: &str) -> String {
    let name = asset_name(asset);
    format!("{}{}", asset_key(name), &asset[name.len()..])
}

/// Returns what stays the same of the name of an image or package from one release to the next: `app` of
/// `app:1.2`, of `app@sha256:…` and of a file in it, `app:1.2: deploy.sh`.
pub(super) fn artifact_base(key: &str) -> &str {
    let artifact = key.split_once(": ").map_or(key, |(artifact, _)| artifact);
    // A package of npm begins with the `@` of its scope.
    let scope = usize::from(artifact.starts_with('@'));
    let artifact = match artifact[scope..].find('@') {
        Some(at) => &artifact[..scope + at],
        None => artifact,
    };
    let after_folder = artifact.rfind('/').map_or(0, |at| at + 1);
    match artifact[after_folder..].find(':') {
        Some(colon) => &artifact[..after_folder + colon],
        None => artifact,
    }
}

/// Returns the release in the name of an image or package: `1.2` of `app:1.2`, of `app@1.2` and of
/// `app:1.2@sha256:…`. `None` where the name has none, or a digest alone.
pub(super) fn artifact_release(key: &str) -> Option<&str> {
    let artifact = key.split_once(": ").map_or(key, |(artifact, _)| artifact);
    let rest = &artifact[artifact_base(key).len()..];
    let release = match rest.strip_prefix(':') {
        Some(tag) => tag.split('@').next().unwrap_or_default(),
        None => rest.strip_prefix('@').filter(|version| !version.contains(':'))?,
    };
    Some(release).filter(|release| !release.is_empty())
}

/// Words for a release before the release of that number, in their order.
const EARLY_RELEASES: [&str; 9] =
    ["dev", "snapshot", "nightly", "alpha", "a", "beta", "b", "pre", "rc"];

/// Returns whether a release is older than another by its numbers: `1.9.1` than `2.0`, `2.0-rc1` than
/// `2.0`. Releases that are no numbers, such as `latest`, cannot be compared.
pub(super) fn is_older_release(release: &str, than: &str) -> bool {
    let (Some(own), Some(other)) = (ReleaseNumber::parse(release), ReleaseNumber::parse(than))
    else {
        return false;
    };
    let length = own.numbers.len().max(other.numbers.len());
    let number = |numbers: &[u64], at: usize| numbers.get(at).copied().unwrap_or_default();
    for at in 0..length {
        let (own, other) = (number(&own.numbers, at), number(&other.numbers, at));
        if own != other {
            return own < other;
        }
    }
    match (own.early, other.early) {
        (Some(_), None) => true,
        (Some(own), Some(other)) => own < other,
        (None, _) => false,
    }
}

/// Numbers of a release, and how early before it.
struct ReleaseNumber {
    numbers: Vec<u64>,
    /// Place of the word in [`EARLY_RELEASES`], with the number behind it.
    early: Option<(usize, u64)>,
}

impl ReleaseNumber {
    fn parse(release: &str) -> Option<Self> {
        let lower = release.trim().to_ascii_lowercase();
        let mut rest = lower.strip_prefix('v').unwrap_or(&lower);
        let mut numbers = Vec::new();
        loop {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            numbers.push(rest[..length].parse().ok()?);
            rest = &rest[length..];
            // `1.2`, and `2026-01-10`; but what a hyphen begins may be the id of a commit.
            let is_number =
                |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            match (rest.strip_prefix('.'), rest.strip_prefix(['-', '_'])) {
                (Some(next), _) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                (_, Some(next))
                    if is_number(next.split(['-', '_', '.', '+']).next().unwrap_or_default()) =>
                {
                    rest = next;
                }
                _ => break,
            }
        }
        let word = rest.trim_start_matches(['-', '_', '.', '+', '~']);
        // `3f2a1b9` is the start of a commit's id and no release 3.
        if word.len() == rest.len() && !rest.is_empty() {
            let is_early = EARLY_RELEASES.iter().any(|early| rest.starts_with(early));
            if !is_early || numbers.len() == 1 {
                return None;
            }
        }
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let behind = word[letters..].trim_start_matches(['-', '_', '.']);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let place = EARLY_RELEASES.iter().position(|early| *early == &word[..letters]);
        let early = place.map(|place| (place, behind[..digits].parse().unwrap_or_default()));
        Some(Self { numbers, early })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_no_part_of_a_name() {
        assert_eq!(asset_name("10.0.0.1 (443/tcp)"), "10.0.0.1");
        assert_eq!(port_of_asset("10.0.0.1 (443/tcp)"), Some("443/tcp"));
        assert_eq!(port_of_asset("app (alpine 3.10)"), None);
        assert_eq!(asset_name("app (alpine 3.10)"), "app (alpine 3.10)");
    }

    #[test]
    fn case_matters_in_paths_and_not_in_hosts() {
        for (a, b, same) in [
            ("WEB-1.example.com.", "web-1.EXAMPLE.com", true),
            ("src/A.c", "src/a.c", false),
            ("arn:aws:s3:::A", "arn:aws:s3:::a", false),
            ("web-1", "web-2", false),
            ("web\u{2011}1", "web-1", true),
            ("\u{ff37}\u{ff25}\u{ff22}-1", "web-1", true),
            // The folder in which a scanner ran.
            (".", "", false),
            (".", "..", false),
        ] {
            assert_eq!(asset_key(a) == asset_key(b), same, "{a} {b}");
        }
    }

    #[test]
    fn releases_of_an_image_have_one_base() {
        for (name, base) in [
            ("app:1.2", "app"),
            ("registry.example.com:5000/team/app:1.2", "registry.example.com:5000/team/app"),
            ("registry.example.com:5000/team/app", "registry.example.com:5000/team/app"),
            ("app@sha256:00ff", "app"),
            ("app:1.2@sha256:00ff", "app"),
            ("app:1.2: etc/deploy.sh", "app"),
            ("src/main.c", "src/main.c"),
            ("@scope/util@2.0", "@scope/util"),
            ("util@2.0", "util"),
        ] {
            assert_eq!(artifact_base(name), base, "{name}");
        }
    }

    #[test]
    fn a_release_is_what_the_name_has_beside_its_base() {
        for (name, release) in [
            ("app:1.2", Some("1.2")),
            ("registry.example.com:5000/team/app:1.2", Some("1.2")),
            ("registry.example.com:5000/team/app", None),
            ("app@sha256:00ff", None),
            ("app:1.2@sha256:00ff", Some("1.2")),
            ("app:1.2: etc/deploy.sh", Some("1.2")),
            ("@scope/util@2.0", Some("2.0")),
            ("web-1", None),
        ] {
            assert_eq!(artifact_release(name), release, "{name}");
        }
    }

    #[test]
    fn older_releases_have_smaller_numbers() {
        for (release, than, older) in [
            ("1.9.1", "2.0", true),
            ("2.0", "1.9.1", false),
            ("1.9", "1.10", true),
            ("v1.9", "2", true),
            ("2.0", "2", false),
            ("2", "2.0.1", true),
            ("2.0-rc1", "2.0", true),
            ("2.0", "2.0-rc1", false),
            ("2.0.0-rc.1", "2.0.0-rc.2", true),
            ("2.0-beta2", "2.0-rc1", true),
            ("2.0b1", "2.0", true),
            ("1.2-alpine", "1.3", true),
            ("1.2-alpine", "1.2", false),
            ("1.2", "1.2-alpine", false),
            ("2026-01-10", "2026-02-10", true),
            ("1.2-3f2a1b9", "1.3", true),
            ("1.2-5", "1.2-12", true),
            ("20260110", "20260210", true),
            ("latest", "2.0", false),
            ("2.0", "latest", false),
            ("3f2a1b9", "4.0", false),
            ("1.9.1+build5", "2.0", true),
            ("99999999999999999999999", "2.0", false),
        ] {
            assert_eq!(is_older_release(release, than), older, "{release} {than}");
        }
    }
}
