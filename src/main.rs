//! Parses the command line, runs the command, ends with its exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use optedo_officient::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse(), std::env::vars()).await
}
