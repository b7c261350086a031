import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useCalls, useMcpClient, useTool } from "mcp-wasm/react";

function App() {
  const { client, status, error, reconnect } = useMcpClient("ws://127.0.0.1:8000/mcp", { progressHandler: null });
  const backup = useTool(client, "backup_database");
  const calls = useCalls(client);
  if (status === "error" || status === "closed") return <button onClick={reconnect}>Try again: {String(error)}</button>;
  return (
    <main>
      {backup.status === "running" ? (
        <button onClick={() => backup.cancel("the user pressed stop")}>Stop</button>
      ) : (
        <button disabled={!client} onClick={() => backup.call()}>
          Back up
        </button>
      )}
      <p>{backup.result?.content[0]?.type === "text" && backup.result.content[0].text}</p>
      <ul>
        {calls.map(({ id, name, fraction, message }) => (
          <li key={id}>
            {name} <progress value={fraction} /> {message}
          </li>
        ))}
      </ul>
    </main>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
