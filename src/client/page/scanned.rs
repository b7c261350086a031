//! Progress that was scanned in a text, as its handler gets it.

use super::super::Progress;
use super::platform;
use crate::proto::scan::Scanned;

/// What was scanned in a text, as its handler gets it.
pub(super) fn progress_of(found: &Scanned, text: &[u8]) -> Progress {
    let (progress, total) = (found.progress, found.total);
    let message = found.message.clone().and_then(|span| {
        if !found.is_escaped {
            return Some(String::from_utf8_lossy(text.get(span)?).into_owned());
        }
        let literal = text.get(span.start - 1..=span.end)?;
        platform::parse(&String::from_utf8_lossy(literal).as_ref().into()).ok()?.as_string()
    });
    Progress { progress, total, message }
}
