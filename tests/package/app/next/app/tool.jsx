"use client";
import { Client, defaultProgressHandler } from "mcp-wasm";
import { useCalls } from "mcp-wasm/react";
import { useEffect, useState } from "react";
import { run } from "../../app.js";

// Rendered on the server too, where the client is made and not connected.
export default function Tool() {
  const [client] = useState(() => new Client({ name: "app", version: "1.0.0" }));
  const calls = useCalls(client);
  useEffect(() => {
    const server = new URLSearchParams(location.search).get("server");
    Object.assign(globalThis, { done: run(String(server)) });
  }, []);
  return <p>{`${typeof defaultProgressHandler}, ${calls.length} calls`}</p>;
}
