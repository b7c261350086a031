//! How many tests a runner says passed and failed.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// Sums up what cargo's, wasm-bindgen's and Node's test runners print at the end of a run.
    pub fn read(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            let line = without_colours(line);
            counts += cargo_line(&line).or_else(|| node_line(&line)).unwrap_or_default();
        }
        counts
    }

    /// The counts of a whole suite: one that died, or that ran nothing, has failed.
    pub fn of_suite(output: &str, succeeded: bool) -> Self {
        let mut counts = Self::read(output);
        if (!succeeded && counts.failed == 0) || counts == Self::default() {
            counts.failed += 1;
        }
        counts
    }
}

/// `test result: FAILED. 3 passed; 1 failed; 0 ignored; ...`
fn cargo_line(line: &str) -> Option<Counts> {
    let (_, counts) = line.trim_start().strip_prefix("test result: ")?.split_once(". ")?;
    let mut found = Counts::default();
    for part in counts.split(';') {
        let mut words = part.split_whitespace();
        let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
        match what {
            "passed" => found.passed = number.parse().ok()?,
            "failed" => found.failed = number.parse().ok()?,
            _ => {}
        }
    }
    Some(found)
}

/// `ℹ pass 3` of the spec reporter, `# pass 3` of the TAP one.
fn node_line(line: &str) -> Option<Counts> {
    let mut words = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?.split(' ');
    let (what, number, None) = (words.next()?, words.next()?.parse().ok()?, words.next()) else {
        return None;
    };
    match what {
        "pass" => Some(Counts { passed: number, failed: 0 }),
        "fail" | "cancelled" => Some(Counts { passed: 0, failed: number }),
        _ => None,
    }
}

/// A line as it reads.
pub fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            // A control sequence ends with its first letter.
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn cargo_runs_add_up() {
        let output = "\
running 3 tests
test a ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
";
        assert_eq!(Counts::read(output), counts(7, 2));
    }

    #[test]
    fn wasm_bindgen_runs_count_with_colours_and_indentation() {
        let output = "    test result: \u{1b}[32mok\u{1b}[0m. 5 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.05s";
        assert_eq!(Counts::read(output), counts(5, 0));
    }

    #[test]
    fn node_runs_count_in_both_reporters() {
        let spec = "ℹ tests 6\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\nℹ duration_ms 55";
        assert_eq!(Counts::read(spec), counts(3, 2));
        assert_eq!(Counts::read(&spec.replace('ℹ', "#")), counts(3, 2));
        assert_eq!(Counts::read("# pass on\nℹ pass 3 of them"), counts(0, 0));
    }

    #[test]
    fn a_suite_that_died_or_ran_nothing_is_one_failure() {
        assert_eq!(Counts::of_suite("error: could not compile", false), counts(0, 1));
        assert_eq!(Counts::of_suite("ℹ pass 0\nℹ fail 0", true), counts(0, 1));
        assert_eq!(Counts::of_suite("ℹ pass 2\nℹ fail 0", false), counts(2, 1));
        assert_eq!(Counts::of_suite("ℹ pass 2\nℹ fail 3", false), counts(2, 3));
        assert_eq!(Counts::of_suite("ℹ pass 2\nℹ fail 0", true), counts(2, 0));
    }
}
