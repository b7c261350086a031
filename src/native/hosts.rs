//! Hosts as requests name them, read strictly: what two parsers may read differently is refused.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::uri::Authority;

/// A host, and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostName {
    name: Name,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Address(IpAddr),
    /// In lower case.
    Domain(String),
}

impl HostName {
    /// Reads `host` or `host:port`, and nothing else: no user, no empty port, no final dot, no
    /// percent-encoding, no zone of an IPv6 address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        // It skips a user, and stops at the bracket whatever follows.
        let host = authority.host();
        let port = match text.strip_prefix(host)? {
            "" => None,
            rest => {
                let digits = rest.strip_prefix(':')?;
                let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
                Some(digits.parse().ok().filter(|_| is_number)?)
            }
        };
        Some(Self { name: Name::parse(host)?, port })
    }

    /// Reads a host as people write one: an IPv6 address needs no brackets.
    pub(super) fn of_setting(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(address) => Some(Self { name: Name::Address(address), port: None }),
            Err(_) => Self::parse(text),
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        match &self.name {
            Name::Address(address) => address.is_loopback(),
            Name::Domain(name) => name == "localhost",
        }
    }

    /// Whether this setting means that host. Without a port it means every port.
    pub(super) fn names(&self, host: &Self) -> bool {
        self.name == host.name
            && match (self.port, host.port) {
                (None, _) => true,
                (Some(own), Some(port)) => own == port,
                // Nobody writes the port that the scheme implies.
                (Some(own), None) => own == 80 || own == 443,
            }
    }

    /// Whether both are the same place for URLs whose scheme implies this port.
    fn is_same(&self, other: &Self, implied: u16) -> bool {
        self.name == other.name && self.port.unwrap_or(implied) == other.port.unwrap_or(implied)
    }
}

impl Name {
    fn parse(host: &str) -> Option<Self> {
        if let Some(rest) = host.strip_prefix('[') {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = host.parse() {
            return Some(Self::Address(address));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_domain =
            host.split('.').all(|label| !label.is_empty() && label.bytes().all(is_plain));
        is_domain.then(|| Self::Domain(host.to_ascii_lowercase()))
    }
}

/// Where a page comes from, if that is a host on the web: files, sandboxed frames and extensions
/// come from none.
pub(super) struct Origin {
    host: HostName,
    /// The port that its scheme implies.
    implied: u16,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let implied = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        Some(Self { host: HostName::parse(authority)?, implied })
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.host.is_loopback()
    }

    /// Whether its pages come from this host.
    pub(super) fn is_of(&self, host: &HostName) -> bool {
        self.host.is_same(host, self.implied)
    }
}

#[cfg(test)]
mod tests {
    use super::{HostName, Origin};

    #[test]
    fn hosts_are_read_with_their_ports() {
        for (text, same) in [
            ("LocalHost", "localhost"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]", "[0:0::1]"),
            ("[::1]:8000", "[::1]:8000"),
            ("my_service.internal:9", "MY_SERVICE.internal:9"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            let host = HostName::parse(text);
            assert!(host.is_some(), "{text}");
            assert_eq!(host, HostName::parse(same), "{text}");
        }
        assert_ne!(HostName::parse("localhost:1"), HostName::parse("localhost"));
    }

    #[test]
    fn what_is_no_plain_host_is_none() {
        for text in [
            "",
            ":",
            ":80",
            ".",
            "localhost.",
            ".localhost",
            "a..b",
            "localhost:",
            "localhost:x",
            "localhost:+80",
            "localhost:-1",
            "localhost:65536",
            "localhost:80:80",
            "localhost:80.evil.example",
            "user@localhost",
            "localhost@localhost",
            "localhost:1@localhost:1",
            "evil.example#@localhost",
            "localhost/",
            "localhost?",
            "localhost#",
            "localhost\\",
            "localhost evil.example",
            "localhost,evil.example",
            "http://localhost",
            "%6cocalhost",
            "localhost%00",
            "localhost%2eevil.example",
            "l\u{f6}calhost",
            "[::1",
            "::1",
            "[::1].evil.example",
            "[::1]evil.example",
            "[::1]:80.evil.example",
            "[::1]]",
            "[[::1]]",
            "[::1%25lo]",
            "[::1%lo]",
            "[v1.localhost]",
            "[127.0.0.1]",
            "[localhost]",
            "*",
        ] {
            assert_eq!(HostName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_is_a_name_and_the_addresses() {
        for text in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.255.0.9:80", "[::1]:80"] {
            assert!(HostName::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in [
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "128.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "a.localhost",
        ] {
            assert!(HostName::parse(text).is_none_or(|host| !host.is_loopback()), "{text}");
        }
    }

    #[test]
    fn a_setting_without_a_port_means_every_port() {
        let names = |setting: &str, host: &str| {
            HostName::of_setting(setting).unwrap().names(&HostName::parse(host).unwrap())
        };
        assert!(names("mcp.example", "mcp.example"));
        assert!(names("mcp.example", "MCP.example:8000"));
        assert!(names("mcp.example:8000", "mcp.example:8000"));
        assert!(names("mcp.example:443", "mcp.example"));
        assert!(names("fe80::1", "[fe80::1]:8000"));
        assert!(names("[fe80::1]", "[fe80::1]"));
        assert!(!names("mcp.example:8000", "mcp.example"));
        assert!(!names("mcp.example:8000", "mcp.example:8001"));
        assert!(!names("mcp.example", "evil.mcp.example"));
        assert!(!names("mcp.example", "mcp.example.evil.example"));
        assert!(HostName::of_setting("https://mcp.example").is_none());
    }

    #[test]
    fn an_origin_is_of_a_host_by_name_and_port() {
        let is_of = |origin: &str, host: &str| {
            Origin::parse(origin).unwrap().is_of(&HostName::parse(host).unwrap())
        };
        assert!(is_of("http://mcp.example", "mcp.example"));
        assert!(is_of("https://mcp.example", "mcp.example:443"));
        assert!(is_of("http://localhost:8000", "LOCALHOST:8000"));
        assert!(!is_of("http://mcp.example", "mcp.example:443"));
        assert!(!is_of("http://mcp.example:81", "mcp.example"));
        assert!(!is_of("http://127.0.0.1:8000", "localhost:8000"));
        for text in [
            "null",
            "",
            "localhost",
            "evil://localhost",
            "file://",
            "file://localhost",
            "ws://localhost",
            "http:/localhost",
            "http://localhost/",
            "http://",
            "http://user@localhost",
            "http://http://localhost",
            " http://localhost",
            "http://localhost http://localhost",
        ] {
            assert!(Origin::parse(text).is_none(), "{text}");
        }
    }
}
