//! Test kit: scenario generator with exact truth, and real services for tests.

pub mod azurite;
