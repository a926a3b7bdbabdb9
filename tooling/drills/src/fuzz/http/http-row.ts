import { ACCOUNT, type Row, type RowRequest, startVendor, type Vendor } from "@cloudlink/measure";
import { undocumentedReason } from "../documented.ts";
import { samples } from "../samples.ts";
import { FuzzTally, type Verdict } from "../tally.ts";
import { drillKernel, makeCalls } from "../xml/recorded-calls.ts";
import { type HttpInput, httpInputs, type Known, wireForm } from "./http-request.ts";
import { type HttpSubject, startNaiveServer } from "./naive-server.ts";
import { type RawAnswer, rawExchanges } from "./raw-exchange.ts";

const COUNT = { full: 20_000, reduced: 400 } as const;

/** Row 11, for what a server is sent: over sockets, byte by byte. The control is a server as they are written in an afternoon. */
export const httpRow: Row = {
  row: "fault-11",
  group: "fuzz",
  async measure(request) {
    const { seed, size, control, subjects } = request;
    const count = request.count ?? COUNT[size];
    await using vendor = await startVendor({ count: 30 });
    const known = await knownOf(request, vendor);
    await using subject = control ? await startNaiveServer() : await startSubject(request, vendor);
    using exchanges = rawExchanges(subject.port);
    using tally = new FuzzTally();
    let index = 0;
    for (const input of samples(httpInputs(known), { seed, count })) {
      const bytes = wireForm(input);
      await tally.add({
        name: `input ${index} of seed ${seed}`,
        run: async () => verdictOn(subjects.core, { input, answer: await exchanges.send(bytes) }),
      });
      index += 1;
    }
    return tally.figures({ row: "fault-11", of: "HTTP", seed });
  },
};

async function knownOf({ subjects }: RowRequest, vendor: Vendor): Promise<Known> {
  const nexus = drillKernel(subjects, { endpoint: vendor.endpoint, vendor });
  try {
    const { refs, token } = await makeCalls(subjects, { nexus, vendor, account: ACCOUNT });
    return { ref: refs[0] ?? "", token };
  } finally {
    await nexus.close();
  }
}

async function startSubject({ subjects }: RowRequest, vendor: Vendor): Promise<HttpSubject> {
  const { startServer } = await subjects.load("@cloudlink/server");
  // As the server's own command has it: what was asked for before may answer.
  const cache = subjects.cache.createMemoryCache();
  const nexus = drillKernel(subjects, { endpoint: vendor.endpoint, vendor, cache });
  const server = await startServer({ nexus, port: 0, drainMs: 1_000 });
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server.close();
      await nexus.close();
    },
  };
}

/**
 * Every failure is a problem document (RFC 9457) that says so by a documented code. A connection is closed without a word where this side had
 * ended its half, and where bytes that are no HTTP came behind a request: an answer to them would be taken for the answer to that.
 */
function verdictOn(
  core: RowRequest["subjects"]["core"],
  { input, answer }: { readonly input: HttpInput; readonly answer: RawAnswer },
): Verdict {
  const { status, contentType, body, hadToEnd, isHead } = answer;
  if (status === undefined) {
    if (hadToEnd || mayEndElsewhere(input)) return "refused";
    return { wrong: "the connection was closed without an answer" };
  }
  if (status < 400) return "taken";
  if (isHead) return "refused";
  if (!contentType.startsWith("application/problem+json")) return { wrong: `${status} as ${contentType}` };
  try {
    const problem = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (problem.status !== status) return { wrong: `${status}, and the problem says ${String(problem.status)}` };
    // A deadline that the input set itself passes as any other.
    if (problem.reason === "ErrDeadlineExceeded" && setsDeadline(input)) return "refused";
    const wrong = undocumentedReason(core, problem);
    return wrong === undefined ? "refused" : { wrong };
  } catch {
    return { wrong: `${status} with a body that is no JSON` };
  }
}

function setsDeadline({ headers }: HttpInput): boolean {
  return headers.some(([name]) => name.toLowerCase() === "x-cloudlink-timeout-ms");
}

/** Whether the request may end before its last byte: by a change, or by what it says of its length. */
function mayEndElsewhere({ headers, changes }: HttpInput): boolean {
  const isLength = (name: string) => /^(content-length|transfer-encoding)$/i.test(name);
  return changes.length > 0 || headers.some(([name]) => isLength(name));
}
