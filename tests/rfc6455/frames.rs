//! Frames: their lengths, their masks, pings and pongs.

use super::wire::{
    Told, answer, binary, chopped, close, echoed, ping, pong, request, sized, text, told,
};

/// A message of so many bytes is answered.
async fn of_length(length: usize) {
    told(&[text(sized("a", length))], &[answer("a")]).await;
}

/// A ping of this payload is answered with it.
async fn echoes(payload: &[u8]) {
    told(&[ping(payload)], &[echoed(payload)]).await;
}

/// A frame of another kind than text is not for this protocol.
async fn is_unsupported(length: usize) {
    told(&[binary(vec![0xfe; length])], &[Told::Close(1003)]).await;
}

rows! { of_length:
    a_text_of_60_bytes_is_answered => 60;
    a_text_of_125_bytes_is_answered => 125;
    a_text_of_126_bytes_is_answered => 126;
    a_text_of_127_bytes_is_answered => 127;
    a_text_of_128_bytes_is_answered => 128;
    a_text_of_255_bytes_is_answered => 255;
    a_text_of_256_bytes_is_answered => 256;
    a_text_of_32767_bytes_is_answered => 32_767;
    a_text_of_65535_bytes_is_answered => 65_535;
    a_text_of_65536_bytes_is_answered => 65_536;
    a_text_of_65537_bytes_is_answered => 65_537;
}

rows! { is_unsupported:
    a_binary_frame_without_payload_closes_with_1003 => 0;
    a_binary_frame_of_1_byte_closes_with_1003 => 1;
    a_binary_frame_of_125_bytes_closes_with_1003 => 125;
    a_binary_frame_of_126_bytes_closes_with_1003 => 126;
    a_binary_frame_of_65536_bytes_closes_with_1003 => 65_536;
}

rows! { echoes:
    a_ping_without_payload_is_answered => b"";
    a_ping_of_text_is_answered => b"Hello, world!";
    a_ping_of_bytes_that_are_no_text_is_answered => &[0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff];
    a_ping_of_zeros_is_answered => &[0; 8];
    a_ping_of_124_bytes_is_answered => &[0xfe; 124];
    a_ping_of_125_bytes_is_answered => &[0xfe; 125];
}

/// What is sent, and what is told.
async fn row((sent, wanted): (Vec<super::wire::Frame>, Vec<Told>)) {
    told(&sent, &wanted).await;
}

/// The same, byte by byte.
async fn slow((sent, wanted): (Vec<super::wire::Frame>, Vec<Told>)) {
    chopped(&sent, &wanted).await;
}

rows! { row:
    a_text_without_payload_is_no_message => (vec![text("")], vec![Told::Nonsense]);
    a_ping_of_126_bytes_closes_with_1002 => (vec![ping([0xfe; 126])], vec![Told::Close(1002)]);
    a_ping_with_a_long_length_closes_with_1002 => (vec![ping([0; 70_000])], vec![Told::Close(1002)]);
    a_pong_of_126_bytes_closes_with_1002 => (vec![pong([0xfe; 126])], vec![Told::Close(1002)]);
    a_pong_that_nobody_asked_for_is_ignored => (vec![pong("")], vec![]);
    a_pong_of_125_bytes_that_nobody_asked_for_is_ignored => (vec![pong([7; 125])], vec![]);
    a_pong_before_a_ping_is_ignored => (vec![pong("a"), ping("b")], vec![echoed("b")]);
    ten_pings_have_ten_answers_in_order => {
        let names: Vec<String> = (0..10).map(|number| format!("ping {number}")).collect();
        (names.iter().map(ping).collect(), names.iter().map(echoed).collect())
    };
    two_texts_at_once_have_two_answers => (
        vec![text(request("a")), text(request("b"))], vec![answer("a"), answer("b")]
    );
    a_message_and_a_ping_at_once_are_both_answered => (vec![ping("p"), text(request("a"))], vec![echoed("p"), answer("a")]);
    a_mask_of_zeros_is_a_mask => (vec![text(request("a")).masked_with([0; 4])], vec![answer("a")]);
    a_mask_of_ones_is_a_mask => (vec![text(request("a")).masked_with([0xff; 4])], vec![answer("a")]);
    each_frame_has_a_mask_of_its_own => (
        vec![
            text(request("a")).masked_with([1, 2, 3, 4]),
            text(request("b")).masked_with([0x80, 0x40, 0x20, 0x10]),
        ],
        vec![answer("a"), answer("b")]
    );
    a_text_without_a_mask_closes_with_1002 => (vec![text(request("a")).unmasked()], vec![Told::Close(1002)]);
    a_ping_without_a_mask_closes_with_1002 => (vec![ping("p").unmasked()], vec![Told::Close(1002)]);
    a_goodbye_without_a_mask_closes_with_1002 => (vec![close(1000, "").unmasked()], vec![Told::Close(1002)]);
    a_binary_frame_without_a_mask_closes_with_1002 => (vec![binary("b").unmasked()], vec![Told::Close(1002)]);
    a_text_with_a_longer_length_than_needed_is_read => (vec![text(request("a")).wide(2)], vec![answer("a")]);
    a_text_with_the_longest_length_is_read => (vec![text(request("a")).wide(8)], vec![answer("a")]);
}

rows! { slow:
    a_text_is_read_byte_by_byte => (vec![text(request("a"))], vec![answer("a")]);
    a_text_with_a_length_of_two_bytes_is_read_byte_by_byte => (vec![text(sized("a", 130))], vec![answer("a")]);
    a_ping_is_read_byte_by_byte => (vec![ping("slow")], vec![echoed("slow")]);
    ten_pings_are_read_byte_by_byte => (vec![ping("p"); 10], vec![echoed("p"); 10]);
    a_goodbye_is_read_byte_by_byte => (vec![close(1000, "bye")], vec![Told::Close(1000)]);
    a_wrong_frame_is_refused_byte_by_byte => (vec![text("a").reserved(4)], vec![Told::Close(1002)]);
}
