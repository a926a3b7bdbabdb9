import { z } from "zod";
import { errorForm } from "./error.schema.ts";
import { callStatsForm, resourceStateForm, traceIdField } from "./resource-state.schema.ts";
import { kindName, repeatedText, viewName, wholeNumberText } from "./text.schema.ts";

/** Room for the longest name and value of a tag or field, percent-encoded or not. */
const assignment = z.string().min(1).max(4096).regex(/=/, { error: "is written name=value" });
const place = z.string().min(1).max(256);

/**
 * Room for the position of some thousand accounts and regions, 16 bytes each (measured with the kernel's tokens). It travels in a URL: a
 * server has to take request heads that are as long.
 */
const LONGEST_PAGE_TOKEN = 65_536;

/** Query of `GET /v1/resources`. `readListQuery` makes a request of it, by the kind. */
export const listQueryForm = z
  .strictObject({
    kind: kindName,
    account: repeatedText(place).exactOptional().describe("Account ids; every account if left out."),
    region: repeatedText(place).exactOptional().describe("Regions; those each account is configured with if left out."),
    provider: repeatedText(place).exactOptional().describe("Only the accounts of these providers."),
    where: repeatedText(assignment)
      .exactOptional()
      .describe("path=value: a field that the kind can be filtered by. One path several times: any of the values."),
    tag: repeatedText(assignment)
      .exactOptional()
      .describe(
        "name=value; = in a name is written %3D and % is written %25. One name several times: any of the values.",
      ),
    view: viewName.exactOptional(),
    pageSize: wholeNumberText(1).exactOptional().describe("How many items a vendor call should bring at most."),
    pageToken: z
      .string()
      .min(1)
      .max(LONGEST_PAGE_TOKEN)
      .exactOptional()
      .describe("Where to go on: nextPageToken of a page of the same query."),
    maxAgeMs: wholeNumberText(0)
      .exactOptional()
      .describe(
        "The oldest list that will do, in milliseconds; 0 asks the vendor now. Left out, it is what the provider or the kind advertises (`freshness.listMaxAgeMs` of both), live where neither does. Each account and region answers by itself; what is gone on with by a page token is live.",
      ),
  })
  .meta({ id: "ListQuery", description: "What to list." });

/** See {@link listQueryForm}: what it gives. */
export type ListQuery = z.infer<typeof listQueryForm>;

/** A part of a list that failed while the rest goes on. */
export const listProblemForm = z
  .object({
    provider: z.string(),
    partition: z.string(),
    account: z.string(),
    region: z.string(),
    error: errorForm,
  })
  .meta({ id: "ListProblem", description: "A part of a list that failed while the rest goes on." });

/** See {@link listProblemForm}. */
export type ListProblemForm = z.infer<typeof listProblemForm>;

const pageFields = {
  nextPageToken: z.string().min(1).exactOptional().describe("Goes on after this page; left out on the last one."),
  traceId: traceIdField,
  stats: callStatsForm.describe("Of the list so far."),
};

/** 200 of `GET /v1/resources` as `application/json`: one page. */
export const listPageForm = z
  .object({ items: z.array(resourceStateForm), problems: z.array(listProblemForm), ...pageFields })
  .meta({ id: "ListPage", description: "Some resources, and the parts that failed since the page before." });

/** See {@link listPageForm}. */
export type ListPageForm = z.infer<typeof listPageForm>;

/** What a stream says at the end of a page: of the items and problems before it. */
const pageLineForm = z.object({ page: z.object(pageFields) }).meta({ id: "PageLine" });

/**
 * A line of `GET /v1/resources` as `application/x-ndjson`: items and problems, after those of a page a `page`, and last `end` or `error`. A
 * stream without one of these was cut. A reader leaves aside what it does not know.
 */
export const listLineForm = z
  .union([
    z.object({ item: resourceStateForm }),
    z.object({ problem: listProblemForm }),
    pageLineForm,
    z.object({ end: z.object({ traceId: traceIdField, stats: callStatsForm }) }),
    z.object({ error: errorForm }),
  ])
  .meta({
    id: "ListLine",
    description: "A line of a list as a stream. The last one has end or error: a stream without either was cut.",
  });

/** See {@link listLineForm}. */
export type ListLineForm = z.infer<typeof listLineForm>;
