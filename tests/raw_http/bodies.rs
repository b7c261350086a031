//! Bodies: what is a message, and what is not.

use crate::{
    http::{MODERN, Request},
    peer::{answered, refused},
};

const NOT_JSON: i64 = -32700;
const NO_MESSAGE: i64 = -32600;

/// A body under the modern rules.
fn body(text: &str) -> Request {
    Request::post_text(text).header("MCP-Protocol-Version", MODERN)
}

fn list(id: &str, more: &str) -> Request {
    let meta = format!(
        r#"{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}}"#
    );
    body(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{{"_meta":{meta}{more}}}}}"#
    ))
    .header("Mcp-Method", "tools/list")
}

async fn not_json(text: &str) {
    refused((body(text), 400, NOT_JSON)).await;
}

async fn no_message(text: &str) {
    refused((body(text), 400, NO_MESSAGE)).await;
}

rows! { not_json:
    nothing_is_not_json => "";
    space_is_not_json => " \n";
    a_brace_is_not_json => "{";
    a_zero_is_not_json => "\0";
    a_word_is_not_json => "nonsense";
    a_comma_at_the_end_is_not_json => r#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#;
    single_quotes_are_not_json => "{'jsonrpc':'2.0','id':1,'method':'ping'}";
    a_name_without_quotes_is_not_json => "{jsonrpc:\"2.0\"}";
    two_messages_are_not_json => r#"{"jsonrpc":"2.0","id":1,"method":"a"}{"jsonrpc":"2.0","id":2,"method":"b"}"#;
    lines_of_messages_are_not_json => "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"b\"}";
    no_number_is_not_json => r#"{"jsonrpc":"2.0","id":NaN,"method":"ping"}"#;
    a_number_with_a_zero_in_front_is_not_json => r#"{"jsonrpc":"2.0","id":01,"method":"ping"}"#;
    half_an_escape_is_not_json => r#"{"jsonrpc":"2.0","id":"\u12","method":"ping"}"#;
    an_event_is_not_json => "data: {}\n\n";
    a_form_is_not_json => "jsonrpc=2.0&id=1&method=ping";
}

rows! { no_message:
    a_number_is_no_message => "1";
    a_text_is_no_message => "\"ping\"";
    null_is_no_message => "null";
    an_empty_object_is_no_message => "{}";
    an_empty_batch_is_no_message => "[]";
    a_batch_is_no_message => r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#;
    no_version_is_no_message => r#"{"id":1,"method":"ping"}"#;
    another_version_is_no_message => r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#;
    a_version_that_is_a_number_is_no_message => r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#;
    an_id_with_a_fraction_is_no_message => r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#;
    an_id_that_is_an_object_is_no_message => r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#;
    an_id_that_is_true_is_no_message => r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#;
    a_method_that_is_a_number_is_no_message => r#"{"jsonrpc":"2.0","id":1,"method":1}"#;
    parameters_in_a_list_are_no_message => r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#;
    parameters_that_are_a_text_are_no_message => r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"a"}"#;
    // Nothing was asked, so this is the answer to nothing.
    an_answer_to_nothing_is_no_message => r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    an_error_to_nothing_is_no_message => r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}"#;
}

rows! { answered:
    an_id_may_be_zero => (list("0", ""), 200);
    an_id_may_be_below_zero => (list("-1", ""), 200);
    an_id_may_be_an_empty_text => (list("\"\"", ""), 200);
    an_id_may_be_any_text => (list("\"größer\\n\"", ""), 200);
    members_that_nobody_knows_do_not_count => (list("1", r#","unheard":{"of":[1,null]}"#), 200);
    a_byte_order_mark_before_a_message_is_ignored => {
        (Request::post_text("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}")
            .header("MCP-Protocol-Version", MODERN), 202)
    };
    space_around_a_message_does_not_count => {
        (Request::post_text(" \r\n\t{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n ")
            .header("MCP-Protocol-Version", MODERN), 202)
    };
    lists_that_nest_ten_thousand_times_are_refused => (body(&("[".repeat(10_000) + &"]".repeat(10_000))), 400);
    objects_that_nest_ten_thousand_times_are_refused => (
        body(&("{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000))), 400
    );
}
