//! The settings page.

mod browser;
mod live;
mod preview;
mod tabs;
