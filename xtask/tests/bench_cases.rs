//! The benchmark cases of the project give what they expect.

#![allow(clippy::unwrap_used)]

use regex::Regex;
use solon_bench::find_cases;
use std::path::Path;
use xtask::bench::Engine;

fn check(engine: Engine) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/cases");
    for case in find_cases(&folder, &Regex::new("").unwrap()).unwrap() {
        assert!(case.expected().unwrap().is_some(), "{} expects nothing", case.name());
        let mut loaded = engine.load(&case).unwrap();
        if let Some(text) = case.data().unwrap() {
            loaded.add_data(text).unwrap();
        }
        let checked = loaded.prepare(&case).unwrap().check(&case);
        assert!(checked.is_ok(), "{}: {}", case.name(), checked.unwrap_err());
    }
}

#[test]
fn cases_give_the_expected_results() {
    check(Engine::Native);
}

#[cfg(feature = "regorus")]
#[test]
fn the_second_engine_gives_them_too() {
    check(Engine::Regorus);
}

#[test]
fn a_case_that_cannot_be_read_is_an_error() {
    let nowhere = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(find_cases(&nowhere, &Regex::new("").unwrap()).is_err());
}
