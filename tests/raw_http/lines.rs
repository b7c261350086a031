//! Request lines, fields and the framing of bodies: what is HTTP/1.1, and what is not.

use serde_json::json;

use crate::{
    http::{MODERN, modern},
    peer::raw,
};

fn body() -> String {
    let params = json!({ "name": "echo", "arguments": {} });
    modern(1, "tools/call", params).to_string()
}

/// A call with this request line, and without these fields, and with these.
fn with(line: &str, left_out: &str, fields: &[&str]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body().len());
    let version = format!("MCP-Protocol-Version: {MODERN}");
    let all = [
        "Host: localhost",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "Mcp-Method: tools/call",
        "Mcp-Name: echo",
        "Connection: close",
        &version,
        &length,
    ];
    let kept = all.into_iter().filter(|field| left_out.is_empty() || !field.starts_with(left_out));
    let fields: Vec<&str> = kept.chain(fields.iter().copied()).collect();
    format!("{line}\r\n{}\r\n\r\n{}", fields.join("\r\n"), body()).into_bytes()
}

const LINE: &str = "POST /mcp HTTP/1.1";

fn line(line: &str) -> Vec<u8> {
    with(line, "", &[])
}

fn fields(fields: &[&str]) -> Vec<u8> {
    with(LINE, "", fields)
}

fn length(fields: &[&str]) -> Vec<u8> {
    with(LINE, "Content-Length", fields)
}

/// A call whose body comes as it is told.
fn chunked(body: &str) -> Vec<u8> {
    let whole = with(LINE, "Content-Length", &["Transfer-Encoding: chunked"]);
    let end = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    [&whole[..end], body.as_bytes()].concat()
}

/// The body in chunks of so many bytes, the last of them with the rest, and then these lines.
fn in_chunks(size: usize, end: &str) -> Vec<u8> {
    let chunks: Vec<String> = body()
        .as_bytes()
        .chunks(size)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    chunked(&(chunks.concat() + end))
}

/// All of it but the last bytes.
fn cut(mut bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - by);
    bytes
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

rows! { raw:
    a_request_is_answered => (line(LINE), 200);
    lines_may_end_with_a_line_feed_alone => (text(line(LINE)).replace("\r\n", "\n").into_bytes(), 200);
    an_empty_line_before_the_request_does_not_count => ([b"\r\n", &line(LINE)[..]].concat(), 200);
    the_whole_address_may_be_asked_for => (line("POST http://localhost/mcp HTTP/1.1"), 200);
    a_query_is_none_of_our_business => (line("POST /mcp?a=b&c HTTP/1.1"), 200);
    another_path_is_not_found => (line("POST /elsewhere HTTP/1.1"), 404);
    a_path_below_is_not_found => (line("POST /mcp/more HTTP/1.1"), 404);
    a_path_with_a_slash_at_its_end_is_not_found => (line("POST /mcp/ HTTP/1.1"), 404);
    a_path_in_capitals_is_not_found => (line("POST /MCP HTTP/1.1"), 404);
    a_path_with_dots_is_not_found => (line("POST /x/../mcp HTTP/1.1"), 404);
    a_method_in_small_letters_is_not_known => (line("post /mcp HTTP/1.1"), 405);
    a_method_that_nobody_knows_is_not_allowed => (line("BREW /mcp HTTP/1.1"), 405);
    a_method_that_is_no_token_is_refused => (line("PO{}ST /mcp HTTP/1.1"), 400);
    no_method_is_refused => (line("/mcp HTTP/1.1"), 400);
    no_path_is_refused => (line("POST  HTTP/1.1"), 400);
    no_version_is_refused => (line("POST /mcp"), 400);
    a_version_that_is_none_is_refused => (line("POST /mcp HTTP/9"), 400);
    a_space_too_many_is_refused => (line("POST /mcp HTTP/1.1 x"), 400);
    a_control_character_in_the_path_is_refused => (line("POST /m\u{1}cp HTTP/1.1"), 400);
    nonsense_is_refused => (b"nonsense\r\n\r\n".to_vec(), 400);
    bytes_of_another_protocol_are_refused => (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400);
    nothing_is_answered_by_nothing => (Vec::new(), 0);
    a_head_without_an_end_is_answered_by_nothing => (b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n".to_vec(), 0);
    a_path_that_is_far_too_long_is_refused => (line(&format!("POST /{} HTTP/1.1", "x".repeat(70_000))), 414);

    no_host_is_refused => (with(LINE, "Host", &[]), 400);
    an_empty_host_is_refused => (with(LINE, "Host", &["Host: "]), 400);
    two_hosts_are_refused => (fields(&["Host: mcp.example"]), 400);
    a_host_that_is_none_is_refused => (with(LINE, "Host", &["Host: a b"]), 400);
    another_host_is_refused => (with(LINE, "Host", &["Host: evil.example"]), 403);
    another_host_in_the_address_is_refused => (line("POST http://evil.example/mcp HTTP/1.1"), 403);
    a_host_that_ends_like_ours_is_refused => (with(LINE, "Host", &["Host: localhost.evil.example"]), 403);
    a_host_with_a_port_is_ours => (with(LINE, "Host", &["Host: localhost:8000"]), 200);
    a_host_in_capitals_is_ours => (with(LINE, "Host", &["Host: LOCALHOST"]), 200);
    a_host_that_is_named_is_ours => (with(LINE, "Host", &["Host: mcp.example"]), 200);
    a_field_in_two_lines_is_refused => (fields(&["X-Folded: a\r\n b"]), 400);
    a_field_without_a_colon_is_refused => (fields(&["nonsense"]), 400);
    a_field_without_a_name_is_refused => (fields(&[": value"]), 400);
    a_space_before_the_colon_is_refused => (fields(&["X-Space : a"]), 400);
    a_zero_in_a_field_is_refused => (fields(&["X-Zero: a\0b"]), 400);
    a_carriage_return_in_a_field_is_refused => (fields(&["X-Return: a\rb"]), 400);
    an_empty_field_is_a_field => (fields(&["X-Empty:"]), 200);
    a_field_of_other_bytes_is_a_field => (fields(&["X-Bytes: größer"]), 200);
    ninety_fields_are_not_too_many => (fields(&["X-Many: 1"; 90]), 200);
    two_hundred_fields_are_too_many => (fields(&["X-Many: 1"; 200]), 431);
    a_field_that_is_far_too_long_is_refused => (fields(&[&format!("X-Long: {}", "x".repeat(500_000))]), 431);

    a_length_that_is_there_twice_is_one => (fields(&[&format!("Content-Length: {}", body().len())]), 200);
    two_lengths_are_refused => (fields(&["Content-Length: 1"]), 400);
    a_length_below_zero_is_refused => (length(&["Content-Length: -1"]), 400);
    a_length_with_a_sign_is_refused => (length(&[&format!("Content-Length: +{}", body().len())]), 400);
    a_length_that_is_no_number_is_refused => (length(&["Content-Length: many"]), 400);
    a_length_with_a_point_is_refused => (length(&["Content-Length: 10.0"]), 400);
    a_length_in_another_base_is_refused => (length(&["Content-Length: 0xff"]), 400);
    a_length_beyond_all_numbers_is_refused => (length(&["Content-Length: 99999999999999999999999"]), 400);
    a_length_that_is_empty_is_refused => (length(&["Content-Length: "]), 400);
    no_length_is_no_message => (length(&[]), 400);
    a_body_that_is_cut_has_no_answer => (cut(line(LINE), 1), 400);
    a_body_that_is_missing_has_no_answer => (cut(line(LINE), body().len()), 400);

    a_body_in_one_chunk_is_read => (in_chunks(10_000, "0\r\n\r\n"), 200);
    a_body_in_chunks_of_ten_is_read => (in_chunks(10, "0\r\n\r\n"), 200);
    a_body_in_chunks_of_one_is_read => (in_chunks(1, "0\r\n\r\n"), 200);
    fields_after_the_chunks_do_not_count => (in_chunks(50, "0\r\nX-Trailer: a\r\n\r\n"), 200);
    chunks_may_have_extensions => (chunked(&format!("{:X};a=\"b\"\r\n{}\r\n0;c\r\n\r\n", body().len(), body())), 200);
    chunks_without_a_last_one_have_no_answer => (in_chunks(50, ""), 400);
    a_chunk_that_is_cut_has_no_answer => (cut(in_chunks(50, ""), 10), 400);
    a_size_that_is_no_number_is_refused => (chunked("xyz\r\n{}\r\n0\r\n\r\n"), 400);
    a_size_below_zero_is_refused => (chunked("-1\r\n{}\r\n0\r\n\r\n"), 400);
    a_size_beyond_all_numbers_is_refused => (chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), 400);
    a_chunk_longer_than_its_size_is_refused => (chunked("1\r\n{}\r\n0\r\n\r\n"), 400);
    no_chunks_are_no_message => (chunked("0\r\n\r\n"), 400);
    a_coding_that_ends_with_another_is_refused => (length(&["Transfer-Encoding: chunked, gzip"]), 400);
    a_coding_that_is_like_chunked_is_refused => (length(&["Transfer-Encoding: xchunked"]), 400);

    who_expects_to_go_on_may_go_on => (fields(&["Expect: 100-continue"]), 100);
    an_upgrade_that_nobody_knows_does_not_count => (fields(&["Upgrade: h2c"]), 200);
    a_connection_of_http_1_0_is_answered => (line("POST /mcp HTTP/1.0"), 200);
}

/// Both framings in one request are how a request is smuggled past a proxy: the chunks count, or
/// nothing does, and what follows is never a request of its own.
#[tokio::test]
async fn a_length_beside_chunks_smuggles_nothing() {
    let hidden = text(line(LINE));
    let smuggled = with(
        LINE,
        "Content-Length",
        &["Transfer-Encoding: chunked", &format!("Content-Length: {}", hidden.len() + 5)],
    );
    let end = smuggled.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let bytes = [&smuggled[..end], b"0\r\n\r\n", hidden.as_bytes()].concat();
    raw((bytes, 400)).await;
}
