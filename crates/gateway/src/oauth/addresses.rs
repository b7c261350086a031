//! Which addresses may be used, and what counts as the same one.

use url::{Host, Url};

/// Whether a host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An address that came by the network: https, or http on this machine if the server is there too.
pub fn usable(text: &str, server: &Url) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url) && is_loopback(server),
        _ => false,
    };
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Whether a protected resource is the server: its origin, and its path or one above it.
pub fn is_resource_of(resource: &str, server: &Url) -> bool {
    let Ok(theirs) = Url::parse(resource) else { return false };
    let bare = |url: &Url| url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    let (above, path) = (bare(&theirs), bare(server));
    let is_above =
        path.strip_prefix(&above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    theirs.origin() == server.origin() && is_above
}

/// Whether two texts name the same issuer: they are equal, or differ by the slash after the host.
pub fn is_same_issuer(one: &str, other: &str) -> bool {
    fn bare(issuer: &str) -> &str {
        match issuer.split_once("://") {
            Some((_, rest)) if rest.find(['/', '?', '#']) == Some(rest.len().saturating_sub(1)) => {
                issuer.strip_suffix('/').unwrap_or(issuer)
            }
            _ => issuer,
        }
    }
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn addresses_of_the_network_are_https_or_of_this_machine_if_the_server_is() {
        let (far, near) = (url("https://a.example/mcp"), url("http://127.0.0.1:1/mcp"));
        assert!(usable("https://b.example/token", &far).is_some());
        assert!(usable("http://127.0.0.1:2/token", &near).is_some());
        for bad in [
            "http://127.0.0.1:2/token",
            "http://b.example/",
            "file:///etc",
            "javascript:1",
            "https://u:p@b.example/",
            "x",
        ] {
            assert!(usable(bad, &far).is_none(), "{bad}");
        }
        assert!(usable("http://b.example/", &near).is_none());
    }

    #[test]
    fn a_resource_is_the_server_or_above_it() {
        let server = url("https://a.example/one/mcp");
        for good in [
            "https://a.example",
            "https://a.example/",
            "https://a.example/one",
            "https://a.example/one/mcp",
        ] {
            assert!(is_resource_of(good, &server), "{good}");
        }
        for bad in [
            "https://b.example/one/mcp",
            "http://a.example/one/mcp",
            "https://a.example/on",
            "https://a.example/one/mcp/x",
            "x",
        ] {
            assert!(!is_resource_of(bad, &server), "{bad}");
        }
    }

    #[test]
    fn issuers_are_compared_as_texts_but_for_the_slash_after_a_host() {
        assert!(is_same_issuer("https://a.example", "https://a.example/"));
        assert!(!is_same_issuer("https://a.example/t", "https://a.example/t/"));
        assert!(!is_same_issuer("https://a.example", "https://A.example"));
    }
}
