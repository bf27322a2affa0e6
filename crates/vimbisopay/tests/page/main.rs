//! The program `whatsapp`: its flags, its webhook over HTTP, and its chat page in a browser.
//!
//! The tests in a browser need Chromium and its driver. `tests/run.sh` installs them, and runs
//! these tests: `cargo test -p vimbisopay --test page -- --ignored`.

mod browser;
mod by_clicks;
mod flags;
mod over_http;
mod program;
