//! Which names and mail addresses represent the same person.
//!
//! An item names people manually, git by name and mail address. `.mailmap` and the `people:` of the
//! settings state which belong together; names that look alike are the same name.

mod owner;
mod owner_words;

pub(crate) use owner::{Owner, person_in, why_no_person};

use std::collections::BTreeSet;

use crate::history::Actor;
use crate::model::{Person, normalize_look, without_invisible};
use crate::nearest::nearest;

/// Directory of people: their names and addresses, and the author of the current change.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Names and addresses of one person each.
    aliases: Vec<PersonIdentity>,
    /// Person who would commit what is not committed yet, where known.
    pub author: Option<Actor>,
}

/// Finds a person of a list by a name or an address that somebody typed. Letters may be of another case where only
/// one person is meant then.
pub fn find_listed<'a>(people: &'a [Person], typed: &str) -> Option<&'a Person> {
    if let Some(person) = people.iter().find(|person| person.name == typed) {
        return Some(person);
    }
    let typed = typed.trim();
    let mut meant = people.iter().filter(|person| {
        let written = [Some(person.name.as_str()), person.email.as_deref()];
        written.into_iter().flatten().any(|text| normalize_look(text) == normalize_look(typed))
    });
    meant.next().filter(|_| meant.next().is_none())
}

/// Returns the person of a list whom a typed name or address means, with all that the list has of him; else a person
/// of that name.
pub fn person_or_named(people: &[Person], typed: String) -> Person {
    find_listed(people, &typed).cloned().unwrap_or_else(|| Person::named(typed))
}

/// Finds the person of a list whom somebody with this name and address probably is: by the whole name, or by a name of at
/// least three letters in the account's name (`rpatel` for `Raj Patel`).
pub fn suggest_listed<'a>(people: &'a [Person], actor: &Actor) -> Option<&'a Person> {
    let near = nearest(&actor.name, people.iter().map(|person| person.name.as_str()));
    if let Some(name) = near {
        return people.iter().find(|person| person.name == name);
    }
    let local = actor.email.split('@').next().unwrap_or_default();
    let accounts = [name_skeleton(&actor.name), name_skeleton(local)];
    let mut meant = people.iter().filter(|person| {
        let last = person.name.split_whitespace().last().map(name_skeleton).unwrap_or_default();
        last.chars().count() > 2 && accounts.iter().any(|account| account.contains(&last))
    });
    // One person may stand in the list with an address and without.
    meant.next().filter(|person| meant.all(|other| other.name == person.name))
}

/// The names and the addresses under which one person appears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PersonIdentity {
    names: BTreeSet<String>,
    mails: BTreeSet<String>,
}

impl People {
    /// Collects the names and addresses of mail maps and of the people of the settings.
    pub fn new<'a>(
        mailmaps: impl IntoIterator<Item = &'a str>,
        people: &[Person],
        author: Option<Actor>,
    ) -> Self {
        let mut aliases: Vec<PersonIdentity> = mailmaps
            .into_iter()
            .flat_map(str::lines)
            .filter_map(PersonIdentity::of_mailmap)
            .collect();
        aliases.extend(people.iter().map(PersonIdentity::of_person));
        Self { aliases, author }
    }

    /// Returns whether a person that an item names is somebody that git knows.
    pub fn is_actor(&self, person: &Person, actor: &Actor) -> bool {
        self.complete_identity(PersonIdentity::of_person(person))
            .shares_identity(&self.complete_identity(PersonIdentity::of_actor(actor)))
    }

    /// Returns whether a person that an item names is one of two authors of git's that share an
    /// address: the person signs as one of them, and the address shows that the other is equal.
    pub fn is_actor_through(&self, person: &Person, through: &Actor, actor: &Actor) -> bool {
        self.is_actor(person, actor)
            || (self.is_actor(person, through)
                && self
                    .complete_identity(PersonIdentity::of_actor(through))
                    .shares_identity(&self.complete_identity(PersonIdentity::of_actor(actor))))
    }

    /// Returns whether two entries of items name one person.
    pub fn is_same(&self, one: &Person, other: &Person) -> bool {
        self.complete_identity(PersonIdentity::of_person(one))
            .shares_identity(&self.complete_identity(PersonIdentity::of_person(other)))
    }

    /// Returns whether two entries of items name one person in full, with a role beside the name or not. Initials
    /// are no full name: `Jane Q` may be somebody else than `Jane Quill`.
    pub fn have_one_name(one: &Person, other: &Person) -> bool {
        let names = |person| PersonIdentity::of_person(person).names;
        let (names, others) = (names(one), names(other));
        names.iter().any(|name| others.contains(name))
    }

    /// Returns an identity with all that belongs to it.
    fn complete_identity(&self, mut identity: PersonIdentity) -> PersonIdentity {
        let mut left: Vec<&PersonIdentity> = self.aliases.iter().collect();
        loop {
            let (met, rest): (Vec<&PersonIdentity>, Vec<&PersonIdentity>) =
                left.into_iter().partition(|alias| identity.shares_identity(alias));
            if met.is_empty() {
                return identity;
            }
            for alias in met {
                identity.names.extend(alias.names.iter().cloned());
                identity.mails.extend(alias.mails.iter().cloned());
            }
            left = rest;
        }
    }
}

impl PersonIdentity {
    fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        mails: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let names = names.into_iter().map(name_skeleton).filter(|name| !name.is_empty()).collect();
        let mails =
            mails.into_iter().map(normalize_mail).filter(|mail| is_of_a_person(mail)).collect();
        Self { names, mails }
    }

    fn of_person(person: &Person) -> Self {
        // A person may be named by the address alone, or with it.
        let written = person.name.split(|c: char| c.is_whitespace() || "<>()[],;/".contains(c));
        let mails = person.email.as_deref().into_iter().chain(written);
        let names = list_names(&person.name);
        Self::new(names.iter().map(String::as_str), mails.filter(|text| text.contains('@')))
    }

    fn of_actor(actor: &Actor) -> Self {
        Self::new([actor.name.as_str()], [actor.email.as_str()])
    }

    /// Creates a line of a mail map: `Name <mail>`, `<mail> <commit mail>`, `Name <mail> <commit
    /// mail>` or `Name <mail> Commit Name <commit mail>`.
    fn of_mailmap(line: &str) -> Option<Self> {
        let line = line.split_once('#').map_or(line, |(line, _)| line);
        let mut names = Vec::new();
        let mut mails = Vec::new();
        let mut rest = line;
        while let Some((name, after)) = rest.split_once('<') {
            let (mail, after) = after.split_once('>')?;
            names.push(name);
            mails.push(mail);
            rest = after;
        }
        (!mails.is_empty()).then(|| Self::new(names, mails))
    }

    /// Returns whether both have an address or a name in common.
    fn shares_identity(&self, other: &Self) -> bool {
        !self.mails.is_disjoint(&other.mails)
            || self.names.iter().any(|one| other.names.iter().any(|two| are_alike(one, two)))
    }
}

/// Returns whether an address is that of a person: services share theirs.
fn is_of_a_person(mail: &str) -> bool {
    let local = mail.split('@').next().unwrap_or_default();
    !local.is_empty() && !matches!(local, "noreply" | "no-reply" | "donotreply")
}

/// Returns an address by its looks. Digits stay what they are: there are `jane1` and `jane2`.
fn normalize_mail(text: &str) -> String {
    normalize_look(text).chars().map(char_skeleton).collect()
}

fn char_skeleton(c: char) -> String {
    if c.is_ascii() { c.to_string() } else { text_skeleton(&c.to_string()) }
}

/// Lists the names in what somebody wrote for a person: without a role (`Casey Ortiz (AO)`, `AO: Casey Ortiz`,
/// `Casey Ortiz, AO`, `Casey Ortiz - AO`) or an address behind it, each of several (`Casey Ortiz / Sam Roe`).
fn list_names(written: &str) -> Vec<String> {
    let mut names = vec![written.to_owned()];
    let mut bare = String::new();
    let mut depth = 0_usize;
    for c in written.chars() {
        match c {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let is_name = |text: &str| text.split_whitespace().count() > 1 && !text.contains('@');
    for dash in [" - ", " \u{2013} ", " \u{2014} "] {
        bare = bare.replace(dash, " / ");
    }
    for part in bare.split(['/', ';', ':', '&', '|']).flat_map(|part| part.split(" and ")) {
        // Of `Ortiz, Casey` neither side is a name by itself.
        let sides = part.split(',').filter(|side| part.contains(',') && is_name(side));
        names.extend(sides.chain([part]).filter(|text| is_name(text)).map(str::to_owned));
    }
    names
}

/// Returns whether two names, in the form of [`name_skeleton`], are one: equal words, or equal but for
/// the initials that only one of them gives, or that one of them gives for a word of the other.
fn are_alike(one: &str, other: &str) -> bool {
    fn bare_name(name: &str) -> Option<String> {
        let words: Vec<&str> = name.split(' ').filter(|word| word.chars().count() > 1).collect();
        (words.len() > 1).then(|| words.join(" "))
    }
    one == other
        || bare_name(one).is_some_and(|bare| bare == other)
        || bare_name(other).as_deref() == Some(one)
        || abbreviates(one, other)
        || abbreviates(other, one)
}

/// Returns whether a name is another one with initials for some of its words, as in `C. Ortiz`.
fn abbreviates(short: &str, long: &str) -> bool {
    let (initials, words): (Vec<&str>, Vec<&str>) =
        short.split(' ').partition(|word| word.chars().count() == 1);
    let mut left: Vec<&str> = long.split(' ').collect();
    for word in &words {
        let Some(place) = left.iter().position(|other| other == word) else { return false };
        left.remove(place);
    }
    for initial in &initials {
        let is_meant = |other: &&str| other.chars().count() > 1 && other.starts_with(*initial);
        let Some(place) = left.iter().position(is_meant) else { return false };
        left.remove(place);
    }
    !words.is_empty() && !initials.is_empty() && left.is_empty()
}

/// Returns a name by its looks: letters that look alike are one, without accents, titles and order.
fn name_skeleton(name: &str) -> String {
    const TITLES: [&str; 9] = ["dr", "mr", "mrs", "ms", "prof", "jr", "sr", "phd", "ing"];
    let lower = without_invisible(name).to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || is_mark(c)));
    let words = words.filter(|word| !word.is_empty() && !TITLES.contains(word));
    let mut words: Vec<String> = words.map(text_skeleton).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// Returns whether a character is an accent that is written after its letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Returns a lower-case text by its looks.
fn text_skeleton(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_mark(*c)) {
        match LOOKS.iter().find(|(_, like)| like.contains(c)) {
            Some((letter, _)) => seen.push_str(letter),
            None => match u32::from(c) {
                // Full-width forms.
                code @ 0xff01..=0xff5e => {
                    seen.extend(
                        char::from_u32(code - 0xfee0).into_iter().flat_map(char::to_lowercase),
                    );
                }
                _ => seen.push(c),
            },
        }
    }
    // Adjacent letters can look like one letter.
    seen.replace("rn", "m").replace("vv", "w")
}

/// Letters and what looks like them, or is them with an accent.
const LOOKS: [(&str, &str); 28] = [
    ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặаα@"),
    ("ae", "æ"),
    ("b", "ЬьƅƀḃЬв"),
    ("c", "çćĉċčсϲ"),
    ("d", "ďđḍԁð"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệеєё"),
    ("f", "ƒ"),
    ("g", "ĝğġģǧɡ"),
    ("h", "ĥħḥһн"),
    ("l", "iìíîïĩīĭįıǐịỉіїιlĺļľŀł1|ӏ"),
    ("j", "ĵјϳ"),
    ("k", "ķĸκк"),
    ("m", "м"),
    ("n", "ñńņňŉŋṅṇп"),
    ("o", "òóôõöøōŏőơǒọỏốồổỗộớờởỡợоοσ0"),
    ("oe", "œ"),
    ("p", "рρ"),
    ("q", "ԛ"),
    ("r", "ŕŗřṛг"),
    ("s", "śŝşšșѕṣ5"),
    ("ss", "ß"),
    ("t", "ţťŧțτтṭ"),
    ("u", "ùúûüũūŭůűųưǔụủứừửữựυ"),
    ("v", "νѵ"),
    ("w", "ŵԝω"),
    ("x", "хχ"),
    ("y", "ýÿŷỳỵỷỹуγү"),
    ("z", "źżžẓ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: &str, email: &str) -> Actor {
        Actor { name: name.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn names_that_look_alike_are_one() {
        let people = People::default();
        let ana = actor("Ana Ruiz", "ana@example.com");
        for name in [
            "Ana Ruiz",
            "ana  RUIZ",
            "Ruiz, Ana",
            "Dr. Ana Ruiz",
            "Ana M. Ruiz",
            "Ána Rúiz",
            "A\u{301}na Ruiz",
            "\u{410}na Ruiz",
            "An\u{430} Ru\u{456}z",
            "Ana Ru1z",
            "Ana Rulz",
            "\u{ff21}na Ruiz",
            "Ana\u{200b} Ruiz",
            "ana@example.com",
        ] {
            assert!(people.is_actor(&Person::named(name), &ana), "{name}");
        }
        for name in ["Ana Ruz", "Sam Roe", "Ana", "Ana Maria Ruiz", ""] {
            assert!(!people.is_actor(&Person::named(name), &ana), "{name}");
        }
        let other = actor("Ana M. Ruiz", "x@example.com");
        assert!(!people.is_actor(&Person::named("Ana B. Ruiz"), &other), "other initials");
        let chinese = actor("\u{674e}\u{96f7}", "l@example.com");
        assert!(!people.is_actor(&Person::named("\u{97e9}\u{6885}\u{6885}"), &chinese));
    }

    #[test]
    fn a_typed_name_or_address_finds_one_person_of_the_list() {
        let person = |name: &str, email: Option<&str>| Person {
            email: email.map(str::to_owned),
            ..Person::named(name)
        };
        let people = [
            person("Mia Chen", Some("mia.chen@example.com")),
            person("Raj Patel", Some("raj@example.com")),
            person("Ann Lee", Some("team@example.com")),
            person("Ann Ley", Some("team@example.com")),
        ];
        let found = |typed: &str| find_listed(&people, typed).map(|person| person.name.as_str());
        for (typed, name) in [
            ("Mia Chen", Some("Mia Chen")),
            ("mia.chen@example.com", Some("Mia Chen")),
            ("MIA CHEN", Some("Mia Chen")),
            (" raj@example.com ", Some("Raj Patel")),
            // Two people read this address.
            ("team@example.com", None),
            ("mia.chen@example.org", None),
            ("Mia", None),
            ("", None),
        ] {
            assert_eq!(found(typed), name, "{typed}");
        }
        let suggested = |name: &str, mail: &str| {
            suggest_listed(&people, &actor(name, mail)).map(|person| person.name.as_str())
        };
        assert_eq!(suggested("rpatel", "raj@corp.example"), Some("Raj Patel"));
        assert_eq!(suggested("Mia Chem", "x@corp.example"), Some("Mia Chen"));
        assert_eq!(suggested("builder", "chen.m@corp.example"), Some("Mia Chen"));
        assert_eq!(suggested("Jo Doe", "jo@corp.example"), None);
    }

    #[test]
    fn roles_addresses_and_initials_do_not_make_another_person() {
        let people = People::default();
        let casey = actor("Casey Ortiz", "casey@example.com");
        for name in [
            "Casey Ortiz (AO)",
            "Casey Ortiz, AO",
            "Casey Ortiz - AO",
            "Casey Ortiz \u{2013} Authorizing Official",
            "AO: Casey Ortiz",
            "Casey Ortiz <casey.ortiz@example.org>",
            "Casey Ortiz / Casey Ortiz",
            "Sam Roe and Casey Ortiz",
            "Ortiz, Casey (AO)",
            "C. Ortiz",
            "Ortiz, C.",
            "AO <casey@example.com>",
        ] {
            assert!(people.is_actor(&Person::named(name), &casey), "{name}");
        }
        for name in [
            "Dana Lee (AO)",
            "Dana Lee, for Casey",
            "D. Ortiz",
            "C. Lee",
            "Dana Lee (deputy of Casey Ortiz)",
            "Casey Ortiz-Lee",
            "Authorizing Official",
        ] {
            assert!(!people.is_actor(&Person::named(name), &casey), "{name}");
        }
    }

    #[test]
    fn a_mail_map_and_the_settings_say_who_has_two_names() {
        let map = "# people\nAna Ruiz <ana@example.com> <ana.old@example.com>\n\
            Ana Ruiz <ana@example.com> aruiz <aruiz@host.local> # laptop\n\
            <sam@example.com> <sroe@example.com>\n";
        let listed = Person { email: Some("ana@example.com".into()), ..Person::named("Anita R") };
        let people = People::new([map], &[listed], None);
        for name in ["aruiz", "ana.old@example.com", "Anita R", "Ana Ruiz"] {
            let old = actor("somebody", "ana.old@example.com");
            assert!(people.is_actor(&Person::named(name), &old), "{name}");
        }
        let sam = actor("Sam Roe", "sroe@example.com");
        let by_mail = Person { email: Some("Sam@example.com".into()), ..Person::named("S") };
        assert!(people.is_actor(&by_mail, &sam));
        assert!(!people.is_actor(&Person::named("aruiz"), &sam));
        let service = actor("GitHub", "noreply@github.com");
        assert!(!people.is_actor(
            &Person { email: Some("noreply@github.com".into()), ..Person::named("Bot") },
            &service
        ));
    }

    #[test]
    fn one_address_of_two_authors_is_one_person() {
        let people = People::default();
        let (then, now) = (actor("Ana Ruiz", "ana@example.com"), actor("A. R.", "ana@example.com"));
        let approver = Person::named("A. R.");
        assert!(people.is_actor_through(&approver, &now, &then));
        assert!(!people.is_actor_through(&Person::named("Sam Roe"), &now, &then));
    }
}
