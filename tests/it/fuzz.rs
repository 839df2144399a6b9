//! Every target of the fuzzer for a moment, from its corpus: the fuzzer works, and nothing that it found
//! once comes back.

use std::path::Path;
use std::time::Duration;

use poam::fuzzing::TARGETS;

#[path = "../../fuzz/src/driver.rs"]
#[allow(dead_code, unreachable_pub, missing_docs)]
mod driver;

#[test]
fn every_target_takes_its_corpus_and_mutations_of_it() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::thread::scope(|scope| {
        for (name, target) in TARGETS {
            scope.spawn(move || {
                let seeds = driver::files(&project.join("fuzz/corpus").join(name));
                assert!(!seeds.is_empty(), "{name} has no corpus");
                let limits = driver::Limits {
                    time: Duration::from_secs(3),
                    one: Duration::from_secs(20),
                    megabytes: 0,
                };
                let mut random = driver::Random::new(1);
                let outcome = driver::run(target, seeds, &mut random, limits, |_| {});
                let wrong: Vec<&String> = outcome.findings.iter().map(|(wrong, _)| wrong).collect();
                assert!(wrong.is_empty() && outcome.inputs > 0, "{name}: {wrong:?}");
            });
        }
    });
}
