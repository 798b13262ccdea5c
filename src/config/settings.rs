//! Every setting: its type, how it is read (a method of [`Keys`]), an example of a correct value, and its parser.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Span;
use jiff::civil::Time;
use lettre::Address;
use lettre::message::Mailbox;
use secrecy::{SecretSlice, SecretString};

use super::admin_settings::Setting;
use super::encryption_key::{EXAMPLE_KEY, EncryptionKey};
use super::keys::{Key, Keys, Reported};
use super::notifications::{MailServer, mail_server, recipient, sender, webhook_secret, webhook_url};
use super::values::{
    DeletionLimit, Edge, IS_TRACED, LinkTemplate, LogFormat, OnDifference, base_url, boolean, duration, log_filter,
    network, number, otlp_endpoint, parse, password, positive_duration, positive_span, postgres_url, public_url,
    socket_address, text,
};

const DATABASE: &str = "postgres://optedo_officient:secret@db.internal/acme";
const PASSWORD: &str = "a long password, or the output of: optedo-officient hash-password";
const SENDER: &str = "Optedo <noreply@optedo.com>";
const COLLECTOR: &str = if IS_TRACED { "http://collector:4318" } else { "" };

/// Defines the sections, and how they are read: every key before the first error ends it, so that all mistakes are
/// reported. The function behind `=>` gets values that were read, and reports those that do not fit together.
macro_rules! sections {
    ($(
        $(#[$attribute:meta])*
        $section:ident: $name:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $read:ident($example:expr, $parse:expr);)+
            $(=> $check:ident($($checked:ident),+);)?
        }
    )+) => {
        /// All settings, checked.
        #[derive(Clone, Debug)]
        pub struct Config {
            $(pub $section: $name,)+
            /// Which of the settings that the admin may change are in the file or the environment.
            pub set_by_operator: BTreeSet<Setting>,
        }

        impl Config {
            pub(super) fn read(keys: &mut Keys) -> Result<Self, Reported> {
                let set_by_operator = keys.set_by_operator();
                let ($($section,)+) = ($($name::read(keys),)+);
                Ok(Self { $($section: $section?,)+ set_by_operator })
            }
        }

        $(
            $(#[$attribute])*
            #[derive(Clone, Debug)]
            pub struct $name {
                $($(#[$doc])* pub $field: $type,)+
            }

            impl $name {
                fn read(keys: &mut Keys) -> Result<Self, Reported> {
                    let ($($field,)+) = ($({
                        let name = concat!(stringify!($section), ".", stringify!($field));
                        keys.$read(Key { name, example: $example }, $parse)
                    },)+);
                    $($check(keys, $($checked.as_ref().ok()),+);)?
                    Ok(Self { $($field: $field?,)+ })
                }
            }
        )+
    };
}

sections! {
    server: Server {
        listen: SocketAddr = required("127.0.0.1:8080", socket_address);
        /// A separate address for `/metrics`.
        metrics_listen: Option<SocketAddr> = optional("127.0.0.1:9090", socket_address);
        /// How browsers and Officient reach this service, without a trailing slash.
        public_url: String = required("https://acme.optedo.com", public_url);
        /// Proxies whose X-Forwarded-For header is trusted.
        trusted_proxies: Vec<IpNet> = list("10.0.0.0/8,127.0.0.1", network);
    }
    database: Database {
        /// Secret, because it may contain a password.
        url: SecretString = required(DATABASE, postgres_url);
        /// The size of the pool.
        max_connections: u32 = required("5", number::<4, 1000, _>);
    }
    officient: Officient {
        /// The web app, where the admin grants access; without a trailing slash.
        app_url: String = required("https://app.officient.io", base_url);
        /// Without a trailing slash.
        api_url: String = required("https://api.officient.io", base_url);
        /// Set together with `client_secret`, or neither: then the admin fills them in on the settings page.
        client_id: Option<String> = optional("1234", text);
        client_secret: Option<SecretString> = optional("8c64…", text);
        /// The value of `app` that marks our entry in a leave type's `integrations`; compared without case.
        integration_app: String = required("optedo", text);
        /// The event names to subscribe to, until the admin chooses others.
        webhook_events: Vec<String> = list("person_added,person_deleted", text);
        /// The most calls in any [`Self::rate_limit_period`].
        rate_limit_calls: usize = required("30", number::<1, 10_000, _>);
        rate_limit_period: Duration = required("5s", positive_duration);
        /// Per call.
        timeout: Duration = required("10s", positive_duration);
        => credentials(client_id, client_secret);
    }
    optedo: Optedo {
        /// Without a trailing slash.
        api_url: String = required("https://acme.optedo.com/api", base_url);
        api_token: SecretString = required("the token of Optedo's API", text);
        /// Per call.
        timeout: Duration = required("10s", positive_duration);
    }
    admin: Admin {
        /// Clear text, or an argon2id hash as a PHC string.
        password: SecretString = required(PASSWORD, password);
        /// The bearer token of the API. Without it, the API accepts only the session of the settings page.
        api_token: Option<SecretString> = optional("the output of: openssl rand -hex 32", text);
    }
    security: Security {
        /// Encrypts secrets at rest.
        encryption_key: EncryptionKey = required(EXAMPLE_KEY, EncryptionKey::parse);
        /// These keys still decrypt.
        previous_encryption_keys: Vec<EncryptionKey> = list(EXAMPLE_KEY, EncryptionKey::parse);
    }
    sync: Sync {
        /// The first day of the window.
        from: Edge = required("-60d", Edge::parse);
        /// The last day of the window.
        until: Edge = required("400d", Edge::parse);
        /// Whether leave that is not yet approved is written too.
        include_pending: bool = required("false", boolean);
        /// How often everybody is reconciled without a webhook (the sweep); zero means never.
        sweep_interval: Duration = required("15m", duration);
        /// Whether an identical absence that exists in Optedo is adopted instead of written twice.
        adopt_existing: bool = required("true", boolean);
        /// The start of a partial day whose start Officient does not know.
        default_start: Time = required("09:00", |text| parse(text, "is not a time of day"));
        /// More deletions than this within ten minutes wait for the admin's confirmation.
        max_deletions: DeletionLimit = required("auto", DeletionLimit::parse);
        /// An upstream or a person that fails for so long becomes an attention item.
        failing_after: Duration = required("15m", positive_duration);
        /// When the absences in Optedo are compared with Officient each day; without it, never.
        audit_at: Option<Time> = optional("02:30", |text| parse(text, "is not a time of day"));
        on_difference: OnDifference = required("ask", OnDifference::parse);
        => window(from, until);
    }
    /// Optedo's descriptions for Officient's two built-in leave types; `None`: the name of the calendar event.
    #[derive(Default)]
    leave_types: LeaveTypes {
        sick_day: Option<String> = optional("Ziekte", text);
        education: Option<String> = optional("Opleiding", text);
    }
    #[derive(Copy)]
    retention: Retention {
        /// From when a webhook was carried out.
        webhook_events: Span = required("30d", positive_span);
        /// From the end of the absence.
        absences: Span = required("3y", positive_span);
    }
    notifications: Notifications {
        /// Without it, no mail is sent. It may contain a password.
        smtp_url: Option<MailServer> = optional("smtps://user:password@mail.acme.be:465", mail_server);
        /// The sender of every mail.
        from: Option<Mailbox> = optional(SENDER, sender);
        /// Who receives mail, until the admin chooses others.
        recipients: Vec<Address> = list("hr@acme.be,it@acme.be", recipient);
        /// Receives each notification as JSON.
        webhook_url: Option<SecretString> = optional("https://hooks.acme.be/officient", webhook_url);
        webhook_secret: Option<SecretSlice<u8>> = optional("the output of: openssl rand -hex 32", webhook_secret);
        /// An incident that does not come back for so long is resolved.
        resolved_after: Duration = required("10m", positive_duration);
        /// When the daily digest is sent, in Europe/Brussels; `None`: never.
        digest_at: Option<Time> = optional("08:00", |text| parse(text, "is not a time of day"));
        => mail_needs_a_sender(smtp_url, from);
    }
    /// Where attention items lead to.
    links: Links {
        /// The address of a person in Officient.
        officient_person: Option<LinkTemplate> = optional("https://app.officient.io/people/{id}", LinkTemplate::parse);
        /// The address of a user in Optedo.
        optedo_user: Option<LinkTemplate> = optional("https://acme.optedo.com/users/{id}", LinkTemplate::parse);
    }
    log: Log {
        format: LogFormat = required("json", |text| parse(text, "is neither json nor pretty"));
        /// As in `RUST_LOG`.
        filter: String = required("info", log_filter);
    }
    traces: Traces {
        /// The collector, without a trailing slash. Always `None` without the feature `otlp`.
        otlp_endpoint: Option<String> = optional(COLLECTOR, |text| otlp_endpoint(text, IS_TRACED));
    }
}

fn credentials(keys: &mut Keys, id: Option<&Option<String>>, secret: Option<&Option<SecretString>>) {
    let missing = match (id, secret) {
        (Some(Some(_)), Some(None)) => "officient.client_secret",
        (Some(None), Some(Some(_))) => "officient.client_id",
        _ => return,
    };
    let fault = "is missing: set both the Client ID and the secret, or leave both to the settings page";
    keys.mistake(missing, "8c64…", fault);
}

fn mail_needs_a_sender(keys: &mut Keys, server: Option<&Option<MailServer>>, from: Option<&Option<Mailbox>>) {
    if let (Some(Some(_)), Some(None)) = (server, from) {
        keys.mistake("notifications.from", SENDER, "is required when notifications.smtp_url is set");
    }
}

/// A fixed day and a number of days can cross only with time, so that is not a mistake.
fn window(keys: &mut Keys, from: Option<&Edge>, until: Option<&Edge>) {
    if from.zip(until).is_some_and(|(from, until)| from.is_always_after(*until)) {
        keys.mistake("sync.until", "400d", "is before sync.from");
    }
}
