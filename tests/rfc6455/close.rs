//! The end of a connection: codes, reasons, and what comes after.

use super::wire::{CLOSE, Frame, Told, close, ping, request, text, told};

/// A code that a peer may send is sent back.
async fn sent_back(code: u16) {
    told(&[close(code, "")], &[Told::Close(code)]).await;
}

/// A code that nobody may send closes with 1002.
async fn refused(code: u16) {
    told(&[close(code, "")], &[Told::Close(1002)]).await;
}

async fn row((sent, wanted): (Vec<Frame>, Vec<Told>)) {
    told(&sent, &wanted).await;
}

rows! { sent_back:
    code_1000_is_sent_back => 1000;
    code_1001_is_sent_back => 1001;
    code_1002_is_sent_back => 1002;
    code_1003_is_sent_back => 1003;
    code_1007_is_sent_back => 1007;
    code_1008_is_sent_back => 1008;
    code_1009_is_sent_back => 1009;
    code_1010_is_sent_back => 1010;
    code_1011_is_sent_back => 1011;
    code_1012_is_sent_back => 1012;
    code_1013_is_sent_back => 1013;
    code_3000_is_sent_back => 3000;
    code_3999_is_sent_back => 3999;
    code_4000_is_sent_back => 4000;
    code_4999_is_sent_back => 4999;
}

rows! { refused:
    code_0_is_refused => 0;
    code_999_is_refused => 999;
    code_1004_is_refused => 1004;
    code_1005_is_refused => 1005;
    code_1006_is_refused => 1006;
    code_1015_is_refused => 1015;
    code_1016_is_refused => 1016;
    code_1100_is_refused => 1100;
    code_2000_is_refused => 2000;
    code_2999_is_refused => 2999;
    code_5000_is_refused => 5000;
    code_65535_is_refused => 65_535;
}

rows! { row:
    a_goodbye_without_a_code_is_answered_without_one => (vec![Frame::new(CLOSE, "")], vec![Told::Close(0)]);
    a_goodbye_of_one_byte_closes_with_1002 => (vec![Frame::new(CLOSE, "a")], vec![Told::Close(1002)]);
    a_goodbye_with_a_reason_is_answered => (vec![close(1000, "Hello, world!")], vec![Told::Close(1000)]);
    a_goodbye_with_a_reason_of_123_bytes_is_answered => (vec![close(1000, "*".repeat(123))], vec![Told::Close(1000)]);
    a_goodbye_with_a_reason_of_124_bytes_closes_with_1002 => (vec![close(1000, "*".repeat(124))], vec![Told::Close(1002)]);
    a_reason_in_any_script_is_answered => (vec![close(1000, "größer €𝄞")], vec![Told::Close(1000)]);
    a_reason_that_is_no_text_closes_with_1007 => (vec![close(1000, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80")], vec![Told::Close(1007)]);
    a_reason_that_is_cut_within_a_character_closes_with_1007 => (vec![close(1000, b"\xe2\x82")], vec![Told::Close(1007)]);
    a_message_after_the_goodbye_has_no_answer => (
        vec![close(1000, ""), text(request("a"))], vec![Told::Close(1000)]
    );
    a_ping_after_the_goodbye_has_no_answer => (vec![close(1000, ""), ping("a")], vec![Told::Close(1000)]);
    a_second_goodbye_has_no_answer => (vec![close(1000, ""), close(1001, "")], vec![Told::Close(1000)]);
    nonsense_after_the_goodbye_changes_nothing => (
        vec![close(1000, ""), Frame::new(7, "a").reserved(7)], vec![Told::Close(1000)]
    );
}
