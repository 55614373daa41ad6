import assert from "node:assert/strict";
import { Socket } from "./zmtp.ts";

Deno.test("a port that accepts and never greets is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const { port } = listener.addr;
  await assert.rejects(
    Socket.connect("SUB", port, { patience: 100 }),
    (error) =>
      error instanceof Deno.errors.TimedOut &&
      /Nobody greets/.test(error.message),
  );
  (await accepted).close();
});
