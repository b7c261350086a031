//! Whose progress a notification is, and what is wrong with it.

use crate::jsonrpc::{Id, Kind, Payload};

use super::calls::CallTable;
use super::output::Report;

/// How many progress notifications were odd, and in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressCounts {
    /// Delivered to a call.
    pub delivered: u32,
    /// For a token that was never handed out.
    pub unknown: u32,
    /// For a call that had ended.
    pub late: u32,
    /// Below the value before it.
    pub backward: u32,
    /// Equal to the value before it.
    pub duplicate: u32,
    /// Without a token, or with a value that is no finite number; dropped.
    pub malformed: u32,
}

impl<P> CallTable<P> {
    /// Whether the notification is to be delivered, and to whose slot.
    pub(super) fn accept(
        &mut self,
        token: &Id,
        progress: f64,
        newest: i64,
        counts: &mut ProgressCounts,
    ) -> Option<u32> {
        let Id::Integer(id) = *token else {
            counts.unknown += 1;
            return None;
        };
        self.accept_integer(id, progress, newest, counts)
    }

    /// The same, for the only kind of token that this client hands out.
    pub(super) fn accept_integer(
        &mut self,
        id: i64,
        progress: f64,
        newest: i64,
        counts: &mut ProgressCounts,
    ) -> Option<u32> {
        let Some(call) = self.find(id).filter(|call| call.listens) else {
            if (1..=newest).contains(&id) {
                counts.late += 1;
            } else {
                counts.unknown += 1;
            }
            return None;
        };
        call.progressed = true;
        if progress <= call.latest {
            if progress < call.latest {
                counts.backward += 1;
            } else {
                counts.duplicate += 1;
            }
            if call.limits.strict {
                return None;
            }
        }
        call.latest = progress;
        counts.delivered = counts.delivered.wrapping_add(1);
        Some(call.slot)
    }
}

/// Reads the params of a progress notification; the error names the member that is wrong.
pub(super) fn read<P: Payload>(params: Option<P>) -> Result<(Id, Report<P>), &'static str> {
    let params = params.ok_or("params")?;
    let token = params.get("progressToken").and_then(|token| token.as_id());
    let number = |key| params.get(key).and_then(|value: P| value.as_f64());
    let progress = number("progress").filter(|value| value.is_finite()).ok_or("progress")?;
    let total = match present(params.get("total")) {
        None => None,
        Some(total) => Some(total.as_f64().filter(|value| value.is_finite()).ok_or("total")?),
    };
    let message = present(params.get("message"));
    if message.as_ref().is_some_and(|message| message.kind() != Kind::Text) {
        return Err("message");
    }
    Ok((token.ok_or("progressToken")?, Report { progress, total, message, params }))
}

/// Some servers write an absent member as `null`.
fn present<P: Payload>(member: Option<P>) -> Option<P> {
    member.filter(|member| member.kind() != Kind::Null)
}
