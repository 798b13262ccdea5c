//! Reconciling: what is written to Optedo for the leave in Officient, what is not, and why.

mod adopting;
mod archived;
mod attention;
mod audit;
mod decisions;
mod deletions;
mod failed_writes;
mod identity;
mod lasting_failures;
mod leave;
mod leave_type_choices;
mod leave_types;
mod outages;
mod people;
mod person_choices;
mod rate_limit;
mod rejected_writes;
mod settings;
mod turn_of_the_year;
mod unblocking;
mod unreadable_responses;
mod verified_writes;
mod window;
