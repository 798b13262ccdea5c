//! Parses the command line, runs the command, ends with its exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use optedo_officient::cli::{self, Cli};

// One thread for requests; the worker of `serve` gets another.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A variable that is no text is none of ours; `std::env::vars` would panic over it.
    let env =
        std::env::vars_os().filter_map(|(key, value)| key.into_string().ok().zip(value.into_string().ok()));
    cli::run(Cli::parse(), env).await
}
