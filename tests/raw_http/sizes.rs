//! How large a body may be, and how it may not be claimed to be.

use serde_json::json;

use crate::{
    http::{MODERN, Request, modern},
    peer::{LIMIT, answered, refused},
};

/// A list, in a body of so many bytes.
fn sized(length: usize) -> Request {
    let message = modern(1, "tools/list", json!({})).to_string();
    let space = " ".repeat(length - message.len());
    Request::post_text(&(message + &space))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", "tools/list")
}

fn claimed(length: &str) -> Request {
    Request::post_text("").header("Content-Length", length)
}

rows! { answered:
    a_body_of_a_thousand_bytes_is_answered => (sized(1000), 200);
    a_body_of_65536_bytes_is_answered => (sized(65_536), 200);
    a_body_just_below_the_limit_is_answered => (sized(LIMIT - 1), 200);
    a_body_at_the_limit_is_answered => (sized(LIMIT), 200);
}

rows! { refused:
    a_body_just_beyond_the_limit_is_refused => (sized(LIMIT + 1), 413, -32600);
    a_body_far_beyond_the_limit_is_refused => (sized(LIMIT * 3), 413, -32600);
    a_length_of_gibibytes_is_refused => (claimed("100000000000"), 413, -32600);
    the_largest_length_there_is_is_refused => (claimed("9223372036854775807"), 413, -32600);
}

#[tokio::test]
async fn chunks_beyond_the_limit_together_are_refused() {
    let host = crate::peer::host().await;
    let chunk = format!("{:x}\r\n{}\r\n", 50_000, " ".repeat(50_000));
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let request = format!("{head}{}0\r\n\r\n", chunk.repeat(3));
    let answer = crate::support::head(host.address, &request).await;
    assert!(answer.starts_with("http/1.1 413 "), "{answer}");
}
