#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| solon_fuzz::ways(bytes));
