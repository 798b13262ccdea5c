//! The command `check`: the configuration, the database and the stored secrets, and then what the doctor finds.

use sqlx::PgPool;
use tokio_util::task::TaskTracker;

use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::connection::{self, Connection};
use crate::db::{self, DatabaseError, faults};
use crate::secrets::vault::Vault;
use crate::secrets::webhook_address::WebhookAddress;
use crate::secrets::{self, SecretsError};
use crate::sync::doctor::{Doctor, Outcome, Report, attempt, check_optedo, of_database};

/// Checks everything. The configuration was loaded, so it has no mistakes.
pub async fn check(config: Config) -> Report {
    let (mut report, clock) = (Report::default(), Clock::default());
    report.ok("configuration", "has no mistakes");
    let optedo = app::optedo(&config, clock.clone());
    let Some(Stored { db, vault, connection }) = check_database(&config, &mut report).await else {
        report.findings.extend(check_optedo(&optedo, &clock).await.0.findings);
        return report;
    };
    let Ok(officient) = app::officient(&config, &db, vault.clone(), clock.clone(), &TaskTracker::new()) else {
        let remedy = "check officient.api_url and officient.app_url";
        report.add("officient", Outcome::Problem, "an address cannot be used", remedy);
        report.findings.extend(check_optedo(&optedo, &clock).await.0.findings);
        return report;
    };
    let address = WebhookAddress::read(app::webhook_base(&config), vault, &db);
    let (finding, address) =
        attempt("officient.webhooks", address, "our address was read", of_database(SecretsError::remedy)).await;
    if address.is_none() {
        report.findings.push(finding);
    }
    let doctor = Doctor { config: &config, clock: &clock, db: &db, connection: &connection };
    report.findings.extend(Box::pin(doctor.check(&officient, &optedo, address.as_ref())).await.findings);
    report
}

/// What the database contains: read, decrypted, and never changed.
struct Stored {
    db: PgPool,
    vault: Vault,
    connection: Connection,
}

async fn check_database(config: &Config, report: &mut Report) -> Option<Stored> {
    let connect = async {
        let db = db::pool(&config.database.url, config.database.max_connections)?;
        faults::try_connect(&db).await.map_err(DatabaseError::Unreachable)?;
        Ok::<_, DatabaseError>(db)
    };
    let remedy = of_database(DatabaseError::remedy);
    let db = report.keep(attempt("database", connect, "responds", remedy).await)?;
    if !check_migrations(&db, report).await {
        return None;
    }
    let open = async {
        let vault = secrets::open_vault(&db, config.security.clone()).await?;
        let connection = connection::load(&db).await?;
        secrets::verify(&vault, connection.clone())?;
        Ok::<_, SecretsError>((vault, connection))
    };
    let success = "all stored secrets can be decrypted";
    let (vault, connection) =
        report.keep(attempt("secrets", open, success, of_database(SecretsError::remedy)).await)?;
    Some(Stored { db, vault, connection })
}

/// Whether the schema has everything that this version needs.
async fn check_migrations(db: &PgPool, report: &mut Report) -> bool {
    const CHECK: &str = "migrations";
    // An error means that the table of migrations does not exist: none was applied.
    let applied = db::applied_migrations(db).await.unwrap_or_default();
    let known: Vec<i64> = db::migrator().iter().map(|migration| migration.version).collect();
    let missing = known.iter().filter(|version| !applied.contains(version)).count();
    let newer = applied.iter().filter(|version| !known.contains(version)).count();
    if missing > 0 {
        let detail = format!("{missing} of {} are not applied", known.len());
        report.add(CHECK, Outcome::Problem, detail, "run optedo-officient migrate, or start the service");
    } else if newer > 0 {
        let detail = format!("{newer} were applied by a newer version of this program");
        let remedy = "wait until the update is finished, or run the newer version";
        report.add(CHECK, Outcome::Warning, detail, remedy);
    } else {
        report.ok(CHECK, format!("all {} are applied", known.len()));
    }
    missing == 0
}
