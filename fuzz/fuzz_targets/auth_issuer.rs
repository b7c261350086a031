#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mcp_wasm_fuzz::authorization::issuer(bytes));
