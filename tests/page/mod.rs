//! The settings page.

mod browser;
mod differences;
mod live;
mod pause;
mod notifications;
mod preview;
mod tabs;
