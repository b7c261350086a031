//! What comes from the system's package manager, and what its Python installs.

use std::fs;

use anyhow::{Context, Result, bail};
use enumset::EnumSet;

use super::{Need, once, program};
use crate::run::{Cmd, find, root, step, target};

/// The Debian packages of browsers and drivers that are needed and not found.
pub fn missing_browsers(needs: EnumSet<Need>) -> Vec<&'static str> {
    const CHROME: [&str; 5] =
        ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
    let wanted = [
        (needs.contains(Need::Chromium), "CHROME", &CHROME[..], "chromium"),
        (
            needs.contains(Need::Chromedriver),
            "CHROMEDRIVER",
            &["chromedriver"][..],
            "chromium-driver",
        ),
        (needs.contains(Need::Firefox), "FIREFOX", &["firefox-esr", "firefox"][..], "firefox-esr"),
        (
            needs.contains(Need::Webkit),
            "WEBKIT_DRIVER",
            &["WebKitWebDriver"][..],
            "webkit2gtk-driver",
        ),
        (needs.contains(Need::Webkit), "XVFB", &["Xvfb"][..], "xvfb"),
    ];
    wanted
        .iter()
        .filter(|(needed, variable, names, _)| *needed && program(variable, names).is_none())
        .map(|(.., package)| *package)
        .collect()
}

pub fn browsers(needs: EnumSet<Need>) -> Result<()> {
    apt_install(&missing_browsers(needs))?;
    let still = missing_browsers(needs);
    if !still.is_empty() {
        bail!("{} could not be found after the installation", still.join(", "));
    }
    Ok(())
}

pub fn can_apt_install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    let or = "or name the programs in CHROME, CHROMEDRIVER, FIREFOX, WEBKIT_DRIVER, XVFB or PYTHON";
    if find(&["apt-get"]).is_none() {
        bail!("missing: {list}. Install them with your system's package manager, {or}");
    }
    if Cmd::new("id").arg("-u").output().is_none_or(|id| id != "0") {
        bail!("missing: {list}. Run `sudo apt-get update && sudo apt-get install {list}`, {or}");
    }
    Ok(())
}

fn apt_install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    can_apt_install(packages)?;
    let apt = |args: &[&str]| {
        Cmd::new("apt-get")
            .args(["-o", "DPkg::Lock::Timeout=300"])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .quiet()
    };
    step(&format!("apt-get install {}", packages.join(" ")), || {
        apt(&["update"])?;
        let install = ["install", "-y", "--no-install-recommends"];
        apt(&[&install[..], packages].concat())
    })
}

/// A Python environment with peers of the interop tests.
pub fn python(name: &str, packages: &str) -> Result<()> {
    let requirements =
        fs::read(root().join(packages)).with_context(|| format!("{packages} cannot be read"))?;
    let environment = target().join("tools").join(name);
    once(&environment.join("installed-requirements.txt"), &requirements, || {
        let python = || program("PYTHON", &["python3", "python"]);
        if python().is_none() {
            apt_install(&["python3", "python3-venv"])?;
        }
        let python = python().context("python3 is missing: install it, or name it in PYTHON")?;
        step(&format!("Python peers of the interop tests: {packages}"), || {
            let make =
                || Cmd::new(&python).args(["-m", "venv", "--clear"]).arg(&environment).quiet();
            // Debian's Python comes without the part that `venv` needs.
            if make().is_err() {
                apt_install(&["python3-venv"])?;
                make()?;
            }
            Cmd::new(environment.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(root().join(packages))
                .quiet()
                .context("pip could not install the Python peers (they need Python 3.10 or newer)")
        })
    })
}
