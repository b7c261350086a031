// Compiled, not run: transports of the TypeScript SDKs go into our client, and ours into theirs.
import { Client as SdkClient, StreamableHTTPClientTransport as SdkHttp, InMemoryTransport as SdkPair } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client, MessagePortTransport, StreamableHttpTransport, WebSocketTransport, createInMemoryPair } from "mcp-wasm";

const url = new URL("https://example.com/mcp");
const client = new Client({ name: "app", version: "1.0.0" });
await client.connect(new SdkHttp(url));
await client.connect(SdkPair.createLinkedPair()[0]);
await client.connect(new OldHttp(url));

const modern = new SdkClient({ name: "app", version: "1.0.0" });
await modern.connect(new WebSocketTransport(url));
await modern.connect(new StreamableHttpTransport(url));
await modern.connect(new MessagePortTransport(new MessageChannel().port1));
await modern.connect(createInMemoryPair()[0]);
const old = new OldClient({ name: "app", version: "1.0.0" });
await old.connect(new WebSocketTransport(url));
await old.connect(createInMemoryPair()[0]);
