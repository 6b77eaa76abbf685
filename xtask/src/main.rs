//! The project's own commands: `cargo xtask COMMAND`.

mod conformance;

use anyhow::{Result, bail};
use std::path::Path;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((command, rest)) if command == "conformance" => {
            let value = |flag: &str| {
                rest.iter().position(|arg| arg == flag).and_then(|at| rest.get(at + 1)).map(String::as_str)
            };
            let folder = rest.first().filter(|arg| !arg.starts_with("--")).map_or("../shared/conformance", |arg| arg);
            let has = |flag: &str| rest.iter().any(|arg| arg == flag);
            conformance::run(Path::new(folder), value("--only"), has("--verbose"), has("--bless"))
        }
        _ => bail!("usage: cargo xtask conformance [FOLDER] [--only TEXT] [--verbose] [--bless]"),
    }
}
