/** What Redis answers: texts and numbers, nothing, or a list of these. */
export type RedisReply = string | number | null | readonly RedisReply[];

/** An answer of Redis that is an error. The message is the server's own, such as `WRONGTYPE …`. */
export class RedisReplyError extends Error {
  override readonly name = "RedisReplyError";
}

/** The arguments of a command in the form that Redis reads (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export function encodeCommand(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join("")}`;
}

/** One reply, and where in the bytes the next one begins. An error within a list stands in it as its message. */
export interface DecodedReply {
  readonly reply: RedisReply | RedisReplyError;
  readonly end: number;
}

/** The reply that begins at `start`; undefined while some of it is still to come. */
export function decodeReply(bytes: Buffer, start = 0): DecodedReply | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const text = bytes.toString("utf8", start + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "+":
      return { reply: text, end: next };
    case "-":
      return { reply: new RedisReplyError(text), end: next };
    case ":":
      return { reply: Number(text), end: next };
    case "$": {
      const length = Number(text);
      if (length < 0) return { reply: null, end: next };
      if (bytes.length < next + length + 2) return undefined;
      return { reply: bytes.toString("utf8", next, next + length), end: next + length + 2 };
    }
    case "*":
      return decodeList(bytes, { length: Number(text), start: next });
    default:
      throw new Error("What answers is not a Redis server");
  }
}

function decodeList(bytes: Buffer, list: { length: number; start: number }): DecodedReply | undefined {
  if (list.length < 0) return { reply: null, end: list.start };
  const items: RedisReply[] = [];
  let end = list.start;
  while (items.length < list.length) {
    const item = decodeReply(bytes, end);
    if (item === undefined) return undefined;
    items.push(item.reply instanceof RedisReplyError ? item.reply.message : item.reply);
    end = item.end;
  }
  return { reply: items, end };
}
