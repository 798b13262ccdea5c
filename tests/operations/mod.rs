//! Operating the service: commands, telemetry, processes, replicas, upgrades, the database.

mod check;
mod commands;
mod database;
mod health;
mod notifications;
mod outbox;
mod processes;
mod replicas;
mod retention;
mod telemetry;
#[cfg(feature = "otlp")]
mod traces;
mod upgrades;
