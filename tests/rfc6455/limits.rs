//! How large a message may be, however it comes.

use super::wire::{
    Frame, LIMIT, Told, answer, binary, echoed, more, ping, request, sized, text, told,
};

const TOO_BIG: Told = Told::Close(1009);

async fn row((sent, wanted): (Vec<Frame>, Vec<Told>)) {
    told(&sent, &wanted).await;
}

/// A length alone is enough.
async fn refused(length: u64) {
    told(&[text("").claiming(length)], &[TOO_BIG]).await;
}

rows! { refused:
    a_byte_more_than_the_limit_is_refused_before_it_comes => LIMIT as u64 + 1;
    a_mebibyte_is_refused_before_it_comes => 1 << 20;
    sixteen_mebibytes_are_refused_before_they_come => 16 << 20;
    four_gibibytes_are_refused_before_they_come => 1 << 32;
    the_largest_length_there_is_is_refused => i64::MAX as u64;
}

rows! { row:
    a_message_at_the_limit_is_answered => (vec![text(sized("a", LIMIT))], vec![answer("a")]);
    a_message_beyond_the_limit_closes_with_1009 => (vec![text(sized("a", LIMIT + 1))], vec![TOO_BIG]);
    fragments_at_the_limit_are_answered => {
        let message = sized("a", LIMIT);
        let (first, last) = message.split_at(LIMIT / 2);
        (vec![text(first).more(), more(last)], vec![answer("a")])
    };
    fragments_beyond_the_limit_together_close_with_1009 => {
        let message = sized("a", LIMIT + 1);
        let (first, last) = message.split_at(LIMIT / 2);
        (vec![text(first).more(), more(last)], vec![TOO_BIG])
    };
    a_last_fragment_of_one_byte_beyond_the_limit_closes_with_1009 => (
        vec![text(sized("a", LIMIT)).more(), more(" ")], vec![TOO_BIG]
    );
    what_was_answered_does_not_count_any_more => (
        vec![text(sized("a", LIMIT)), text(sized("b", LIMIT))], vec![answer("a"), answer("b")]
    );
    a_binary_frame_beyond_the_limit_closes_with_1009 => (vec![binary("").claiming(LIMIT as u64 + 1)], vec![TOO_BIG]);
    ten_thousand_empty_fragments_are_one_message => {
        let mut frames = vec![text(request("a")).more()];
        frames.extend(vec![more("").more(); 10_000]);
        frames.push(more(""));
        (frames, vec![answer("a")])
    };
    a_thousand_pings_within_a_message_are_answered => {
        let (message, mut frames) = (request("a"), Vec::new());
        let (first, last) = message.split_at(9);
        frames.push(text(first).more());
        frames.extend(vec![ping("p"); 1000]);
        frames.push(more(last));
        let mut wanted = vec![echoed("p"); 1000];
        wanted.push(answer("a"));
        (frames, wanted)
    };
    a_length_with_its_first_bit_set_is_refused => (vec![text("").claiming(1 << 63)], vec![TOO_BIG]);
}
