//! Derives the name of this build's reading code, which is part of the key of the history cache:
//! what another build cached is not taken for what this one would read.
//!
//! Everything that decides what is read is covered, without a list that somebody has to keep: all
//! sources of the program and of its libraries, the data compiled into them, and the exact versions
//! of the dependencies (`Cargo.lock`).

use std::path::{Path, PathBuf};

/// Files and folders that a build is made of; those that do not exist count as empty.
const INPUTS: [&str; 6] = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "crates", "templates"];

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    for path in INPUTS {
        let path = Path::new(path);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(path, &mut files)?;
        }
    }
    files.sort();
    // FNV-1a: only equal or not equal matters, and nobody chooses the sources to deceive himself.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        add(file.as_os_str().as_encoded_bytes());
        add(&[0]);
        add(&std::fs::read(file)?);
        add(&[0]);
    }
    println!("cargo::rustc-env=POAM_READING={hash:016x}");
    Ok(())
}

/// Adds a file, or all files below a folder.
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
