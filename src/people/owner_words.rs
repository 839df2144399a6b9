//! The words of names that are no person's, by what they represent.
//!
//! A word is in its singular where it has one. None of them is a family or given name of any
//! frequency, except in [`WITH`], whose words alone make no group.

use crate::text::Words;

/// Stand for nobody.
pub(super) static NOBODY: Words = Words::new(
    "tbd, tba, tbc, todo, na, none, null, nil, unknown, unassigned, undefined, unspecified, \
     undetermined, anonymous, nobody, noone, someone, somebody, anyone, anybody, everyone, \
     everybody, placeholder, pending, test, tester, testing, sample, example, dummy, demo, xx, xxx, \
     name, person, human, user, assignee, assign, needed, required, specified, completed, signed, filled, whoever, various, varies, multiple, several, many, \
     all, any, each, both, other, others, vacant, open, blank, empty, missing, ditto, same, tbh, \
     automated, automation, auto, bot, self, me, myself, us, we, they, them, you, to be \
     determined, to be assigned, to be announced, to be confirmed, to be decided, to be hired, not \
     assigned, not specified, not named, not set, not applicable, not available, not known, no one, no owner, first last, firstname \
     lastname, first name last name, your name, full name, name surname, see above, see below, see \
     comments, see notes, same as above, as above, as assigned, as required, as needed, new hire, \
     open position, open role, to be named, john doe, john q public, joe bloggs, fred bloggs, max \
     mustermann, erika mustermann, foo bar, niemand, unbekannt, offen, inconnu, personne, nadie, \
     desconocido, ninguém, ninguem, nessuno, sconosciuto, onbekend, \u{5f85}\u{5b9a}, \
     \u{672a}\u{5b9a}, \u{672a}\u{5206}\u{914d}, \u{306a}\u{3057}, \u{672a}\u{5272}\u{5f53}, \
     \u{bbf8}\u{c815}",
);

/// Say that nobody is named yet, whatever role or group is beside.
pub(super) static OPEN: Words = Words::new(
    "tbd, tba, tbc, todo, unassigned, vacant, unknown, undetermined, unspecified, placeholder",
);

/// Name several people, or the part of a house that they work in.
pub(super) static GROUPS: Words = Words::new(
    "it, ict, contracting, ccb, cab, qc, backend, frontend, fullstack, devsec, security, infosec, itsec, cybersecurity, cyber, appsec, netsec, cloudsec, network, \
     networking, infrastructure, infra, eng, platform, database, dba, devops, devsecops, secops, netops, \
     sysops, itops, finops, mlops, dataops, cloudops, sre, ops, operation, engineering, engineer, \
     development, developer, qa, soc, noc, csirt, cirt, cert, psirt, helpdesk, servicedesk, \
     desk, support, compliance, grc, irm, vrm, audit, legal, hr, finance, procurement, \
     purchasing, facility, marketing, management, leadership, team, group, department, \
     dept, division, unit, office, squad, tribe, guild, crew, staff, personnel, workforce, employee, \
     admin, administrator, sysadmin, operator, analyst, architect, manager, owner, vendor, \
     supplier, contractor, subcontractor, consultant, csp, isp, provider, msp, mssp, 3pao, c3pao, \
     it-security, pmo, cmo, cbo, product, distribution, mgmt, success, body, organization, organisation, org, company, corporation, enterprise, \
     agency, bureau, ministry, directorate, committee, council, board, forum, commission, taskforce, \
     working group, customer, client, tenant, stakeholder, partner, third party, everyone, human \
     resources, communications, corporate communications, public relations, accounting, payroll, \
     treasury, sales, logistics, manufacturing, production, warehouse, maintenance, research, \
     r&d, governance, privacy, risk management, records management, assurance, analytics, \
     training, recruiting, recruitment, custodian, steward, requester, requestor, reviewer, \
     approver, assessor, auditor, maintainer, contributor, member, abteilung, bereich, referat, \
     mannschaft, betrieb, einkauf, personalabteilung, revision, dienstleister, lieferant, hersteller, \
     \u{e9}quipe, equipe, service informatique, direction, informatique, fournisseur, prestataire, \
     equipo, departamento, direcci\u{f3}n, proveedor, soporte, sistemas, seguridad, gerencia, \
     time de, setor, suporte, fornecedor, seguran\u{e7}a, squadra, ufficio, reparto, sicurezza, \
     fornitore, afdeling, beheer, leverancier, beveiliging, zesp\u{f3}\u{142}, dzia\u{142}, dostawca, \
     \u{43e}\u{442}\u{434}\u{435}\u{43b}, \u{43a}\u{43e}\u{43c}\u{430}\u{43d}\u{434}\u{430}",
);

/// Name a function.
pub(super) static ROLES: Words = Words::new(
    "integrator, coordinator, clerk, dispatcher, receptionist, superintendent, treasurer, bookkeeper, inspector, scientist, researcher, technologist, superuser, advisor, adviser, isso, issm, isse, iso, ciso, cio, cto, cso, ceo, coo, cfo, cro, cpo, cdo, cco, dpo, sysadmin, \
     admin, administrator, owner, manager, director, officer, engineer, analyst, architect, developer, \
     coordinator, specialist, technician, lead, leader, dba, pm, po, ao, sme, fso, assessor, auditor, \
     poc, root, webmaster, postmaster, supervisor, executive, president, vp, svp, evp, avp, chair, \
     chairman, chairperson, secretary, counsel, attorney, controller, comptroller, accountant, \
     custodian, steward, approver, reviewer, requester, requestor, maintainer, sponsor, delegate, \
     designee, official, representative, rep, liaison, trainer, instructor, \
     planner, scheduler, programmer, tester, operator, commander, captain, principal, \
     leiter, leiterin, beauftragter, beauftragte, verantwortlicher, verantwortliche, administratorin, \
     gesch\u{e4}ftsf\u{fc}hrer, responsable, jefe, gerente, encargado, administrador, respons\u{e1}vel, \
     gestor, responsabile, amministratore, beheerder, verantwoordelijke, rssi, dsi, \
     kierownik, \u{440}\u{443}\u{43a}\u{43e}\u{432}\u{43e}\u{434}\u{438}\u{442}\u{435}\u{43b}\u{44c}, \
     \u{430}\u{434}\u{43c}\u{438}\u{43d}\u{438}\u{441}\u{442}\u{440}\u{430}\u{442}\u{43e}\u{440}",
);

/// Say which group or role it is; alone they state nothing, and some are people's names.
pub(super) static WITH: Words = Words::new(
    "firewall, router, proxy, vpn, siem, edr, waf, dns, dhcp, email, mail, messaging, wireless, wifi, voip, telecom, \
     virtualization, hypervisor, printer, print, payroll, mechanical, electrical, civil, facilities, headquarters, managing, \
     deployment, independent, store, shop, branch, source, migration, simulation, planning, the, a, of, and, or, for, our, your, my, all, to, be, in, on, at, by, with, from, per, via, each, \
     any, other, new, current, former, acting, interim, assistant, associate, assigned, designated, \
     responsible, relevant, appropriate, respective, primary, secondary, backup, alternate, overall, \
     system, information, technology, technical, chief, senior, junior, sr, jr, deputy, vice, head, \
     president, executive, principal, staff, business, product, project, program, programme, \
     portfolio, service, application, app, web, site, data, cloud, software, hardware, server, \
     endpoint, desktop, workstation, device, mobile, mainframe, storage, backup, client, identity, \
     access, iam, pam, ad, active, directory, risk, incident, response, threat, intel, intelligence, \
     vulnerability, vuln, patch, patching, change, configuration, config, release, problem, asset, \
     internal, external, corporate, enterprise, central, global, local, regional, national, federal, \
     state, federated, line, front, back, middle, red, blue, purple, tier, level, core, common, \
     shared, authorizing, authorising, control, process, method, quality, assurance, help, \
     customer, privacy, protection, governance, regulatory, legal, contract, policy, standard, \
     dev, eng, sys, sec, net, tech, admin, windows, linux, unix, aws, azure, gcp, kubernetes, \
     contact, point, general, resource, human, people, talent, culture, facility, safety, health, \
     environment, physical, plant, fleet, supply, chain, vendor, third, party, business, continuity, \
     disaster, recovery, bc, dr, ir, ai, ap, ar, vm, tprm, certifying, issuing, only, budget, knowledge, mgmt, ml, model, ethics, architecture, design, delivery, \
     integration, tool, tooling, monitoring, detection, watch, floor, center, centre, hub, lab, \
     development, production, operational, record, document, knowledge, content, digital, \
     communication, public, investor, relation, investment, credit, claim, underwriting, clinical, \
     nursing, medical, pharmacy, student, faculty, academic, research, mission, unit, training, \
     awareness, education, requirement, test, user, solution, automated, manual, role, title, position, individual, party, designation, de, du, des, la, \
     le, les, el, los, las, del, da, do, di, della, der, die, das, und, et, y, e, van, het, \
     sicherheit, s\u{e9}curit\u{e9}, seguridad, inform\u{e1}tica, informationssicherheit, tic, ti, si, edv, ssi",
);

/// Last words that make a group of whatever is before them: `MSS Operator`, `Apollo Team`,
/// `Example Corp`.
pub(super) static HEADS: Words = Words::new(
    "team, group, department, dept, division, squad, tribe, operator, operation, ops, engineering, \
     administrator, helpdesk, desk, inc, llc, ltd, corp, corporation, gmbh, plc, llp, pty, srl, bv, \
     committee, council, directorate, agency, ministry, bureau, university, institute, foundation, \
     consulting, technologies, solutions, systems, services, networks, software, labs, \
     owner, vendor, provider, staff, abteilung, -team",
);

/// Makers of products, products, and houses that sell people's work. Those that are also names of
/// people are left out.
pub(super) static THINGS: Words = Words::new(
    "copilot, chatgpt, microsoft, google, amazon, amazon web services, aws, azure, gcp, google cloud, apple, ibm, \
     oracle, cisco, cisco systems, vmware, broadcom, red hat, redhat, canonical, suse, sap, \
     salesforce, servicenow, service now, atlassian, jira, confluence, github, gitlab, bitbucket, \
     slack, zoom, okta, ping identity, duo, cyberark, sailpoint, beyondtrust, hashicorp, splunk, \
     elastic, elasticsearch, datadog, dynatrace, new relic, pagerduty, crowdstrike, sentinelone, \
     tenable, nessus, qualys, rapid7, wazuh, wiz, snyk, veracode, checkmarx, sonarqube, trellix, \
     symantec, sophos, kaspersky, trend micro, bitdefender, palo alto, palo alto networks, fortinet, \
     check point, checkpoint, juniper networks, f5, f5 networks, zscaler, cloudflare, akamai, fastly, \
     netskope, proofpoint, mimecast, citrix, nutanix, netapp, dell emc, hpe, hewlett packard, \
     lenovo, intel, nvidia, samsung, siemens, hitachi, fujitsu, huawei, ericsson, nokia, adobe, \
     docusign, dropbox, workday, adp, zendesk, hubspot, twilio, sendgrid, snowflake, databricks, \
     mongodb, postgresql, mysql, mariadb, redis, kafka, apache, nginx, tomcat, docker, kubernetes, \
     openshift, terraform, ansible, linux, windows, ubuntu, debian, rhel, centos, macos, ios, android, \
     sharepoint, exchange, outlook, active directory, office 365, microsoft 365, m365, teams, \
     openssl, java, python, wordpress, drupal, deloitte, accenture, kpmg, pwc, ernst young, \
     booz allen, booz allen hamilton, leidos, saic, gdit, caci, mantech, lockheed martin, northrop \
     grumman, raytheon, general dynamics, boeing, capgemini, cognizant, infosys, wipro, tata \
     consultancy services, cgi, dxc, unisys, ntt data, coalfire, schellman, verizon, comcast, \
     at t, t mobile, vodafone, telekom, rackspace, equinix, digitalocean, heroku, vercel, netlify, \
     ivanti, solarwinds, barracuda, arista, veeam, commvault, sonicwall, watchguard, forescout, logrhythm, \
     sumo logic, mandiant, recorded future, atos, lumen, notion, asana, trello, zabbix, grafana, \
     prometheus, nagios, jfrog, artifactory, sonatype, twistlock, prisma cloud, lacework, vanta, drata, \
     emass, xacta, csam, telos, perspecta, peraton, icf, guidehouse, serco, tanium, bigfix, \
     manageengine, lastpass, 1password, bitwarden, entrust, digicert, sectigo, gemalto, yubico, \
     imperva, radware, infoblox, bluecat, riverbed, extreme networks, aruba, ruckus, meraki, ubiquiti, \
     synology, qnap, pure storage, veritas, rubrik, cohesity, fireeye, carbon black, \
     openvas, greenbone, burp, zap, sccm, intune, defender, sentinel, entra, wsus, jamf, airwatch, \
     workspace one, epic, cerner, meditech, quickbooks, netsuite, peoplesoft, blackboard, canvas lms",
);

/// Name what a group or role is about and are nobody's name: alone, or with words of [`WITH`], they name no
/// person (`System`, `Point of Contact`).
pub(super) static COMMON: Words = Words::new(
    "system, application, app, web, site, software, hardware, server, service, data, information, technology, \
     technical, device, endpoint, desktop, workstation, mainframe, storage, backup, business, project, \
     program, programme, portfolio, process, policy, standard, control, change, patching, configuration, incident, \
     vulnerability, contact, internal, external, corporate, enterprise, national, federal, \
     windows, linux, unix, aws, azure, gcp, kubernetes, environment, automated, manual, individual, \
     infrastructure, identity, directory, firewall, router, proxy, vpn, siem, edr, waf, dns, dhcp, email, \
     wireless, wifi, voip, virtualization, printer, payroll, monitoring, detection, integration, deployment, production, user",
);

/// Several people with one function: the last word of a name that is theirs, whatever they do it for. None is a
/// family name.
pub(super) static PEOPLE: Words = Words::new(
    "users, admins, administrators, sysadmins, engineers, analysts, architects, developers, owners, managers, \
     operators, stakeholders, leads, officers, contacts, approvers, reviewers, contractors, vendors, \
     assessors, auditors, specialists, technicians, coordinators, custodians, directors, executives, employees",
);

/// Small words inside names of people: what follows is a family name (`Jane van der Team`).
pub(super) static PARTICLES: Words = Words::new(
    "van, von, der, den, de, del, della, di, da, do, dos, du, la, le, ten, ter, te, zu, zur, bin, ibn, al, el, af, av",
);

/// Parts of the names of accounts that programs use: `svc_patch`, `renovate[bot]`.
pub(super) static ACCOUNTS: Words =
    Words::new("svc, srv, svcacct, svcaccount, sa, bot, daemon, cron, robot");

/// Mailboxes that no person has for himself.
pub(super) static MAILBOXES: Words = Words::new(
    "noreply, no reply, donotreply, do not reply, mailer daemon, alert, notification, notify, info, hello, contact, \
     enquiry, enquiries, inquiry, inquiries, abuse, mail, mailbox, news, newsletter, service, request, ticket, \
     billing, invoice, order, reservation, feedback, report, monitoring, automation, jira, github, gitlab",
);

/// Titles of functions that are no family names: behind one other word they name a role (`Property Manager`).
pub(super) static TITLES: Words = Words::new(
    "manager, coordinator, administrator, analyst, director, officer, supervisor, specialist, technician, \
     developer, architect, consultant, stakeholder, integrator, assessor, auditor, superintendent, receptionist, \
     dispatcher, representative, custodian, approver, reviewer",
);
