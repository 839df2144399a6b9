//! Access to the page: the token of the first link, the cookie after it, and the addresses that a browser
//! names.
//!
//! A page of another site cannot get here: its name in `Host` is another one (DNS rebinding), its
//! address in `Origin` and `Sec-Fetch-Site` shows that it is another site (CSRF), and its requests do
//! not carry the cookie (`SameSite=Strict`).

/// Bytes of the token.
const TOKEN: usize = 32;

/// The secret and the address of a running page.
#[derive(Debug, Clone)]
pub(super) struct PageAccess {
    token: String,
    port: u16,
}

/// The headers of a request that decide on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Caller<'a> {
    pub(super) host: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    pub(super) fetch_site: Option<&'a str>,
    pub(super) cookie: Option<&'a str>,
    pub(super) authorization: Option<&'a str>,
    /// The token in the address, of the first link.
    pub(super) token: Option<&'a str>,
    /// Whether the request may change something.
    pub(super) changes: bool,
}

/// Decisions on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccessDecision {
    /// Everything.
    Allowed,
    /// The first link: it gets the cookie.
    Welcome,
    /// It named another host than this machine.
    WrongHost,
    /// Another site asked.
    WrongSite,
    /// It does not know the token.
    Unknown,
}

impl PageAccess {
    /// Makes a token from the random numbers of the system.
    pub(super) fn new(port: u16) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN];
        getrandom::fill(&mut bytes)?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { token, port })
    }

    /// The address of the page, with the token.
    pub(super) fn link(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.token)
    }

    /// The header that gives a browser its cookie. Cookies are shared by all ports of a host, so its
    /// name has the port.
    pub(super) fn cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name(), self.token)
    }

    fn cookie_name(&self) -> String {
        format!("poam-{}", self.port)
    }

    /// Decides on a request.
    pub(super) fn check(&self, caller: Caller<'_>) -> AccessDecision {
        if !caller.host.is_some_and(|host| self.is_here(host)) {
            return AccessDecision::WrongHost;
        }
        let own_origin =
            |origin: &str| origin.strip_prefix("http://").is_some_and(|host| self.is_here(host));
        if caller.origin.is_some_and(|origin| !own_origin(origin)) {
            return AccessDecision::WrongSite;
        }
        let is_known = self.has_cookie(caller.cookie) || self.has_bearer(caller.authorization);
        // A link in a mail or on a terminal leads to the first page; nothing else is reached from
        // another site.
        let from_elsewhere =
            caller.fetch_site.is_some_and(|site| !["same-origin", "none"].contains(&site));
        let is_link = caller.token.is_some_and(|token| self.is_token(token));
        if from_elsewhere && (caller.changes || !is_link) {
            return AccessDecision::WrongSite;
        }
        match (is_link && !caller.changes, is_known) {
            (true, _) => AccessDecision::Welcome,
            (false, true) => AccessDecision::Allowed,
            (false, false) => AccessDecision::Unknown,
        }
    }

    /// Returns whether a host is this machine by a name that nobody else can have.
    fn is_here(&self, host: &str) -> bool {
        let port = format!(":{}", self.port);
        let name = host.strip_suffix(&port).or((self.port == 80).then_some(host));
        name.is_some_and(|name| {
            ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| name.eq_ignore_ascii_case(own))
        })
    }

    fn has_cookie(&self, cookies: Option<&str>) -> bool {
        let name = self.cookie_name();
        let mut pairs = cookies.unwrap_or_default().split(';').filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        });
        pairs.any(|value| self.is_token(value))
    }

    fn has_bearer(&self, authorization: Option<&str>) -> bool {
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| self.is_token(token.trim()))
    }

    /// Compares in a time that does not depend on where the two differ.
    fn is_token(&self, text: &str) -> bool {
        let (own, given) = (self.token.as_bytes(), text.as_bytes());
        own.len() == given.len()
            && own.iter().zip(given).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> PageAccess {
        PageAccess { token: "0123456789abcdef".to_owned(), port: 8123 }
    }

    #[test]
    fn only_this_machine_under_its_own_names_is_the_host() {
        for (host, expected) in [
            ("127.0.0.1:8123", true),
            ("localhost:8123", true),
            ("LOCALHOST:8123", true),
            ("[::1]:8123", true),
            ("127.0.0.1", false),
            ("127.0.0.1:81230", false),
            ("127.0.0.1:80", false),
            ("evil.example:8123", false),
            ("localhost.evil.example:8123", false),
            ("evil.example#localhost:8123", false),
            ("127.0.0.1:8123.evil.example", false),
            ("127.0.0.2:8123", false),
            ("", false),
        ] {
            let cookie = Some("poam-8123=0123456789abcdef");
            let verdict = access().check(Caller { host: Some(host), cookie, ..Caller::default() });
            let wanted = if expected { AccessDecision::Allowed } else { AccessDecision::WrongHost };
            assert_eq!(verdict, wanted, "{host}");
        }
        assert_eq!(access().check(Caller::default()), AccessDecision::WrongHost, "no host");
    }

    #[test]
    fn other_sites_and_strangers_are_refused() {
        let cookie = Some("a=b; poam-8123=0123456789abcdef");
        let known = Caller { host: Some("127.0.0.1:8123"), cookie, ..Caller::default() };
        let change = Caller { changes: true, ..known };
        let here = Some("http://127.0.0.1:8123");
        for (caller, verdict) in [
            (known, AccessDecision::Allowed),
            (change, AccessDecision::Allowed),
            (Caller { origin: here, ..change }, AccessDecision::Allowed),
            (Caller { origin: Some("null"), ..change }, AccessDecision::WrongSite),
            (
                Caller { origin: Some("https://127.0.0.1:8123"), ..change },
                AccessDecision::WrongSite,
            ),
            (Caller { origin: Some("http://127.0.0.1:8124"), ..change }, AccessDecision::WrongSite),
            (Caller { origin: Some("http://evil.example"), ..known }, AccessDecision::WrongSite),
            (Caller { fetch_site: Some("cross-site"), ..change }, AccessDecision::WrongSite),
            (Caller { fetch_site: Some("same-site"), ..known }, AccessDecision::WrongSite),
            (Caller { fetch_site: Some("same-origin"), ..change }, AccessDecision::Allowed),
            (Caller { cookie: None, ..known }, AccessDecision::Unknown),
            (
                Caller { cookie: Some("poam-8123=0123456789abcdee"), ..known },
                AccessDecision::Unknown,
            ),
            (
                Caller { cookie: Some("poam-8124=0123456789abcdef"), ..known },
                AccessDecision::Unknown,
            ),
            (Caller { cookie: Some("poam-8123="), ..known }, AccessDecision::Unknown),
        ] {
            assert_eq!(access().check(caller), verdict, "{caller:?}");
        }
        let bearer = Some("Bearer 0123456789abcdef");
        let program = Caller { cookie: None, authorization: bearer, ..change };
        assert_eq!(access().check(program), AccessDecision::Allowed);
        let wrong = Caller { authorization: Some("Bearer 0123"), ..program };
        assert_eq!(access().check(wrong), AccessDecision::Unknown);
    }

    #[test]
    fn the_first_link_gets_the_cookie_from_wherever_it_is_opened() {
        let link = Caller {
            host: Some("127.0.0.1:8123"),
            token: Some("0123456789abcdef"),
            fetch_site: Some("cross-site"),
            ..Caller::default()
        };
        assert_eq!(access().check(link), AccessDecision::Welcome);
        assert_eq!(access().check(Caller { changes: true, ..link }), AccessDecision::WrongSite);
        assert_eq!(access().check(Caller { token: Some("0"), ..link }), AccessDecision::WrongSite);
        let typed = Caller { token: Some("0"), fetch_site: None, ..link };
        assert_eq!(access().check(typed), AccessDecision::Unknown);
    }
}
