//! What is reserved for extensions and for later: bits and opcodes. Nothing is agreed on here, so that
//! each of them closes with 1002.

use super::wire::{
    Frame, Told, answer, binary, close, echoed, more, ping, pong, request, text, told,
};

async fn refused(frame: Frame) {
    told(&[frame], &[Told::Close(1002)]).await;
}

/// What was right before it is answered.
async fn refused_after((before, wanted, frame): (Frame, Told, Frame)) {
    told(&[before, frame], &[wanted, Told::Close(1002)]).await;
}

/// Nothing that comes after it counts.
async fn last((frame, after): (Frame, Frame)) {
    told(&[frame, after], &[Told::Close(1002)]).await;
}

rows! { refused:
    a_text_with_reserved_bit_3_is_refused => text(request("a")).reserved(1);
    a_text_with_reserved_bit_2_is_refused => text(request("a")).reserved(2);
    a_text_with_reserved_bits_2_and_3_is_refused => text(request("a")).reserved(3);
    a_text_with_reserved_bit_1_is_refused => text(request("a")).reserved(4);
    a_text_with_reserved_bits_1_and_3_is_refused => text(request("a")).reserved(5);
    a_text_with_reserved_bits_1_and_2_is_refused => text(request("a")).reserved(6);
    a_text_with_all_reserved_bits_is_refused => text(request("a")).reserved(7);
    an_empty_text_with_a_reserved_bit_is_refused => text("").reserved(4);
    a_binary_frame_with_a_reserved_bit_is_refused => binary("a").reserved(4);
    a_ping_with_reserved_bit_1_is_refused => ping("a").reserved(4);
    a_ping_with_reserved_bit_2_is_refused => ping("a").reserved(2);
    a_ping_with_reserved_bit_3_is_refused => ping("a").reserved(1);
    a_ping_with_all_reserved_bits_is_refused => ping("a").reserved(7);
    a_pong_with_a_reserved_bit_is_refused => pong("a").reserved(1);
    a_goodbye_with_reserved_bit_1_is_refused => close(1000, "").reserved(4);
    a_goodbye_with_all_reserved_bits_is_refused => close(1000, "bye").reserved(7);
    a_first_fragment_with_a_reserved_bit_is_refused => text("{").more().reserved(4);
    opcode_3_is_refused => Frame::new(3, "");
    opcode_4_is_refused => Frame::new(4, "data");
    opcode_5_is_refused => Frame::new(5, "data");
    opcode_6_is_refused => Frame::new(6, "data");
    opcode_7_is_refused => Frame::new(7, request("a"));
    opcode_11_is_refused => Frame::new(11, "");
    opcode_12_is_refused => Frame::new(12, "data");
    opcode_13_is_refused => Frame::new(13, "data");
    opcode_14_is_refused => Frame::new(14, "data");
    opcode_15_is_refused => Frame::new(15, "data");
    an_unknown_opcode_in_a_first_fragment_is_refused => Frame::new(5, "data").more();
    an_unknown_control_opcode_that_is_fragmented_is_refused => Frame::new(12, "data").more();
}

rows! { refused_after:
    a_message_before_a_reserved_bit_is_answered => (text(request("a")), answer("a"), text("b").reserved(2));
    a_ping_before_a_reserved_bit_is_answered => (ping("a"), echoed("a"), text("b").reserved(1));
    a_message_before_an_unknown_opcode_is_answered => (text(request("a")), answer("a"), Frame::new(4, "b"));
    a_message_before_an_unknown_control_opcode_is_answered => (text(request("a")), answer("a"), Frame::new(11, "b"));
    a_ping_before_an_unknown_opcode_is_answered => (ping("a"), echoed("a"), Frame::new(7, "b"));
}

rows! { last:
    a_message_after_a_reserved_bit_has_no_answer => (text("a").reserved(4), text(request("b")));
    a_ping_after_a_reserved_bit_has_no_answer => (text("a").reserved(4), ping("b"));
    a_message_after_an_unknown_opcode_has_no_answer => (Frame::new(3, "a"), text(request("b")));
    a_ping_after_an_unknown_control_opcode_has_no_answer => (Frame::new(15, "a"), ping("b"));
    a_continuation_with_a_reserved_bit_is_refused => (text("{").more(), more("}").reserved(1));
}
