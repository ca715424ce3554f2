//! Copydesk.
fn main() {}
