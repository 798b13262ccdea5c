//! sync
pub mod attention;
pub mod desired;
pub mod mapping;
pub mod matching;
pub mod plan;
