//! Which addresses a server may ask a person to open.

/// Whether an address may reach a page: `https:`, or `http:` of this very machine.
///
/// Browsers read addresses leniently (<https://url.spec.whatwg.org/>): they drop line breaks and
/// tabs, trim blanks, take `\` for `/`, and do without slashes. What only such a reader would
/// understand is refused, so that a page sees the same address as the browser; so are names and
/// passwords before the host, which make one host look like another.
#[inline(never)]
pub(super) fn may_be_opened(address: &str) -> bool {
    let bytes = address.as_bytes();
    // A URI is plain ASCII; anything else in it has to be escaped.
    if !bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\') {
        return false;
    }
    let (secure, rest) = match (after(bytes, b"https://"), after(bytes, b"http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    // The colon before the port comes last; another one is part of an address of IPv6.
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    // `contains` would bring along what searches long texts.
    let not_colon = |byte: &u8| *byte != b':';
    let host = match authority.get(..authority.len() - digits) {
        Some([host @ .., b':']) if host.ends_with(b"]") || host.iter().all(not_colon) => host,
        _ => authority,
    };
    let odd = |byte: &u8| matches!(byte, b'@' | b'%') || *byte == b':' && !host.starts_with(b"[");
    let plain = !host.is_empty() && digits <= 5 && !host.iter().any(odd);
    plain && (secure || is_here(host))
}

/// What follows a prefix, whatever its case.
fn after<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a host is this machine: by name, or by an address in its usual spelling.
fn is_here(host: &[u8]) -> bool {
    if host.eq_ignore_ascii_case(b"localhost") || host == b"[::1]" {
        return true;
    }
    let (mut parts, mut fits) = (0, host.starts_with(b"127."));
    for part in host.split(|byte| *byte == b'.') {
        parts += 1;
        let mut value = 0_u32;
        for byte in part {
            fits &= byte.is_ascii_digit();
            value = value.wrapping_mul(10).wrapping_add(u32::from(byte.wrapping_sub(b'0')));
        }
        fits &= (1..=3).contains(&part.len()) && value <= 255;
        fits &= part.len() == 1 || part.first() != Some(&b'0');
    }
    fits && parts == 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_this_machine_may_be_opened() {
        for address in [
            "https://example.com",
            "https://example.com/",
            "https://example.com/login?state=a%20b&next=%2F#top",
            "https://example.com:8443/a@b",
            "HTTPS://EXAMPLE.COM/",
            "https://[2001:db8::1]/",
            "https://192.0.2.7/",
            "https://xn--bcher-kva.example/",
            "https://example.com?to=http://elsewhere.example/",
            "http://localhost",
            "http://localhost:3000/callback",
            "http://LOCALHOST/",
            "http://127.0.0.1:8080/?a=b",
            "http://127.255.0.1/",
            "http://[::1]/",
            "http://[::1]:8080/x",
        ] {
            assert!(may_be_opened(address), "{address}");
        }
    }

    #[test]
    fn anything_else_may_not() {
        for address in [
            "",
            "example.com",
            "//example.com/",
            "/login",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "javascript:https://example.com",
            "data:text/html,<script>alert(1)</script>",
            "file:///etc/passwd",
            "blob:https://example.com/1",
            "about:blank",
            "vscode://file/etc",
            "ftp://example.com/",
            "ws://example.com/",
            "mailto:a@example.com",
            "view-source:https://example.com/",
            "intent://example.com/#Intent;scheme=https;end",
            "https:example.com",
            "https:/example.com",
            "https:///example.com",
            "https:\\\\example.com",
            "https://",
            "https:// example.com",
            " https://example.com",
            "https://example.com ",
            "https://example.com/\n",
            "ht\ntps://example.com/",
            "https://example.com/a b",
            "https://example.com\\@evil.example",
            "https://\u{202e}example.com/",
            "https://example.com/\u{200b}",
            "https://b\u{fc}cher.example/",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://example.com:443@evil.example/",
            "https://%65xample.com/",
            "https://example.com:port/",
            "https://example.com:123456/",
            "https://example.com:80:80/",
            "https://::1/",
            "https://::1:80/",
            "https://:443/",
            "http://example.com/",
            "http://localhost.example/",
            "http://localhost@example.com/",
            "http://127.0.0.1.example/",
            "http://127.1/",
            "http://127.0.0.01/",
            "http://127.0.0.256/",
            "http://127.0.0.1./",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://[::]/",
            "http://[::1",
            "http://[::ffff:127.0.0.1]/",
            "http:localhost",
        ] {
            assert!(!may_be_opened(address), "{address:?}");
        }
    }
}
