//! The settings page.

mod browser;
mod differences;
mod live;
mod pause;
mod preview;
mod tabs;
