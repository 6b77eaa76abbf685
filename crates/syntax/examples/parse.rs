//! Reads a module and prints its tree or its errors: `parse [--v0] FILE`.

use solon_syntax::ast::Version;
use solon_syntax::dump::dump;
use solon_syntax::{ParseOptions, Source, parse_module};

fn main() -> std::io::Result<()> {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let version = if flags.iter().any(|flag| flag == "--v0") { Version::V0 } else { Version::V1 };
    for (number, file) in files.iter().enumerate() {
        let source = Source::new(file.as_str(), std::fs::read_to_string(file)?);
        let parsed = parse_module(source.text(), ParseOptions { file: number as u32, version });
        for error in &parsed.errors {
            let place = source.position(error.span.start);
            println!("{file}:{}:{}: {}", place.row, place.col, error.message);
        }
        if let (true, Some(module)) = (parsed.errors.is_empty(), &parsed.tree) {
            print!("{}", dump(module));
        }
    }
    Ok(())
}
