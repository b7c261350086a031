//! Alignments, which are hints that no engine of a browser heeds: where each access has the one that its
//! instruction suggests, none has to travel.

use anyhow::Result;

use crate::split::forms;

/// How `wasm-dis` writes another alignment than the natural one.
const OTHERS: [&str; 3] = [" align=1", " align=2", " align=4"];

/// The module of that text, as `wasm-dis` writes it, whose accesses are all aligned as they would be by nature.
pub fn naturally(text: &str) -> Result<String> {
    let mut module = String::from("(module\n");
    for form in forms(text)? {
        if form.kind() == "func" {
            module += &OTHERS.iter().fold(form.text.to_owned(), |text, one| text.replace(one, ""));
        } else {
            module += form.text;
        }
        module.push('\n');
    }
    Ok(module + ")\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_access_is_aligned_by_nature_and_data_stays() {
        let text = r#"(module
 (memory $0 1)
 (data (i32.const 0) "an align=1 b")
 (func $main (param $0 i32)
  (i32.store offset=4 align=1 (local.get $0) (i32.load align=2 (i32.const 8)))
 )
)
"#;
        let module = naturally(text).unwrap();
        assert!(module.contains("(i32.store offset=4 (local.get $0) (i32.load (i32.const 8)))"));
        assert!(module.contains("an align=1 b"));
    }
}
