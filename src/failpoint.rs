//! Steps at which a test may kill the process, to prove that no step may not be the last one.
//!
//! Steps are named in the environment variable FAILPOINTS, as in `commit:written=1%return`. Only test builds have them:
//! elsewhere `step` is empty.

/// Aborts the process here if the environment says so.
pub fn step(name: &'static str) {
    fail::fail_point!(name, |_| std::process::abort());
    let _ = name;
}

/// Reads FAILPOINTS; for the start of the program.
pub fn read_environment() {
    // Kept to the end of the process: dropping it would clear the steps.
    std::mem::forget(fail::FailScenario::setup());
}
