#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| optedo_officient_fuzz::names(input));
