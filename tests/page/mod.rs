//! The settings page.

mod browser;
mod decisions;
mod differences;
mod leave_types;
mod live;
mod notifications;
mod pause;
mod preview;
mod tabs;
mod verdict;
