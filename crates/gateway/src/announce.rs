//! What is printed at the start: where everything is, with the token, which nobody else is told.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use crate::pool::Pool;

/// Where browsers of this machine find the gateway, without a path.
pub fn base(address: SocketAddr, is_safe: bool) -> String {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http{}://{address}", if is_safe { "s" } else { "" })
}

/// Says on standard output where the gateway and its servers are.
pub fn announce(
    address: SocketAddr,
    is_safe: bool,
    pools: &[Arc<Pool>],
    token: Option<&str>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let s = if is_safe { "s" } else { "" };
    writeln!(out, "listening on http{s}://{address}/")?;
    for pool in pools {
        let path = pool.path();
        writeln!(out)?;
        writeln!(out, "{} ({})", pool.name(), pool.describe())?;
        writeln!(out, "  address     http{s}://{address}{path}  (or ws{s}://{address}{path})")?;
        let protocols = match token {
            Some(token) => {
                writeln!(out, "  token       {token}")?;
                format!(", {{ protocols: [\"mcp\", \"mcp.ticket.{token}\"] }}")
            }
            None => String::new(),
        };
        writeln!(
            out,
            "  JavaScript  const client = await Client.connect(\"ws{s}://{address}{path}\"{protocols});"
        )?;
    }
    writeln!(out)?;
    let fragment = token.map(|token| format!("#{token}")).unwrap_or_default();
    writeln!(out, "try them at http{s}://{address}/{fragment}")?;
    out.flush()
}
