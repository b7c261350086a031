//! Texts are UTF-8: whatever is, is taken, and whatever is not closes with 1007.

use super::wire::{Frame, Told, answer, more, request, text, told};

/// A text comes back as it was.
async fn valid(id: &str) {
    told(&[text(format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"ping"}}"#))], &[answer(id)])
        .await;
}

/// Bytes that no text has.
async fn invalid(bytes: &[u8]) {
    told(&[text(bytes)], &[Told::Close(1007)]).await;
    let within = [&b"{\"id\":\""[..], bytes, b"\"}"].concat();
    told(&[text(within)], &[Told::Close(1007)]).await;
}

/// The same in fragments.
async fn invalid_in_parts((sent, after): (Vec<Frame>, Vec<Told>)) {
    let wanted = [&after[..], &[Told::Close(1007)]].concat();
    told(&sent, &wanted).await;
}

rows! { valid:
    ascii_is_text => "Hello, world";
    the_last_of_one_byte_is_text => "\u{7f}";
    the_first_of_two_bytes_is_text => "\u{80}";
    the_last_of_two_bytes_is_text => "\u{7ff}";
    the_first_of_three_bytes_is_text => "\u{800}";
    the_last_before_the_surrogates_is_text => "\u{d7ff}";
    the_first_after_the_surrogates_is_text => "\u{e000}";
    the_replacement_character_is_text => "\u{fffd}";
    characters_that_are_none_are_text => "\u{fffe}\u{ffff}\u{fdd0}";
    the_first_of_four_bytes_is_text => "\u{10000}";
    the_last_of_all_is_text => "\u{10ffff}";
    greek_is_text => "κόσμε";
    right_to_left_and_joined_characters_are_text => "שלום 👩‍👩‍👧‍👦";
}

rows! { invalid:
    a_continuation_byte_alone_is_no_text => b"\x80";
    the_last_continuation_byte_alone_is_no_text => b"\xbf";
    two_continuation_bytes_are_no_text => b"\x80\xbf";
    a_start_of_two_bytes_alone_is_no_text => b"\xc3 ";
    a_start_of_three_bytes_alone_is_no_text => b"\xe2 ";
    two_of_three_bytes_are_no_text => b"\xe2\x82 ";
    three_of_four_bytes_are_no_text => b"\xf0\x9f\x98 ";
    a_slash_in_two_bytes_is_no_text => b"\xc0\xaf";
    a_slash_in_three_bytes_is_no_text => b"\xe0\x80\xaf";
    a_slash_in_four_bytes_is_no_text => b"\xf0\x80\x80\xaf";
    the_longest_spelling_of_one_byte_is_no_text => b"\xc1\xbf";
    the_longest_spelling_of_two_bytes_is_no_text => b"\xe0\x9f\xbf";
    the_longest_spelling_of_three_bytes_is_no_text => b"\xf0\x8f\xbf\xbf";
    a_zero_in_two_bytes_is_no_text => b"\xc0\x80";
    the_first_surrogate_is_no_text => b"\xed\xa0\x80";
    the_last_surrogate_is_no_text => b"\xed\xbf\xbf";
    a_pair_of_surrogates_is_no_text => b"\xed\xa0\x80\xed\xb0\x80";
    what_is_beyond_the_last_character_is_no_text => b"\xf4\x90\x80\x80";
    a_start_byte_that_is_too_high_is_no_text => b"\xf5\x80\x80\x80";
    five_bytes_are_no_text => b"\xf8\x88\x80\x80\x80";
    six_bytes_are_no_text => b"\xfc\x84\x80\x80\x80\x80";
    fe_is_no_text => b"\xfe";
    ff_is_no_text => b"\xff";
    latin_1_is_no_text => b"gr\xf6\xdfer";
    a_byte_order_mark_of_utf_16_is_no_text => b"\xff\xfe{\x00";
}

rows! { invalid_in_parts:
    an_invalid_byte_in_the_last_fragment_closes => (vec![text("{").more(), more(b"\xff")], vec![]);
    an_invalid_byte_in_the_first_fragment_closes => (vec![text(b"\xff").more(), more("}")], vec![]);
    an_invalid_byte_closes_before_its_message_is_whole => (vec![text(b"{\xff").more()], vec![]);
    a_character_that_the_next_fragment_does_not_end_closes => (vec![text(b"\xe2\x82").more(), more("}")], vec![]);
    a_message_that_ends_within_a_character_closes => (vec![text(b"{\"id\":\"\xe2\x82")], vec![]);
    fragments_that_end_within_a_character_close => (vec![text("{").more(), more(b"\xf0\x9f\x98")], vec![]);
    a_message_before_it_is_answered => (vec![text(request("a")), text(b"\xff")], vec![answer("a")]);
}

#[tokio::test]
async fn a_byte_order_mark_before_a_message_is_ignored() {
    told(&[text(format!("\u{feff}{}", request("a")))], &[answer("a")]).await;
}

#[tokio::test]
async fn a_zero_is_text_but_no_message() {
    told(&[text("\0")], &[Told::Nonsense]).await;
}
