//! What a notification says, in the language of its recipients.

use std::time::Duration;

use strum::VariantArray as _;

use super::Origin;
use crate::domain::attention::AttentionKind;
use crate::domain::notification::{Notification, Topic};
use crate::texts::{Language, Text};

/// The parts of a message, each of one line.
pub(super) struct Composed {
    pub(super) title: String,
    pub(super) sentences: Vec<String>,
    /// How many attention items are open, a line per kind.
    pub(super) counts: Vec<String>,
}

impl Composed {
    pub(super) fn new(notification: &Notification) -> Self {
        let t = notification.language;
        let (title, sentences) = match notification.topic {
            Topic::Incident(kind) => incident(t, kind, notification),
            Topic::Digest => {
                let open: i64 = notification.counts.values().sum();
                let title = t.text("digest-title").with("count", open).to_string();
                (title, notification.verdict.iter().cloned().chain([t.text("digest-text").to_string()]).collect())
            }
            Topic::Test => (t.text("test-message-title").to_string(), vec![t.text("test-message-text").to_string()]),
        };
        let line = |kind: &AttentionKind| {
            let count = notification.counts.get(kind.into_str())?;
            Some(format!("{}: {count}", t.text("items-of-kind").with("kind", kind.into_str())))
        };
        let counts = AttentionKind::VARIANTS.iter().filter_map(line).collect();
        Self { title, sentences, counts }
    }

    /// The whole message in one line, for a chat.
    pub(super) fn line(&self, origin: &Origin) -> String {
        let counts = self.counts.join(", ");
        let counts = (!counts.is_empty()).then(|| format!("({counts})"));
        let parts = [format!("{} – {}.", self.title, origin.tenant), self.sentences.join(" ")];
        let parts = parts.into_iter().chain(counts).chain([origin.page_url.clone()]);
        parts.collect::<Vec<_>>().join(" ")
    }
}

/// Title and sentences.
fn incident(t: Language, kind: AttentionKind, notification: &Notification) -> (String, Vec<String>) {
    let title = t.text("incident-title").with("kind", kind.into_str());
    if let Some((opened_at, ended_at)) = notification.opened_at.zip(notification.ended_at) {
        let lasted = Duration::try_from(ended_at.duration_since(opened_at)).unwrap_or_default();
        let lasted = duration(t, lasted).to_string();
        let title = t.text("incident-resolved").with("title", title.to_string());
        return (title.to_string(), vec![t.text("incident-lasted").with("text", lasted).to_string()]);
    }
    let reason = notification.reason.clone().unwrap_or_default();
    let mut sentences = vec![match reason.failure {
        Some(failure) => t.text("failure").with("kind", failure.into_str()).to_string(),
        None => t.text("incident-text").with("kind", kind.into_str()).to_string(),
    }];
    sentences.extend(reason.call.map(|call| t.text("technical-cause").with("error", call).to_string()));
    sentences.push(t.text("remedy").with("kind", kind.into_str()).to_string());
    (title.to_string(), sentences)
}

/// Rounded: a person wants to know whether it took minutes or days.
fn duration(t: Language, duration: Duration) -> Text<'static> {
    const HOUR: u64 = 60;
    const DAY: u64 = 24 * HOUR;
    let minutes = (duration.as_secs() + 30) / 60;
    if minutes < 2 * HOUR {
        t.text("minutes").with("count", minutes.max(1))
    } else if minutes < 2 * DAY {
        t.text("hours").with("count", (minutes + HOUR / 2) / HOUR)
    } else {
        t.text("days").with("count", (minutes + DAY / 2) / DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_it_lasted_is_rounded_to_minutes_hours_or_days() {
        let text = |minutes| duration(Language::English, Duration::from_mins(minutes)).to_string();
        let texts = [0, 1, 25, 119, 120, 149, 151, 47 * 60, 49 * 60, 100 * 60].map(text);
        let expected = [
            "1 minute",
            "1 minute",
            "25 minutes",
            "119 minutes",
            "2 hours",
            "2 hours",
            "3 hours",
            "47 hours",
            "2 days",
            "4 days",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn every_message_is_of_single_lines_in_every_language() {
        use crate::domain::notification::INCIDENT_KINDS;

        let topics = INCIDENT_KINDS.map(Topic::Incident).into_iter().chain([Topic::Digest, Topic::Test]);
        let origin = Origin { tenant: "acme.optedo.com".to_owned(), page_url: "https://acme.optedo.com/x".to_owned() };
        for topic in topics {
            for language in Language::ALL {
                let counts = AttentionKind::VARIANTS.iter().map(|kind| (kind.into_str().to_owned(), 2)).collect();
                let (reason, opened_at, ended_at) = (None, None, None);
                let notification =
                    Notification { topic, language: *language, reason, opened_at, ended_at, counts, verdict: None };
                let line = Composed::new(&notification).line(&origin);
                assert!(line.ends_with(" https://acme.optedo.com/x") && !line.contains('\n'), "{line}");
                assert!(!line.contains("incident-") && !line.contains("items-of-kind"), "{line}");
            }
        }
    }
}
