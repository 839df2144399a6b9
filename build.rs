//! Names the code that reads history, so that what another build kept is not taken for its own.

use std::path::{Path, PathBuf};

/// What an event depends on.
const READING: [&str; 6] =
    ["Cargo.toml", "src/document", "src/history", "src/model", "src/packed.rs", "src/repository"];

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    for path in READING {
        println!("cargo::rerun-if-changed={path}");
        collect(Path::new(path), &mut files)?;
    }
    files.sort();
    // FNV-1a: only equal or not equal matters, and nobody chooses the sources to deceive himself.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for file in files {
        for byte in std::fs::read(file)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env=POAM_READING={hash:016x}");
    Ok(())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}
