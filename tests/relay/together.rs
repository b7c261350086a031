//! Several clients are as if each had the server for itself.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::VERSIONS;
use crate::relayed::{World, report};

#[derive(Clone, Debug)]
enum Move {
    Call(usize),
    Report(usize),
    Answer(usize),
    Cancel(usize),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let any = 0..64_usize;
    let one = prop_oneof![
        3 => (0..3_usize).prop_map(Move::Call),
        6 => any.clone().prop_map(Move::Report),
        3 => any.clone().prop_map(Move::Answer),
        1 => any.prop_map(Move::Cancel),
    ];
    prop::collection::vec(one, 1..120)
}

proptest! {
    #[test]
    fn any_interleaving_of_clients_is_as_if_each_had_the_server_for_itself(
        moves in moves(),
        fronts in prop::collection::vec(0..VERSIONS.len(), 3),
        back in 0..VERSIONS.len(),
    ) {
        let mut world = World::new(VERSIONS[back], true);
        let ids: Vec<_> = fronts.iter().map(|version| world.join(VERSIONS[*version])).collect();
        world.heard.clear();
        // Per call: its client, its id there, its request at the server, whether it is over.
        let mut calls: Vec<(usize, i64, Value, bool)> = Vec::new();
        let mut wanted: Vec<Vec<Value>> = vec![Vec::new(); ids.len()];
        let mut numbers = vec![0.0; 200];
        for step in moves {
            match step {
                Move::Call(client) => {
                    // The same ids and tokens for all clients.
                    let own = world.request_with(
                        ids[client], "tools/call", json!({ "name": "t", "arguments": { "of": client } }),
                        json!({ "progressToken": calls.iter().filter(|call| call.0 == client).count() }),
                    );
                    let heard = world.heard();
                    prop_assert_eq!(&heard["params"]["arguments"]["of"], client);
                    calls.push((client, own, heard, false));
                }
                Move::Report(at) | Move::Answer(at) | Move::Cancel(at) if at >= calls.len() => {}
                Move::Report(at) => {
                    let (client, _, request, over) = calls[at].clone();
                    numbers[at] += 1.0;
                    world.tell([report(&request, numbers[at])]);
                    if !over {
                        let token = calls[..at].iter().filter(|call| call.0 == client).count();
                        wanted[client].push(json!({ "token": token, "progress": numbers[at] }));
                    }
                }
                Move::Answer(at) => {
                    let (client, own, request, over) = calls[at].clone();
                    if over { continue }
                    calls[at].3 = true;
                    world.answer(&request, json!({ "content": [], "at": at, "resultType": "complete" }));
                    wanted[client].push(json!({ "id": own, "at": at }));
                }
                Move::Cancel(at) => {
                    let (client, own, request, over) = calls[at].clone();
                    if over { continue }
                    calls[at].3 = true;
                    let params = json!({ "requestId": own });
                    world.say(ids[client], json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
                    let heard = world.heard();
                    prop_assert_eq!(&heard["params"]["requestId"], &request["id"]);
                }
            }
        }
        for (client, id) in ids.iter().enumerate() {
            let got: Vec<Value> = world.all(*id).iter().map(|got| match got.get("id") {
                Some(own) => json!({ "id": own, "at": got["result"]["at"] }),
                None => json!({ "token": got["params"]["progressToken"], "progress": got["params"]["progress"] }),
            }).collect();
            prop_assert_eq!(&got, &wanted[client]);
        }
    }
}
