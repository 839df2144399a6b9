//! Package URLs (purl) and what they identify: type, namespace, name, version and qualifiers.

use std::collections::BTreeMap;
use std::fmt;

/// Qualifiers that locate a copy of a package and do not identify the package.
const NO_IDENTITY: [&str; 4] = ["checksum", "download_url", "file_name", "vcs_url"];

/// Types of packages of operating systems, whose namespace is the distribution.
const OF_SYSTEMS: [&str; 5] = ["alpm", "apk", "deb", "qpkg", "rpm"];

/// A package URL, in lower case: `pkg:apk/alpine/zlib@1.2?arch=x86_64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackageUrl {
    /// The text as it was written.
    text: String,
    kind: String,
    namespace: String,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

impl PackageUrl {
    /// Parses a package URL; `None` for other texts.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        let url = lower.strip_prefix("pkg:")?.trim_start_matches('/');
        let (url, subpath) = match url.split_once('#') {
            Some((url, subpath)) => (url, Some(decode_percent(subpath.trim_matches('/')))),
            None => (url, None),
        };
        let (path, qualifiers) = url.split_once('?').unwrap_or((url, ""));
        let (kind, path) = path.split_once('/')?;
        let path = path.trim_matches('/');
        // The name of an npm scope begins with `@`, encoded or not.
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !path.ends_with('/') => {
                (path, Some(decode_percent(version)))
            }
            _ => (path, None),
        };
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = match kind {
            "pypi" => decode_percent(name).replace('_', "-"),
            _ => decode_percent(name),
        };
        let pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        let qualifiers = pairs
            .map(|(key, value)| (key.to_owned(), qualifier(key, value)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        (!name.is_empty()).then(|| Self {
            text: text.trim().to_owned(),
            kind: kind.to_owned(),
            namespace: decode_percent(namespace),
            name,
            version: version.filter(|version| !version.is_empty()),
            qualifiers,
            subpath,
        })
    }

    /// Returns whether it names another package URL: it may leave out version and qualifiers, but those that
    /// it has are equal. A registry of its own is part of the identity on both sides.
    pub(super) fn names(&self, other: &Self) -> bool {
        let same_package = self.kind == other.kind
            && self.namespace == other.namespace
            && self.name == other.name
            && self.qualifiers.get("repository_url") == other.qualifiers.get("repository_url");
        let same_version = self.version.as_ref().is_none_or(|version| {
            other.version.as_ref().is_some_and(|other| {
                other == version || other.trim_start_matches('v') == version.trim_start_matches('v')
            })
        });
        let mut identifying =
            self.qualifiers.iter().filter(|(key, _)| !NO_IDENTITY.contains(&key.as_str()));
        same_package
            && same_version
            && identifying.all(|(key, value)| other.qualifiers.get(key) == Some(value))
            && self.subpath.as_ref().is_none_or(|subpath| other.subpath.as_ref() == Some(subpath))
    }

    /// Returns whether it may be a package of which only the name is known, and maybe the version and whether
    /// it belongs to the operating system.
    pub(super) fn may_be(
        &self,
        name: &str,
        version: Option<&str>,
        of_system: Option<bool>,
    ) -> bool {
        let is_of_system = OF_SYSTEMS.contains(&self.kind.as_str());
        let same_name = if is_of_system || self.namespace.is_empty() {
            name == self.name
        } else {
            [':', '/'].iter().any(|sign| name == format!("{}{sign}{}", self.namespace, self.name))
        };
        same_name
            && !self.is_image()
            && of_system.is_none_or(|of_system| of_system == is_of_system)
            && !self.qualifiers.contains_key("repository_url")
            && is_same_version(self.version.as_deref(), version)
    }

    /// Returns whether it is the image of a name: registry and path, tag, and digest, as far as both state them.
    pub(super) fn is_asset(&self, base: &str, tag: Option<&str>, digest: Option<&str>) -> bool {
        let own_digest = self.version.as_deref().filter(|version| version.contains(':'));
        let own_tag = match self.kind.as_str() {
            "docker" | "generic" => {
                self.version.as_deref().filter(|version| !version.contains(':'))
            }
            _ => None,
        };
        let own_tag = self.qualifiers.get("tag").map(String::as_str).or(own_tag);
        let path = match self.namespace.as_str() {
            "" => self.name.clone(),
            namespace => format!("{namespace}/{}", self.name),
        };
        let registry = self.qualifiers.get("repository_url").map(String::as_str);
        let base = image_name(base);
        let same_name = match (self.kind.as_str(), registry) {
            ("oci", Some(registry)) => {
                base == image_name(registry) || base == image_name(&format!("{registry}/{path}"))
            }
            // The type does not determine the registry.
            ("oci", None) => base == image_name(&path) || base.ends_with(&format!("/{path}")),
            ("docker", Some(registry)) if registry != "hub.docker.com" => {
                base == image_name(&format!("{registry}/{path}"))
            }
            ("docker", _) => base == image_name(&path),
            ("generic", None) => self.namespace.is_empty() && base == image_name(&path),
            _ => false,
        };
        let same_digest = match (own_digest, digest) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        same_name && same_digest && is_same_version(own_tag, tag)
    }

    fn is_image(&self) -> bool {
        ["oci", "docker"].contains(&self.kind.as_str())
    }
}

impl fmt::Display for PackageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns whether two versions are one. A version that one side does not state is ignored.
pub(super) fn is_same_version(own: Option<&str>, other: Option<&str>) -> bool {
    match (own, other) {
        (Some(own), Some(other)) => own.trim_start_matches('v') == other.trim_start_matches('v'),
        _ => true,
    }
}

/// Returns the value of a qualifier in the form by which it is compared.
fn qualifier(key: &str, value: &str) -> String {
    let value = decode_percent(value);
    match key {
        "repository_url" => value
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned(),
        _ => value,
    }
}

/// Returns the fully qualified name of an image: `docker.io/library/alpine` of `alpine`.
fn image_name(name: &str) -> String {
    let name = name.strip_prefix("index.docker.io/").unwrap_or(name);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    match name.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// Decodes `%40` and the like.
fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PackageUrl {
        PackageUrl::parse(text).unwrap()
    }

    #[test]
    fn everything_that_a_package_url_says_is_its_identity() {
        let own = url("pkg:apk/alpine/zlib@1.2?arch=x86_64&distro=3.10.2");
        for (text, same) in [
            ("pkg:apk/alpine/zlib", true),
            ("pkg:apk/alpine/zlib@1.2", true),
            ("pkg:apk/alpine/zlib@1.2?arch=x86_64", true),
            ("pkg:apk/alpine/zlib@1.2?arch=x86_64&checksum=sha256:00", true),
            ("pkg:apk/alpine/zlib@1.2?arch=aarch64", false),
            ("pkg:apk/alpine/zlib@1.3", false),
            ("pkg:apk/wolfi/zlib@1.2", false),
            ("pkg:apk/zlib@1.2", false),
            ("pkg:deb/debian/zlib@1.2", false),
            ("pkg:npm/zlib@1.2", false),
            ("pkg:apk/alpine/zlib@1.2?repository_url=evil.io", false),
            ("pkg:apk/alpine/zlib@1.2#sub", false),
        ] {
            assert_eq!(url(text).names(&own), same, "{text}");
        }
        let scoped = url("pkg:npm/%40Scope/util@2.0");
        assert!(url("pkg:npm/@scope/util").names(&scoped) && !url("pkg:npm/util").names(&scoped));
        assert!(url("pkg:pypi/My_Package@1").names(&url("pkg:pypi/my-package@1")));
        let private = url("pkg:maven/com.acme/a@1?repository_url=https://repo.acme.com/");
        assert!(url("pkg:maven/com.acme/a@1?repository_url=repo.acme.com").names(&private));
        assert!(!url("pkg:maven/com.acme/a@1").names(&private));
        for text in ["zlib", "pkg:", "pkg:npm", "pkg:npm/", ""] {
            assert_eq!(PackageUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_image_is_known_by_registry_path_and_tag() {
        for (text, same) in [
            ("pkg:oci/app@sha256%3A00ff?repository_url=reg.io/team/app&tag=1.2", true),
            ("pkg:oci/app?repository_url=reg.io/team", true),
            ("pkg:oci/app?repository_url=evil.io/team/app", false),
            ("pkg:oci/app?tag=1.3", false),
            ("pkg:oci/app", true),
            ("pkg:oci/web", false),
            ("pkg:docker/team/app@1.2?repository_url=reg.io", true),
            // Docker's own registry.
            ("pkg:docker/team/app@1.2", false),
            ("pkg:npm/app@1.2", false),
        ] {
            assert_eq!(url(text).is_asset("reg.io/team/app", Some("1.2"), None), same, "{text}");
        }
        for text in ["pkg:docker/alpine@3.10", "pkg:docker/library/alpine", "pkg:oci/alpine"] {
            for base in ["alpine", "docker.io/library/alpine", "index.docker.io/library/alpine"] {
                assert!(url(text).is_asset(base, Some("3.10"), None), "{text} {base}");
            }
        }
        let digest = url("pkg:oci/app@sha256:00ff");
        assert!(digest.is_asset("app", None, Some("sha256:00ff")));
        assert!(!digest.is_asset("app", None, Some("sha256:11ff")));
        assert!(url("pkg:generic/app@1.2").is_asset("app", Some("1.2"), None));
    }
}
