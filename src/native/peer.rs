//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};

use super::Options;
use crate::server::{Identity, Principal};

/// Whom limits are for: what one of them does is not at the cost of another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Peer {
    /// Somebody whom the application knows.
    Principal(Identity),
    /// Whoever has this address; of IPv6, the network of 64 bits, which is what one customer gets.
    Address(IpAddr),
}

impl Peer {
    /// The peer of a request, if there is anything known of it.
    pub(super) fn of(
        extensions: &Extensions,
        headers: &HeaderMap,
        options: &Options,
    ) -> Option<Self> {
        if let Some(principal) = extensions.get::<Principal>() {
            return Some(Self::Principal(principal.identity()));
        }
        if let Some(header) = &options.forwarded_header {
            return forwarded(headers, header).map(Self::at);
        }
        let ConnectInfo(address) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(Self::at(address.ip()))
    }

    /// The peer of this address.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The address that the nearest proxy saw: the last one in the header, for those before it are
/// what the client says.
fn forwarded(headers: &HeaderMap, header: &str) -> Option<IpAddr> {
    let last = headers.get_all(header).iter().next_back()?.to_str().ok()?.rsplit(',').next()?;
    // `Forwarded` has pairs.
    let address = if header.eq_ignore_ascii_case("forwarded") {
        last.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(value)
        })?
    } else {
        last
    };
    let address = address.trim().trim_matches('"');
    let in_brackets = address.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let bare = in_brackets.map_or(address, |(address, _)| address);
    bare.parse().ok().or_else(|| Some(address.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[allow(clippy::unnecessary_wraps)] // as what it is compared with
    fn peer(address: &str) -> Option<Peer> {
        Some(Peer::at(address.parse().unwrap()))
    }

    fn of(header: Option<&str>, values: &[(&'static str, &str)]) -> Option<Peer> {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let options = Options { forwarded_header: header.map(str::to_owned), ..Options::default() };
        Peer::of(&extensions, &headers, &options)
    }

    #[test]
    fn headers_are_believed_only_when_the_option_says_so() {
        let values = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")];
        assert_eq!(of(None, &values), peer("192.0.2.1"));
        assert_eq!(of(Some("X-Forwarded-For"), &values), peer("198.51.100.7"));
        assert_eq!(of(Some("Forwarded"), &values), peer("198.51.100.7"));
        assert_eq!(of(Some("X-Real-IP"), &values), None, "what is missing is not known");
    }

    #[test]
    fn the_last_address_counts_for_those_before_it_are_what_the_client_says() {
        for (name, value) in [
            ("x-forwarded-for", "10.0.0.1, 198.51.100.7"),
            ("x-forwarded-for", "evil,198.51.100.7:443"),
            ("forwarded", "for=10.0.0.1, proto=https;For=\"198.51.100.7:443\""),
        ] {
            assert_eq!(of(Some(name), &[(name, value)]), peer("198.51.100.7"), "{value}");
        }
        let twice = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(of(Some("x-forwarded-for"), &twice), peer("198.51.100.7"));
        let six = [("forwarded", "for=\"[2001:db8::1]:99\"")];
        assert_eq!(of(Some("forwarded"), &six), peer("2001:db8::1"));
        assert_eq!(of(Some("forwarded"), &[("forwarded", "for=unknown")]), None);
    }

    #[test]
    fn addresses_of_one_network_and_the_two_ways_to_write_one_are_the_same() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
    }
}
