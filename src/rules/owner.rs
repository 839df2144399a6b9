use super::words::Words;
use crate::model::without_invisible;

/// What the name of an owner stands for.
///
/// Words, not guesses: a name is taken for a person's unless all of it is made of words that name
/// groups, roles or nobody. People with one name, and names from any culture, pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A person, perhaps with a role or a company beside.
    Person,
    /// Nobody yet.
    Placeholder,
    /// Several people.
    Group,
    /// A function that some person has.
    Role,
}

/// Stand for nobody.
static NOBODY: Words = Words::of(
    "tbd, tba, tbc, todo, na, none, null, unknown, unassigned, undefined, unspecified, \
     undetermined, anonymous, nobody, noone, someone, somebody, anyone, anybody, everyone, \
     everybody, placeholder, pending, test, xx, xxx, name, person, user, assignee, to be \
     determined, to be assigned, to be announced, to be confirmed, to be decided, not assigned, \
     not applicable, not available, not known, no one, no owner, first last, firstname lastname, \
     your name, full name",
);

/// Name several people, or the part of a house that they work in.
static GROUPS: Words = Words::of(
    "it, ict, security, infosec, itsec, cybersecurity, cyber, network, networks, networking, \
     infrastructure, infra, platform, database, databases, dbas, devops, devsecops, secops, \
     netops, sysops, itops, finops, mlops, sre, sres, ops, operations, engineering, engineers, \
     development, developers, devs, qa, soc, noc, csirt, cirt, cert, psirt, helpdesk, \
     servicedesk, support, compliance, grc, audit, legal, hr, finance, procurement, facilities, \
     marketing, management, leadership, team, teams, group, groups, department, departments, \
     dept, division, office, squad, staff, admins, administrators, sysadmins, operators, \
     operator, analysts, architects, managers, owners, vendor, vendors, contractors, csp, csps, \
     provider, msp, mssp, 3pao, c3pao, it-security",
);

/// Name a function.
static ROLES: Words = Words::of(
    "isso, issm, isse, ciso, cio, cto, cso, ceo, coo, cfo, dpo, sysadmin, admin, administrator, \
     owner, manager, director, officer, engineer, analyst, architect, developer, coordinator, \
     specialist, technician, lead, dba, pm, ao, assessor, auditor, poc, root, webmaster, \
     postmaster",
);

/// Say which group or role it is; alone they say nothing, and some are people's names.
static WITH: Words = Words::of(
    "the, a, of, and, for, our, your, all, to, be, system, systems, information, technology, \
     technical, chief, senior, junior, deputy, vice, head, president, executive, principal, \
     staff, business, product, project, program, programme, service, services, application, \
     applications, app, apps, web, data, cloud, software, hardware, server, servers, endpoint, \
     desktop, workstation, client, mobile, identity, access, risk, incident, response, threat, \
     vulnerability, patch, patching, change, configuration, asset, internal, external, corporate, \
     enterprise, central, global, local, regional, line, authorizing, official, control, process, \
     site, reliability, quality, assurance, help, desk, user, customer, privacy, governance, dev, \
     eng, sys, sec, net, windows, linux, unix, aws, azure, gcp, kubernetes, contact, point",
);

/// Last words that make a group of whatever stands before them: `MSS Operator`, `Apollo Team`,
/// `Example Corp`. None of them is a family name of any frequency.
static HEADS: Words = Words::of(
    "team, teams, group, department, dept, division, squad, operator, operators, operations, ops, \
     engineering, admins, administrators, helpdesk, inc, llc, ltd, corp, corporation, gmbh, plc, \
     committee",
);

impl Owner {
    /// What a name stands for.
    pub(super) fn of(name: &str) -> Self {
        // What nobody sees makes no name of a word.
        let name = without_invisible(name);
        let name = name.as_str();
        let words_of_all = words(name);
        let joined = words_of_all.join(" ");
        let bare: String = joined.chars().filter(|c| *c != ' ').collect();
        // "Na" is a name; "NA", "n/a" and "N.A." are not.
        if name.trim() == "Na" {
            return Self::Person;
        }
        if bare.is_empty() || NOBODY.has(&joined) || NOBODY.has(&bare) {
            return Self::Placeholder;
        }
        if let Some((local, _)) = name.trim().split_once('@').filter(|_| !name.contains(' ')) {
            // An address of a person says who it is; one of a list does not.
            return match Self::of_words(&words(local)) {
                Self::Role | Self::Placeholder => Self::Group,
                other => other,
            };
        }
        // A person beside a role or a company: one part that is a person's name is enough.
        let whole = Self::of_words(&words_of_all);
        let parts = match parts(name).as_slice() {
            // A name of one part has the same words, whatever stands around it.
            [_] => return whole,
            parts => parts.iter().map(|part| Self::of_words(&words(part))).collect::<Vec<_>>(),
        };
        match (parts.contains(&Self::Person), parts.first()) {
            (true, _) => Self::Person,
            (false, Some(first)) if whole == Self::Person => *first,
            _ => whole,
        }
    }

    fn of_words(words: &[String]) -> Self {
        let last = words.last().map(String::as_str).unwrap_or_default();
        let all =
            |lists: &[&Words]| words.iter().all(|word| lists.iter().any(|list| list.has(word)));
        let any = |list: &Words| words.iter().any(|word| list.has(word));
        if all(&[&NOBODY]) || NOBODY.has(&words.join(" ")) {
            Self::Placeholder
        } else if words.len() > 1 && HEADS.has(last) {
            Self::Group
        } else if all(&[&GROUPS, &ROLES, &WITH]) && (any(&GROUPS) || any(&ROLES)) {
            if ROLES.has(last) { Self::Role } else { Self::Group }
        } else {
            Self::Person
        }
    }
}

/// The words of a name in lower case; numbers alone are none.
fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '\u{2019}'))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(str::to_lowercase)
        .collect()
}

/// The parts of a name that stand side by side: `Jane Doe (ISSO)`, `Jane Doe - Example`, `A, B`.
fn parts(name: &str) -> Vec<&str> {
    let dashes = [" - ", " \u{2013} ", " \u{2014} "];
    let mut parts = vec![name];
    for dash in dashes {
        parts = parts.into_iter().flat_map(|part| part.split(dash)).collect();
    }
    parts
        .into_iter()
        .flat_map(|part| part.split(['(', ')', '[', ']', '<', '>', ',', ';', ':', '/', '|']))
        .filter(|part| part.chars().any(char::is_alphabetic))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Owner::{self, Group, Person, Placeholder, Role};

    #[test]
    fn what_names_stand_for() {
        for (expected, names) in [
            (
                Placeholder,
                &[
                    "TBD",
                    "tbd.",
                    "N/A",
                    "n/a",
                    "NA",
                    "None",
                    "unknown",
                    "To be determined",
                    "-",
                    "???",
                    "TBD - TBD",
                    "Unassigned",
                    "[name]",
                    "null",
                    "T\u{200b}BD\u{feff}",
                ][..],
            ),
            (
                Group,
                &[
                    "IT",
                    "IT Security",
                    "Security Team",
                    "Network team",
                    "DevOps",
                    "MSS Operator",
                    "SRE",
                    "Cloud Operations",
                    "The IT Department",
                    "Team 1",
                    "Apollo Team",
                    "security@example.com",
                    "isso@example.com",
                    "no-one@example.com",
                    "Example Corp.",
                    "IT / Security",
                    "Security (Operations)",
                    "SOC",
                    "Network Engineers",
                    "Infrastructure",
                    "System Administrators",
                    "Engineering",
                    "Help Desk Support",
                ],
            ),
            (
                Role,
                &[
                    "ISSO",
                    "CISO",
                    "System Owner",
                    "admin",
                    "owner",
                    "Information Security Officer",
                    "Chief Information Officer",
                    "Security Engineer",
                    "System Owner (ISSO)",
                    "DBA",
                ],
            ),
            (
                Person,
                &[
                    "John Doe",
                    "John Doe -  Example CSP",
                    "Jane Doe (System Owner)",
                    "Smith",
                    "Doe, Jane",
                    "ISSO: Jane Doe",
                    "Security Team (Jane Doe)",
                    "Jane Doe / ISSO",
                    "Suharto",
                    "Nguy\u{1ec5}n V\u{103}n An",
                    "\u{738b}\u{5c0f}\u{660e}",
                    "\u{5c71}\u{7530} \u{592a}\u{90ce}",
                    "\u{410}\u{43d}\u{43d}\u{430} \
                    \u{418}\u{432}\u{430}\u{43d}\u{43e}\u{432}\u{430}",
                    "Dev Patel",
                    "Dev",
                    "Li Na",
                    "Na",
                    "Joe Root",
                    "Christopher Null",
                    "O'Brien",
                    "Jean-Luc Picard",
                    "M. Bison",
                    "jane.doe@example.com",
                    "Sunil Engineer",
                    "Nari Contractor",
                    "Cloud",
                    "Head",
                    "Bj\u{f6}rk",
                    "\u{d64d}\u{ae38}\u{b3d9}",
                    "Madonna",
                    "Anna Support",
                    "Will Test",
                    "U Thant",
                    "Art Office",
                    "Mark Product",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(Owner::of(name), expected, "{name:?}");
            }
        }
    }
}
