import { run } from "../../../app.js";

export async function GET(request) {
  return Response.json(await run(String(new URL(request.url).searchParams.get("server"))));
}
