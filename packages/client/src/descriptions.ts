import {
  background,
  CloudLinkError,
  type Context,
  isKindName,
  type Kind,
  type KindSchema,
  quote,
} from "@cloudlink/core";
import { checkContext } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { FormError, fieldsOf } from "./read/form.ts";
import { readKind, readKindSchema, readKinds } from "./read/kind.ts";
import { readProviders } from "./read/provider.ts";
import { paths } from "./wire/protocol.ts";
import type { ProviderDescription } from "./wire/provider.ts";

/** See `Client.kinds`. */
export async function kinds(connection: Connection, ctx: Context): Promise<readonly Kind[]> {
  checkContext("kinds", ctx);
  return await exchange(connection, ctx, {
    subject: { operation: "kinds" },
    request: () => ({ path: paths.kinds }),
    read: (form) => Object.freeze(readKinds(form).map((each) => kindWithSchemaElsewhere(connection, each))),
  });
}

/** See `Client.kind`. */
export async function kind(connection: Connection, ctx: Context, name: string): Promise<Kind> {
  checkContext("kind", ctx);
  return await exchange(connection, ctx, {
    subject: { operation: "kinds" },
    request: () => ({ path: kindPath(name) }),
    read(form) {
      const schema = schemaOf(form, name);
      return readKind(form, async () => schema);
    },
  });
}

/** See `Client.providers`. */
export async function providers(connection: Connection, ctx: Context): Promise<readonly ProviderDescription[]> {
  checkContext("providers", ctx);
  return await exchange(connection, ctx, {
    subject: { operation: "providers" },
    request: () => ({ path: paths.providers }),
    read: readProviders,
  });
}

/** A kind that asks the server for its schema, once. */
function kindWithSchemaElsewhere(connection: Connection, form: unknown): Kind {
  let loading: Promise<KindSchema> | undefined;
  const made = readKind(form, () => {
    loading ??= loadSchema(connection, made.name);
    // One that failed is asked for again.
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  });
  return made;
}

async function loadSchema(connection: Connection, name: string): Promise<KindSchema> {
  return await exchange(connection, background(), {
    subject: { operation: "kinds" },
    request: () => ({ path: kindPath(name) }),
    read: (form) => schemaOf(form, name),
  });
}

/** The schema of the kind of that name. */
function schemaOf(form: unknown, name: string): KindSchema {
  const fields = fieldsOf(form);
  if (fields.name !== name) throw new FormError("the kind that was asked for");
  return readKindSchema(fields.schema);
}

/** @throws `invalid_argument` (`ErrUnknownKind`) for what cannot name one: of such a path, a URL might make another. */
function kindPath(name: string): string {
  if (isKindName(name)) return `${paths.kinds}/${name}`;
  throw new CloudLinkError({
    reason: "ErrUnknownKind",
    message: `There is no kind ${quote(name)}. A kind is a group and a name, such as compute.VirtualMachine.`,
    origin: "caller",
  });
}
