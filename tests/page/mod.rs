//! The settings page.

mod browser;
mod differences;
mod live;
mod preview;
mod tabs;
