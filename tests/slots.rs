//! A slot belongs to one call until the binding has been told of that call's end.
#![cfg(not(target_arch = "wasm32"))]

use mcp_wasm::jsonrpc::Message;
use mcp_wasm::proto::client::{
    CallLimits, Channel, ClientConfig, ClientMachine, Mode, Output, RequestId, Requested, Slot,
};
use mcp_wasm::types::Implementation;
use serde_json::{Value, json};

fn receive(client: &mut ClientMachine<Value>, message: &Value) {
    client.receive(Message::read(message), None, 0.0);
}

fn ping(client: &mut ClientMachine<Value>) -> (RequestId, Slot) {
    match client.request("ping", None, CallLimits::default(), 0.0) {
        Ok(Requested::Sent(id, slot)) => (id, slot),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_slot_is_reused_only_after_its_settlement_was_polled() {
    let mut client = ClientMachine::new(ClientConfig {
        info: Implementation::new("test", "1"),
        capabilities: json!({}),
        log_level: None,
        mode: Mode::Legacy,
    });
    client.connect(Channel::default(), 0.0);
    client.opened(0.0);
    let session = json!({ "protocolVersion": "2025-11-25", "capabilities": {} });
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": 1, "result": session }));

    let (first, slot) = ping(&mut client);
    receive(&mut client, &json!({ "jsonrpc": "2.0", "id": first.get(), "result": {} }));
    let (second, other) = ping(&mut client);
    assert_ne!(slot, other, "the first call's end has not been polled yet");

    let settled = std::iter::from_fn(|| client.poll_output())
        .filter(|output| matches!(output, Output::Settled(at, Ok(_)) if *at == slot))
        .count();
    assert_eq!(settled, 1);
    let (third, reused) = ping(&mut client);
    assert_eq!(reused, slot);
    assert!(first < second && second < third);
}
