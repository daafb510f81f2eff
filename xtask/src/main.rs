//! Set-up-free commands.
fn main() {}
