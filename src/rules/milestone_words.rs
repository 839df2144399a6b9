//! The words of milestones, by what they show of the step.

use crate::text::Words;

/// Name work whose outcome shows: something is there, gone or different afterwards. Alone, without
/// what it is done to, they show nothing.
pub(super) static WORK: Words = Words::new(
    "apply, patch, patching, upgrade, upgrading, install, installing, uninstall, remove, removing, disable, \
     disabling, enable, enabling, block, blocking, close, closing, rotate, rotating, revoke, revoking, \
     delete, deleting, decommission, decommissioning, retire, retiring, encrypt, encrypting, replace, \
     replacing, migrate, migrating, rescan, rescanning, retest, retesting, scan, scanning, deploy, \
     deploying, redeploy, reboot, rebuild, reimage, restart, restrict, restricting, segment, \
     segmenting, isolate, isolating, renew, reissue, reset, resetting, restore, restoring, publish, \
     sign, train, configure, configuring, reconfigure, harden, hardening, document, documenting, \
     conduct, conducting, deliver, write, draft, develop, submit, purchase, procure, hire, \
     roll, rollout, launch, enforce, shut, turn, lock, unlock, move, rename, separate, back, quarantine, \
     disconnect, terminate, uninstalling, re-scan, re-test, test, testing, validate, automate, expire, \
     einspielen, installieren, deinstallieren, abschalten, entfernen, aktualisieren, ersetzen, \
     installer, d\u{e9}sactiver, supprimer, remplacer, mettre, instalar, desactivar, eliminar, \
     reemplazar, actualizar, desativar, remover, substituir, atualizar, installare, disattivare, \
     rimuovere, sostituire, aggiornare, installeren, uitschakelen, verwijderen, vervangen",
);

/// Name things of a kind that the item itself names: its hosts, its weakness, its accounts.
pub(super) static KINDS: Words = Words::new(
    "server, host, machine, device, workstation, laptop, endpoint, firewall, router, switch, database, \
     db, cluster, node, container, image, instance, vm, appliance, printer, account, password, \
     credential, certificate, cert, key, token, port, service, software, library, package, \
     application, app, website, site, page, component, dependency, dependencies, module, plugin, \
     driver, firmware, kernel, os, browser, agent, scanner, cipher, protocol, policy, policies, procedure, rule, permission, \
     privilege, role, group, folder, share, bucket, file, log, backup, user, drive, disk, network, \
     subnet, vlan, interface, patch, hotfix, version, release, workaround, training, exercise, \
     report, inventory, baseline, diagram, checklist, contract, agreement, rescan, exception, \
     hosts, servers, script, code, repository, pipeline, build, system",
);

/// Name work of which nobody can determine whether it was done: it goes on, it prepares, it intends.
pub(super) static INTENT: Words = Words::new(
    "fix, fixing, address, addressing, resolve, resolving, remediate, remediating, mitigate, \
     mitigating, handle, handling, look, looking, see, investigate, investigating, investigation, \
     monitor, monitoring, continue, continuing, work, working, discuss, discussing, discussion, \
     consider, considering, evaluate, evaluating, evaluation, coordinate, coordinating, \
     coordination, follow, following, followup, ensure, ensuring, improve, improving, improvement, \
     enhance, enhancing, enhancement, strengthen, strengthening, increase, increasing, reduce, \
     reducing, explore, exploring, research, researching, plan, planning, track, tracking, manage, \
     managing, support, supporting, communicate, determine, determining, identify, identifying, \
     analyze, analyse, analyzing, analysing, analysis, review, reviewing, assess, assessing, check, \
     checking, wait, waiting, await, awaiting, pend, ask, asking, try, trying, attempt, seek, \
     think, decide, align, raise, escalate, keep, maintain, maintaining, optimize, optimise, \
     streamline, tighten, clean, cleanup, finalize, finalise, finish, complete, completing, \
     start, starting, begin, beginning, initiate, initiating, proceed, respond, react, \
     implement, implementing, perform, performing, execute, executing, provide, \
     take, taking, make, making, do, doing, get, getting, go, going, have, need, needs, use, put, set, \
     update, updating, correct, correcting, adjust, adjusting, change, changing, modify, modifying, \
     verify, verifying, confirm, confirming, ensure, create, establish, prepare, preparing, add, adding, \
     schedule, meet, meeting, reach, contact, engage, involve, inform, notify, accept, transfer, avoid, \
     record, expand, extend, define, capture, map, link, assign, build, introduce, integrate, require, \
     obtain, rewrite, rework, redo, refine, revisit, sync, brief, present, propose, request, report, \
     approve, distribute, circulate, navigate, browse, click, revise, reject, comply, protect, secure, prevent, prioritize, prioritise, leverage, \
     bearbeiten, beheben, pr\u{fc}fen, kl\u{e4}ren, verbessern, \u{fc}berwachen, umsetzen, abstimmen, \
     corriger, r\u{e9}soudre, traiter, am\u{e9}liorer, surveiller, analyser, \u{e9}tudier, suivre, \
     corregir, resolver, revisar, mejorar, investigar, monitorear, supervisar, corrigir, melhorar, \
     monitorar, acompanhar, verificar, tratar, risolvere, correggere, migliorare, monitorare, \
     valutare, gestire, oplossen, onderzoeken, verbeteren, opvolgen",
);

/// Name the weakness itself: to test for it is work, to close it is only meant.
pub(super) static FLAWS: Words =
    Words::new("vulnerability, vulnerabilities, vuln, cve, finding, weakness, exposure");

/// Name work on a weakness whose outcome shows.
pub(super) static TESTS: Words =
    Words::new("test, testing, retest, re-test, scan, rescan, re-scan, verify");

/// Name work that makes something: with what somebody holds afterwards it has an outcome.
pub(super) static MAKES: Words = Words::new(
    "create, update, establish, prepare, schedule, verify, confirm, provide, add, obtain, implement, \
     perform, complete, finalize, finalise, request, renew, put, get, hold, record, expand, extend, \
     define, capture, map, link, assign, set, use, build, introduce, launch, integrate, accept, require, distribute, \
     circulate, approve",
);

/// Name work that produces something which can be shown: a document, a decision, an event.
pub(super) static PRODUCES: Words = Words::new(
    "create, develop, draft, write, document, publish, finalize, finalise, approve, distribute, \
     establish, design, schedule, launch, complete, conduct, record, produce, sign, adopt, issue, \
     obtain, deliver, prepare, define, hold, execute, submit, circulate",
);

/// Name what can be shown once it is there, if it is stated what it is about: `incident response plan`.
pub(super) static DELIVERABLES: Words = Words::new(
    "plan, policy, policies, procedure, process, processes, program, programme, matrix, library, register, \
     assessment, analysis, audit, report, summary, summaries, result, criteria, design, charter, standard, \
     workflow, mechanism, inventory, map, diagram, schedule, log, runbook, exercise, drill, workshop, \
     plano, pol\u{ed}tica, procedimento, procedimiento, piano, procedura, konzept, richtlinie, verfahren, \
     proc\u{e9}dure, politique",
);

/// Name what such a thing is about.
pub(super) static SUBJECTS: Words = Words::new(
    "incident, response, contingency, continuity, recovery, disaster, configuration, change, access, \
     account, password, patch, vendor, supplier, risk, asset, log, logging, audit, backup, media, network, \
     personnel, screening, termination, training, awareness, privacy, encryption, key, lockout, permission, \
     privilege, data, retention, classification, boundary, gap, maintenance, monitoring, \
     vulnerability, treatment, physical, visitor, remote, mobile, wireless, cloud, test, tabletop, \
     policy, investigation, phishing, onboarding, offboarding",
);

/// Name what watches or guards other things, if it is stated which: `file system change monitoring`.
pub(super) static WATCHES: Words = Words::new(
    "monitoring, logging, scanning, filtering, detection, segmentation, authentication, protection",
);

/// Name what is never there on a day: it can only grow.
pub(super) static ABSTRACT: Words = Words::new(
    "governance, culture, awareness, accountability, ownership, alignment, visibility, posture, maturity, \
     understanding, communication, collaboration, relationship, oversight, discipline, commitment",
);

/// Stand before a thing and state no more than that much is meant: `comprehensive alerts`.
pub(super) static GRAND: Words = Words::new(
    "comprehensive, robust, holistic, enhanced, improved, extensive, thorough, strong, full",
);

/// Stand before a thing and leave open how much of it is enough: `appropriate personnel`.
pub(super) static MEASURELESS: Words = Words::new(
    "appropriate, adequate, sufficient, proper, suitable, reasonable, satisfactory, effective",
);

/// Stand before a plan that fits every item: `mitigation plan`, `action plan`.
pub(super) static GENERIC: Words = Words::new(
    "remediation, mitigation, corrective, action, project, implementation, improvement, resolution, work, \
     appropriate, necessary, new, overall, general, better, proper, this, the, a, an, our",
);

/// Say that a step may never come: `if needed`, `as appropriate`.
pub(super) static CONDITIONS: Words =
    Words::new("needed, necessary, appropriate, required, possible");

/// Tell nothing about the one item: they fit every one.
pub(super) static EMPTY: Words = Words::new(
    "one, two, three, four, five, six, seven, eight, nine, ten, example, sample, placeholder, allow, permit, archive, support, benefit, goal, objective, aim, purpose, intent, \
     focus, drive, lead, own, ownership, responsibility, accountability, accountable, assign, assignment, \
     commitment, collaboration, collaborate, partner, partnership, consult, consultant, expert, expertise, \
     specialist, engineer, developer, admin, administrator, employee, personnel, user, customer, client, \
     executive, manager, director, leader, board, committee, group, office, unit, function, role, \
     subject, content, context, background, overview, summary, note, comment, remark, reason, basis, \
     factor, aspect, element, component, feature, functionality, behavior, behaviour, condition, \
     constraint, limitation, impediment, challenge, difficulty, question, answer, discovery, \
     observation, insight, lesson, idea, concept, notion, theory, principle, rule, norm, criteria, criterion, \
     metric, indicator, figure, number, amount, total, percentage, rate, ratio, range, degree, extent, \
     frequency, interval, period, duration, window, slot, session, occurrence, incident, crisis, \
     failure, fault, defect, flaw, mistake, violation, breach, threat, attack, exploit, exploitation, \
     weakness, deficiency, shortfall, shortcoming, non-compliance, noncompliance, noncompliant, harm, \
     damage, loss, outage, downtime, disruption, interruption, optional, mandatory, essential, vital, \
     important, urgent, urgently, promptly, prompt, rapid, rapidly, quick, swift, swiftly, gradual, \
     gradually, incremental, regular, regularly, routine, frequent, frequently, occasional, constant, \
     constantly, continually, always, never, often, sometimes, usually, typically, normally, currently, \
     presently, previously, formerly, recently, shortly, today, tomorrow, tonight, monday, friday, spring, \
     summer, autumn, fall, winter, h1, h2, q1, q2, q3, q4, fy, complete, adequate, sufficient, \
     suitable, acceptable, satisfactory, successful, successfully, correctly, accurate, accurately, \
     consistent, consistently, reliable, reliably, efficient, efficiently, optimal, ideal, ideally, \
     perfect, great, nice, fine, ok, okay, deal, sort, figure, chase, ping, nudge, remind, reminder, \
     understand, understanding, learn, know, knowledge, gather, collect, collection, compile, \
     consolidate, combine, integrate, integration, interface, connect, link, share, \
     disseminate, promote, encourage, foster, facilitate, assist, help, aid, guide, advise, recommend, \
     suggest, define, definition, describe, outline, specify, clarify, clarification, explain, \
     achieve, attain, accomplish, realize, realise, satisfy, fulfil, fulfill, meet, ensure, guarantee, assure, \
     assurance, safeguard, defend, defense, defence, guard, restore, recover, recovery, repair, \
     rectify, remedy, remedial, cure, solve, eliminate, minimize, minimise, lower, lessen, decrease, \
     limit, contain, containment, control, govern, governance, oversee, supervise, supervision, inspect, \
     inspection, audit, examine, examination, survey, study, debug, troubleshoot, diagnose, triage, \
     verification, validation, implementation, evaluation, coordination, consultation, optimization, \
     finalization, prioritization, escalation, notification, executive, phased, flexibility, ability, \
     extensive, dashboard, description, research, selection, select, pick, choose, round, follow-up, \
     vulnerability, vulnerabilities, vuln, cve, finding, exposure, hour, hours, minute, minutes, retro, \
     sooner, latest, recommended, recommendation, suggestion, vendor-provided, provided, meets, \
     alternative, feasibility, possibility, forward, sprint, iteration, budget, funding, concurrence, input, \
     feedback, consensus, decision, call, email, mail, direction, communication, track, usual, industry, \
     scope, hygiene, culture, maturity, visibility, efficiency, robust, holistic, comprehensive, \
     enterprise, program, programme, usage, tier, entire, whole, generally, ad, hoc, tbh, fyi, \
     significant, major, minor, critical, moderate, severe, key, core, basic, initial, interim, \
     temporary, long-term, short-term, short-running, lesson, learned, matter, topic, subject, initiative, \
     workstream, deliverable, dependency, obstacle, blocker, delay, estimate, draft, document, \
     documentation, tool, tools, tooling, technology, technologies, infrastructure, operational, \
     deployment, installation, migration, upgrade, testing, hardening, monitoring, detection, response, \
     reporting, tracking, logging, training, r\u{e9}solution, correction, am\u{e9}lioration, suivi, analyse, \
     a, about, above, access, according, accordingly, across, action, actions, activity, activities, \
     additional, affected, after, again, all, also, an, and, another, any, applicable, approach, \
     appropriate, appropriately, approval, area, areas, as, asap, at, availability, available, \
     awareness, backlog, bad, be, been, before, being, best, better, between, both, bug, bugs, business, \
     by, can, capability, capabilities, care, careful, case, cause, closed, closely, closer, closure, \
     completed, completely, completion, compliance, compliant, concern, concerns, config, \
     configuration, configurations, continued, continuous, continuously, control, controls, \
     corrected, corrective, course, current, currently, cycle, daily, date, day, days, deadline, \
     deficiencies, deficiency, deploys, department, description, design, detail, details, \
     done, due, during, each, early, effective, effectively, effort, efforts, end, engineering, \
     environment, environments, error, errors, etc, event, eventually, everything, evidence, existing, \
     expected, fast, final, first, fixed, fixes, for, from, full, fully, further, future, gap, gaps, \
     general, given, good, guidance, handled, hardware, high, how, if, immediate, immediately, impact, \
     implementation, implemented, in, include, including, information, internal, into, is, issue, \
     issues, it, item, items, its, last, later, leadership, level, life, likelihood, long, low, main, \
     management, measure, measures, mechanism, medium, milestone, mitigated, mitigation, mitigations, \
     month, months, monthly, more, much, n/a, na, necessary, needed, new, next, no, none, normal, \
     nothing, now, of, off, on, once, ongoing, only, open, operation, operations, option, options, or, \
     order, organization, organizational, other, our, out, outstanding, over, overall, oversight, owner, \
     part, parties, party, pending, people, performance, periodic, periodically, permanent, phase, \
     plans, poam, poa&m, point, possible, posture, practice, practices, preventive, priority, \
     problem, problems, process, processes, product, progress, project, proper, properly, proposed, \
     quality, quarter, quarterly, quickly, raised, ready, reasonable, related, relevant, remaining, \
     remediated, remediation, remediations, required, requirement, requirements, resolution, \
     resolved, resource, resources, responsible, result, results, risk, risks, root, safe, safer, \
     same, scheduled, second, security, senior, setting, settings, several, short, should, situation, \
     so, solution, solutions, solve, some, soon, sooner, staff, stakeholder, stakeholders, standard, \
     standards, started, state, status, step, steps, still, strategy, stronger, such, sure, systems, \
     target, task, tasks, tba, tbc, tbd, team, teams, technical, term, that, the, their, them, then, \
     there, these, they, thing, things, third, this, thorough, thoroughly, those, through, time, \
     timely, timeline, to, todo, together, top, towards, treatment, under, until, up, updated, \
     updates, upon, us, various, vendor, vendors, via, was, way, we, weakness, weaknesses, week, weekly, \
     weeks, well, when, where, whether, which, while, who, will, with, within, without, year, years, \
     yearly, annual, annually, yes, yet, your, zu, zur, und, der, die, das, den, dem, ein, eine, im, in, \
     mit, von, auf, bis, wird, l\u{e4}uft, arbeit, behebung, ma\u{df}nahme, ma\u{df}nahmen, \
     schwachstelle, problem, fehler, laufend, noch, offen, geplant, en, cours, le, la, les, des, du, \
     de, et, un, une, au, aux, \u{e0}, l, d, probl\u{e8}me, mesure, mesures, correctif, correctifs, \
     action, actions, n\u{e9}cessaire, n\u{e9}cessaires, vuln\u{e9}rabilit\u{e9}, \u{e9}quipe, el, los, \
     las, una, unos, y, o, con, por, para, curso, proceso, problema, medida, medidas, acci\u{f3}n, \
     acciones, correctiva, correctivas, necesarias, vulnerabilidad, pendiente, em, andamento, os, as, \
     um, uma, com, a\u{e7}\u{e3}o, a\u{e7}\u{f5}es, corretivas, vulnerabilidade, il, lo, gli, e, con, \
     di, del, della, corso, entro, giorni, azione, azioni, correttive, vulnerabilit\u{e0}, het, een, \
     met, van, bezig, maatregelen, probleem",
);

/// Name what somebody holds afterwards: with it, work of any kind has an outcome.
pub(super) static YIELD: Words = Words::new(
    "approval, sign-off, signoff, signature, agreement, contract, ticket, report, certificate, diagram, inventory, checklist, \
     runbook, playbook, guide, handbook, manual, script, guideline, policy, procedure, training, exercise, baseline, template, matrix, register, \
     encryption, mfa, backup",
);
