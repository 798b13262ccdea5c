//! The program `optedo-officient`: parses the command line and runs the command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use optedo_officient::cli::{self, Cli};

// Two threads are enough for one tenant; each further one would cost memory in every copy.
#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    // A variable that is not text is not one of ours; `std::env::vars` would panic on it.
    let env = std::env::vars_os().filter_map(|(key, value)| key.into_string().ok().zip(value.into_string().ok()));
    cli::run(Cli::parse(), env).await
}
