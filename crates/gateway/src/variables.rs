//! What stands for something else in a configuration: `${VAR}`, `${env:VAR}`, `${input:NAME}`.

use std::env;

/// Characters of a text that an error shows.
const SHOWN: usize = 80;

/// Where the values come from.
pub struct Variables<'a> {
    /// The variables of the environment.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
}

/// Those of this process.
pub fn of_environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// The variable that stands for an input that somebody else's program asks its user for.
fn of_input(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    ["INPUT_", &name.chars().map(plain).collect::<String>()].concat()
}

/// As much of a text as an error shows.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Variables<'_> {
    /// The text with everything in its place.
    ///
    /// # Errors
    /// In words, what is missing and how to give it.
    pub fn expand(&self, text: &str) -> Result<String, String> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                return Err(format!("`{}` has a `${{` without its `}}`", shown(text)));
            };
            out.push_str(&self.value(name)?);
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, name: &str) -> Result<String, String> {
        let whole = shown(name);
        if let Some(input) = name.strip_prefix("input:") {
            let variable = of_input(input);
            return (self.lookup)(&variable).ok_or_else(|| {
                let variable = shown(&variable);
                format!(
                    "`${{{whole}}}` is a value that an editor asks for, and the gateway cannot ask: \
                     set the environment variable {variable} to it"
                )
            });
        }
        let name = name.strip_prefix("env:").unwrap_or(name);
        let (name, default) = match name.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (name, None),
        };
        match name {
            "workspaceFolder" | "workspaceRoot" | "cwd" => {
                if let Ok(here) = env::current_dir() {
                    return Ok(here.to_string_lossy().into_owned());
                }
            }
            "userHome" => return self.value("HOME"),
            "pathSeparator" | "/" => return Ok(std::path::MAIN_SEPARATOR.to_string()),
            _ => {}
        }
        let value = (self.lookup)(name).or_else(|| default.map(str::to_owned));
        value.ok_or_else(|| {
            let name = shown(name);
            format!("`${{{whole}}}`: the environment variable {name} is not set; set it, or write its value there")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;

    fn expand(text: &str) -> Result<String, String> {
        let lookup = |name: &str| match name {
            "KEY" => Some("secret".to_owned()),
            "INPUT_API_KEY" => Some("typed".to_owned()),
            _ => None,
        };
        Variables { lookup: &lookup }.expand(text)
    }

    #[test]
    fn variables_are_put_in_their_places() {
        assert_eq!(expand("a${KEY}b${env:KEY}").as_deref(), Ok("asecretbsecret"));
        assert_eq!(expand("${input:api-key}").as_deref(), Ok("typed"));
        assert_eq!(expand("${NONE:-else}$KEY").as_deref(), Ok("else$KEY"));
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_out() {
        assert!(expand("${NONE}").unwrap_err().contains("NONE is not set"));
        let error = expand("${input:token}").unwrap_err();
        assert!(error.contains("set the environment variable INPUT_TOKEN"), "{error}");
        assert!(expand("${KEY").unwrap_err().contains("without its"));
        for huge in [
            "${".repeat(100_000),
            format!("${{{}}}", "x".repeat(100_000)),
            format!("${{input:{}}}", "ö".repeat(100_000)),
        ] {
            let error = expand(&huge).unwrap_err();
            assert!(error.len() < 1000, "{}", error.len());
        }
    }
}
