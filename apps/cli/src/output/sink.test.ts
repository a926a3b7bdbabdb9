import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { createSink, OutputClosed, OutputFailed } from "./sink.ts";

test("a write waits until the reader has taken what was written before", async () => {
  const stream = new PassThrough({ highWaterMark: 4 });
  const sink = createSink(stream);
  let room = false;
  const written = sink.write("more than four").then(() => {
    room = true;
  });
  await Promise.resolve();
  expect(room).toBe(false);
  stream.read();
  await written;
  expect(room).toBe(true);
});

test("a write that waits for a reader who goes away ends with OutputClosed, and so does every later one", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const sink = createSink(stream);
  const waiting = expect(sink.write("text")).rejects.toBeInstanceOf(OutputClosed);
  stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  await waiting;
  await expect(sink.write("more")).rejects.toBeInstanceOf(OutputClosed);
  expect(sink.closed.aborted).toBe(true);
});

test("another failure of the stream is the write's own: a full disk is not a reader that left", async () => {
  const full = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" });
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => done(full),
  });
  const sink = createSink(stream);
  const failure = await sink.write("text").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(OutputFailed);
  expect(failure).toMatchObject({ cause: full });
  await expect(sink.write("more")).rejects.toBe(failure);
  expect(sink.closed.aborted).toBe(false);
});

test("it leaves no listeners behind, however often it waited", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const sink = createSink(stream);
  stream.resume();
  const before = stream.listenerCount("drain");
  for (let turn = 0; turn < 50; turn++) await sink.write("text");
  expect(stream.listenerCount("drain")).toBe(before);
});
