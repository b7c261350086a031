//! What a run of tests came to: how many passed and failed, and the names of those that failed.

use std::ops::AddAssign;

use crate::counts::{Counts, without_colours};

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub counts: Counts,
    /// What failed, each with where it is: a file, the groups around it.
    pub failed: Vec<String>,
    /// What their runners said of it, so that the end of a long run tells enough.
    pub said: Vec<String>,
}

/// How many lines of what one runner says of its failures are told again.
const SAID: usize = 40;

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.counts += other.counts;
        self.failed.extend(other.failed);
        self.said.extend(other.said);
    }
}

impl Outcome {
    /// What a runner of tests printed; `what` says which, for a run that died without a name.
    pub fn of(what: &str, output: &str, succeeded: bool) -> Self {
        let counts = Counts::of_suite(output, succeeded);
        let mut failed = names(output);
        if counts.failed > 0 && failed.is_empty() {
            failed.push("ended with an error, or ran nothing".to_owned());
        }
        for name in &mut failed {
            *name = format!("{what}: {name}");
        }
        let said = if failed.is_empty() { Vec::new() } else { said(output) };
        Self { counts, failed, said }
    }

    /// One more failure, of this name.
    pub fn fail(&mut self, name: impl Into<String>) {
        self.counts.failed += 1;
        self.failed.push(name.into());
    }
}

/// The names of the tests that cargo's, wasm-bindgen's and Node's runners say have failed.
fn names(output: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut file = String::new();
    let mut groups = Groups::default();
    for line in output.lines() {
        let line = without_colours(line);
        // Node tells all failures once more.
        if line.ends_with("failing tests:") {
            break;
        }
        if let Some(running) = cargo_file(&line) {
            running.clone_into(&mut file);
        } else if let Some(name) = cargo_failure(&line) {
            let at = if file.is_empty() { String::new() } else { format!("{file}: ") };
            found.push(format!("{at}{name}"));
        } else {
            found.extend(groups.node_failure(&line));
        }
    }
    found
}

/// The beginning of what cargo's and Node's runners say of all failures, after the tests.
fn said(output: &str) -> Vec<String> {
    let begins = |line: &String| line.ends_with("failing tests:") || line == "failures:";
    let lines = output.lines().map(without_colours).skip_while(|line| !begins(line));
    lines.take(SAID).collect()
}

/// `     Running tests/wire.rs (target/debug/deps/wire-0123)`, `   Doc-tests mcp_wasm`
fn cargo_file(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix("Running ") {
        let (file, _) = rest.split_once(" (")?;
        return Some(file.strip_prefix("unittests ").unwrap_or(file));
    }
    line.strip_prefix("Doc-tests ")
}

/// `test module::name ... FAILED`; wasm-bindgen writes `FAIL`.
fn cargo_failure(line: &str) -> Option<&str> {
    let (name, result) = line.trim_start().strip_prefix("test ")?.rsplit_once(" ... ")?;
    result.starts_with("FAIL").then_some(name)
}

/// The groups that are open in what Node's spec reporter prints.
#[derive(Default)]
struct Groups(Vec<Group>);

struct Group {
    depth: usize,
    name: String,
    /// A test in it has been told.
    told: bool,
}

impl Groups {
    /// `▶ group` opens one; `✖ name (1.5ms)` is a test, or closes one.
    fn node_failure(&mut self, line: &str) -> Option<String> {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        let (sign, name) = text.split_once(' ')?;
        let is_failure = match sign {
            "▶" => {
                self.0.retain(|group| group.depth < depth);
                self.0.push(Group { depth, name: name.to_owned(), told: false });
                return None;
            }
            "✖" => true,
            "✔" => false,
            _ => return None,
        };
        let (name, is_excused) = without_directive(name);
        let name = without_time(name);
        let closed = self.0.pop_if(|group| group.depth == depth && group.name == name);
        self.0.retain(|group| group.depth < depth);
        if !is_failure || is_excused || closed.is_some_and(|group| group.told) {
            return None;
        }
        self.0.iter_mut().for_each(|group| group.told = true);
        let path = self.0.iter().map(|group| group.name.as_str()).chain([name]);
        Some(path.collect::<Vec<_>>().join(" > "))
    }
}

/// `name (1.5ms) # why`: a test that may fail, or that was passed over.
fn without_directive(name: &str) -> (&str, bool) {
    match name.rsplit_once("ms) # ") {
        Some((before, _)) => (name.get(..before.len() + "ms)".len()).unwrap_or(name), true),
        None => (name, false),
    }
}

fn without_time(name: &str) -> &str {
    match name.rsplit_once(" (") {
        Some((name, time)) if time.ends_with("ms)") => name,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_cargo_are_named_with_their_files() {
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/mcp_wasm-01)
test a::b ... ok
test a::c ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/wire.rs (target/debug/deps/wire-02)
test d ... FAILED
   Doc-tests mcp_wasm
test src/lib.rs - (line 3) ... FAILED
";
        let names = ["src/lib.rs: a::c", "tests/wire.rs: d", "mcp_wasm: src/lib.rs - (line 3)"];
        assert_eq!(Outcome::of("rust", output, false).failed, names.map(|n| format!("rust: {n}")));
    }

    #[test]
    fn failures_in_browsers_are_named() {
        let output =
            "running 2 tests\ntest web::one ... \u{1b}[31mFAIL\u{1b}[0m\ntest web::two ... ok\n";
        assert_eq!(Outcome::of("chrome", output, false).failed, ["chrome: web::one"]);
    }

    #[test]
    fn failures_of_node_are_named_with_the_groups_around_them_and_once() {
        let output = "\
✖ alone (2034.0ms)
  'test timed out after 2000ms'
▶ group
  ✖ first (0.3ms)
    Error: x
  ▶ inner
    ✔ fine (0.1ms)
    ✖ second (of two) (0.3ms)
  ✖ inner (1.0ms)
  ✔ third (0.1ms)
✖ group (4719.2ms)
▶ broken hook
  ✔ a (0.1ms)
✖ broken hook (0.2ms)
▶ fine
  ✔ a (0.1ms)
✔ fine (0.2ms)
✖ late (0.2ms)
ℹ pass 4
ℹ fail 5
✖ failing tests:
✖ alone (2034.0ms)
";
        let outcome = Outcome::of("x.test.mjs", output, false);
        let names =
            ["alone", "group > first", "group > inner > second (of two)", "broken hook", "late"];
        assert_eq!(outcome.failed, names.map(|name| format!("x.test.mjs: {name}")));
        assert_eq!(outcome.counts, Counts { passed: 4, failed: 5 });
        assert_eq!(outcome.said, ["✖ failing tests:", "✖ alone (2034.0ms)"]);
    }

    #[test]
    fn what_cargo_says_of_failures_is_told_again() {
        let output = "\
test a ... FAILED

failures:

---- a stdout ----
thread 'a' panicked at tests/a.rs:3:5:
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";
        let outcome = Outcome::of("rust", output, false);
        assert_eq!(outcome.said.get(3).map(String::as_str), output.lines().nth(5));
    }

    #[test]
    fn tests_that_may_fail_are_no_failures() {
        let output = "\
✖ pending one (2034.0ms) # pending
▶ group
  ✖ open (0.3ms) # TODO
    Error: x
  ✔ fine (0.1ms)
✔ group (4719.2ms)
✖ a name # with a sign (0.3ms)
ℹ pass 1
ℹ fail 1
ℹ todo 2
";
        let outcome = Outcome::of("x.test.mjs", output, false);
        assert_eq!(outcome.failed, ["x.test.mjs: a name # with a sign"]);
        assert_eq!(outcome.counts, Counts { passed: 1, failed: 1 });
    }

    #[test]
    fn a_run_that_died_has_a_name_all_the_same() {
        let died = Outcome::of("rust", "error: could not compile", false);
        assert_eq!(died.failed, ["rust: ended with an error, or ran nothing"]);
        assert_eq!(
            Outcome::of("rust", "test result: ok. 3 passed; 0 failed", true).failed,
            [""; 0]
        );
    }
}
