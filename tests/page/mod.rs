//! The settings page.

mod agreement;
mod browser;
mod connection_test;
mod decisions;
mod differences;
mod items;
mod leave_types;
mod live;
mod notifications;
mod pause;
mod person_choice;
mod preview;
mod settings;
mod tabs;
mod verdict;
