//! The settings page.

mod browser;
mod differences;
mod live;
mod notifications;
mod pause;
mod preview;
mod tabs;
