//! The token that pages have to show.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;

/// The token, unless everybody is let in.
pub fn find(arguments: &Arguments) -> Result<Option<String>> {
    if arguments.no_token {
        return Ok(None);
    }
    match (&arguments.token, &arguments.secret) {
        (Some(token), _) => Ok(Some(token.clone())),
        (None, Some(file)) => kept(file).map(Some),
        (None, None) => random().map(Some),
    }
}

/// One that nobody can guess: 128 bits.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().context("the system has no random numbers")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The one in this file, which is made if there is none.
fn kept(file: &Path) -> Result<String> {
    let shown = file.display();
    match fs::read_to_string(file) {
        // Below it are log-ins.
        Ok(text) => match text.lines().next().unwrap_or_default().trim() {
            "" => bail!("{shown} has no token in it: write one, or remove the file"),
            token => Ok(token.to_owned()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let token = random()?;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut made = options.open(file).with_context(|| format!("cannot make {shown}"))?;
            writeln!(made, "{token}").with_context(|| format!("cannot write {shown}"))?;
            Ok(token)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
    }
}
