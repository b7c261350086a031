//! Messages in fragments, with control frames between them.

use super::wire::{
    Frame, Told, answer, binary, chopped, close, echoed, more, ping, pong, request, text, told,
};

const REFUSED: Told = Told::Close(1002);

async fn row((sent, wanted): (Vec<Frame>, Vec<Told>)) {
    told(&sent, &wanted).await;
}

/// A message that is cut at these places is one message.
async fn cut(places: &[usize]) {
    told(&parts(&request("größer €"), places), &[answer("größer €")]).await;
}

/// The same, byte by byte, with a ping in every gap.
async fn cut_with_pings(places: &[usize]) {
    let mut frames = Vec::new();
    let mut wanted = Vec::new();
    for frame in parts(&request("größer €"), places) {
        if !frames.is_empty() {
            frames.push(ping("between"));
            wanted.push(echoed("between"));
        }
        frames.push(frame);
    }
    wanted.push(answer("größer €"));
    told(&frames, &wanted).await;
    chopped(&frames, &wanted).await;
}

/// The fragments of a text that is cut at these places.
fn parts(message: &str, places: &[usize]) -> Vec<Frame> {
    let bytes = message.as_bytes();
    let starts = std::iter::once(&0).chain(places);
    let ends = places.iter().copied().chain([bytes.len()]);
    starts
        .zip(ends)
        .enumerate()
        .map(|(number, (start, end))| {
            let part = &bytes[*start..end];
            let frame = if number == 0 { text(part) } else { more(part) };
            if number == places.len() { frame } else { frame.more() }
        })
        .collect()
}

rows! { cut:
    a_message_of_two_fragments_is_one_message => &[10];
    a_message_of_three_fragments_is_one_message => &[10, 20];
    a_message_of_fragments_of_one_byte_is_one_message =>
        &(1..request("größer €").len()).collect::<Vec<_>>();
    an_empty_first_fragment_is_one => &[0];
    an_empty_last_fragment_is_one => &[request("größer €").len()];
    empty_fragments_between_others_are_some => &[10, 10, 10, 20];
    a_cut_within_a_character_of_two_bytes_is_none_to_the_text => &[request("gr").len() - 23];
    a_cut_within_a_character_of_three_bytes_is_none_to_the_text => &[request("größer ").len() - 22];
}

rows! { cut_with_pings:
    a_ping_between_two_fragments_is_answered_at_once => &[10];
    pings_between_three_fragments_are_answered_at_once => &[10, 20];
    pings_between_empty_fragments_are_answered_at_once => &[0, 0, 5];
}

rows! { row:
    fragments_without_any_payload_are_an_empty_text => (
        vec![text("").more(), more("").more(), more("")], vec![Told::Nonsense]
    );
    a_pong_between_two_fragments_is_ignored => {
        let [first, last] = halves();
        (vec![first, pong("p"), last], vec![answer("a")])
    };
    two_pings_between_two_fragments_are_answered_in_order => {
        let [first, last] = halves();
        (vec![first, ping("1"), ping("2"), last], vec![echoed("1"), echoed("2"), answer("a")])
    };
    a_goodbye_between_two_fragments_is_the_end => {
        let [first, last] = halves();
        (vec![first, close(1000, ""), last], vec![Told::Close(1000)])
    };
    messages_of_fragments_follow_each_other => {
        let [first, last] = halves();
        (vec![first.clone(), last.clone(), first, last], vec![answer("a"), answer("a")])
    };
    a_whole_message_after_fragments_is_one_of_its_own => {
        let [first, last] = halves();
        (vec![first, last, text(request("b"))], vec![answer("a"), answer("b")])
    };
    a_whole_text_between_two_fragments_closes_with_1002 => {
        let [first, last] = halves();
        (vec![first, text(request("b")), last], vec![REFUSED])
    };
    a_first_fragment_after_a_first_fragment_closes_with_1002 => {
        let [first, _] = halves();
        (vec![first.clone(), first], vec![REFUSED])
    };
    a_binary_frame_between_two_fragments_closes_with_1002 => {
        let [first, last] = halves();
        (vec![first, binary("b"), last], vec![REFUSED])
    };
    a_binary_fragment_after_one_of_text_closes_with_1002 => {
        let [first, last] = halves();
        (vec![first, binary("b").more(), last], vec![REFUSED])
    };
    a_continuation_of_nothing_closes_with_1002 => (vec![more("a")], vec![REFUSED]);
    an_empty_continuation_of_nothing_closes_with_1002 => (vec![more("")], vec![REFUSED]);
    a_continuation_of_nothing_that_is_not_the_last_closes_with_1002 => (vec![more("a").more()], vec![REFUSED]);
    a_continuation_after_a_whole_message_closes_with_1002 => (
        vec![text(request("a")), more("b")], vec![answer("a"), REFUSED]
    );
    a_continuation_after_the_last_fragment_closes_with_1002 => {
        let [first, last] = halves();
        (vec![first, last, more("b")], vec![answer("a"), REFUSED])
    };
    a_continuation_after_a_ping_alone_closes_with_1002 => (vec![ping("a"), more("b")], vec![echoed("a"), REFUSED]);
    a_ping_in_two_fragments_closes_with_1002 => (vec![ping("a").more(), more("b")], vec![REFUSED]);
    a_pong_in_two_fragments_closes_with_1002 => (vec![pong("a").more(), more("b")], vec![REFUSED]);
    a_goodbye_in_two_fragments_closes_with_1002 => (vec![close(1000, "").more(), more("b")], vec![REFUSED]);
    a_ping_that_is_a_fragment_within_a_message_closes_with_1002 => {
        let [first, last] = halves();
        (vec![first, ping("p").more(), last], vec![REFUSED])
    };
    a_binary_message_in_fragments_closes_with_1003 => (
        vec![binary("a").more(), more("b")], vec![Told::Close(1003)]
    );
}

fn halves() -> [Frame; 2] {
    let message = request("a");
    let (first, last) = message.split_at(20);
    [text(first).more(), more(last)]
}
