import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decodeReply, encodeCommand, type RedisReply, RedisReplyError } from "./redis-reply.ts";

/** Where a Redis listens on 127.0.0.1, and what it asks of a client. */
export interface RedisAddress {
  readonly port: number;
  /** Of the default user. */
  readonly password?: string | undefined;
  /** What to trust; the server speaks TLS then. */
  readonly ca?: string | undefined;
}

/** A server that is frozen takes a connection and never answers. */
const TIMEOUT_MS = 10_000;

/**
 * Gives one command on a connection of its own. A few lines here spare the test bed a client, and the tests the doubt whether a
 * client's own retries had a part in what they see.
 *
 * @throws RedisReplyError when the server answers with an error; Error when it does not answer.
 */
export async function redisCommand(address: RedisAddress, args: readonly string[]): Promise<RedisReply> {
  const { port, password, ca } = address;
  const target = { host: "127.0.0.1", port };
  const socket = ca === undefined ? connect(target) : connectTls({ ...target, ca });
  const commands = password === undefined ? [args] : [["AUTH", password], args];
  try {
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`Redis on port ${port} does not answer`)));
    socket.write(commands.map(encodeCommand).join(""));
    const replies = await readReplies(socket, commands.length);
    const failed = replies.find((reply) => reply instanceof RedisReplyError);
    if (failed !== undefined) throw failed;
    return replies.at(-1) as RedisReply;
  } finally {
    socket.destroy();
  }
}

async function readReplies(socket: Socket, count: number): Promise<(RedisReply | RedisReplyError)[]> {
  const replies: (RedisReply | RedisReplyError)[] = [];
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (let next = decodeReply(bytes); next !== undefined; next = decodeReply(bytes)) {
      replies.push(next.reply);
      bytes = bytes.subarray(next.end);
      if (replies.length === count) return replies;
    }
  }
  throw new Error("Redis closed the connection without an answer");
}
