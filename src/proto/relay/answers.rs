//! Answers of the server, as a client of another era knows them.

use super::Relay;
use crate::{
    jsonrpc::{Kind, Payload, RpcError, code},
    proto::version::{Era, Version},
    types::method,
};

impl<P: Payload> Relay<P> {
    /// The answer to a request of that method, for a client of that revision. Between two of the same era
    /// nothing is touched.
    pub(super) fn translated(
        &mut self,
        front: Version,
        method: &str,
        outcome: Result<P, RpcError<P>>,
    ) -> Result<P, RpcError<P>> {
        if method == method::LIST_TOOLS
            && let Ok(result) = &outcome
        {
            self.tools.note(result);
        }
        let Some(back) = self.back.session().map(|session| session.version) else { return outcome };
        let era = front.era();
        if back.era() == era {
            return outcome;
        }
        match (outcome, era) {
            (Ok(result), Era::Modern) => Ok(self.tagged(result, method)),
            (Ok(mut result), Era::Legacy) => {
                let is_odd = |value: P| value.kind() != Kind::Object;
                if method == method::CALL_TOOL
                    && result.get("structuredContent").is_some_and(is_odd)
                {
                    result.remove("structuredContent");
                }
                if method == method::LIST_TOOLS
                    && self.has_crossing_tasks(front)
                    && let Some(tools) = result.get("tools")
                {
                    result.set("tools", Self::offer_tasks(tools));
                }
                Ok(result)
            }
            (Err(mut error), _) => {
                if method == method::READ_RESOURCE {
                    error.code = match (era, error.code) {
                        (Era::Modern, code::RESOURCE_NOT_FOUND) => code::INVALID_PARAMS,
                        (Era::Legacy, code::INVALID_PARAMS)
                            if error
                                .data
                                .as_ref()
                                .is_some_and(|data| data.get("uri").is_some()) =>
                        {
                            code::RESOURCE_NOT_FOUND
                        }
                        (_, code) => code,
                    };
                }
                Err(error)
            }
        }
    }
}
