import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { SandboxClock } from "./clock.ts";
import { partitionOf } from "./instance.ts";
import { hexOf } from "./random.ts";
import type { Service } from "./service.ts";
import { notValidated, readAuthorization, SignatureCheck } from "./signature-check.ts";
import type { HttpRequest } from "./sigv4.ts";
import { VendorError } from "./vendor-error.ts";

/** A long-lived key of an IAM user. */
export interface AccessKeySettings {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName?: string;
  /** Actions this user may not call: `ec2:DescribeInstances`, `ec2:*` or `*`. */
  readonly denied?: readonly string[];
}

/** A role that keys and sessions of any sandbox account may assume. */
export interface RoleSettings {
  readonly name: string;
  /** When given, AssumeRole without exactly this `ExternalId` is refused. */
  readonly externalId?: string;
  readonly denied?: readonly string[];
  /** Longest session, seconds. Default 3,600, as IAM's. */
  readonly maxSessionSeconds?: number;
}

/** An account with what opens it. */
export interface AccountSettings {
  /** Twelve digits. */
  readonly id: string;
  readonly accessKeys?: readonly AccessKeySettings[];
  readonly roles?: readonly RoleSettings[];
}

/** Keys as AWS SDKs take them. */
export interface SandboxCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who a request comes from, once its key is known. */
export interface Caller {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly arn: string;
  readonly userId: string;
  readonly denied: readonly string[];
  /** Whether these are a role's temporary credentials: STS limits their sessions to an hour. */
  readonly isSession: boolean;
}

/** A request with the headers that say who signed it and when. */
export interface SignedRequest extends HttpRequest {
  readonly headers: IncomingHttpHeaders;
}

interface Identity {
  readonly account: string;
  readonly name: string;
  readonly userId: string;
  readonly denied: readonly string[];
  readonly secretAccessKey: string;
  readonly session?: { readonly token: string; readonly expiresAtMs: number; readonly name: string };
}

/** The keys the sandbox honours, permanent and issued. */
export class CredentialStore {
  readonly #clock: SandboxClock;
  /** The real SDKs sign with the time of the machine, wherever the sandbox's clock stands. */
  readonly #signatures = new SignatureCheck(() => Date.now());
  readonly #identities = new Map<string, Identity>();

  constructor(settings: { clock: SandboxClock; accounts: readonly AccountSettings[] }) {
    this.#clock = settings.clock;
    for (const { id, accessKeys = [] } of settings.accounts) {
      for (const { accessKeyId, secretAccessKey, userName = "cloudlink", denied = [] } of accessKeys) {
        const userId = `AIDA${hexOf(`${id}/${userName}`, 17).toUpperCase()}`;
        this.#identities.set(accessKeyId, { account: id, name: userName, userId, denied, secretAccessKey });
      }
    }
  }

  /** Makes the temporary credentials of a role's session; they expire on the sandbox's clock. */
  issue(session: { account: string; role: RoleSettings; sessionName: string; durationSeconds: number }): {
    readonly credentials: Required<SandboxCredentials>;
    readonly expiresAtMs: number;
    readonly userId: string;
  } {
    const { account, role, sessionName, durationSeconds } = session;
    const expiresAtMs = this.#clock.now() + durationSeconds * 1000;
    const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
    const secretAccessKey = randomBytes(30).toString("base64");
    const sessionToken = `IQoJ${randomBytes(192).toString("base64")}`;
    const userId = `AROA${hexOf(`${account}/role/${role.name}`, 17).toUpperCase()}`;
    this.#identities.set(accessKeyId, {
      account,
      name: role.name,
      userId,
      denied: role.denied ?? [],
      secretAccessKey,
      session: { token: sessionToken, expiresAtMs, name: sessionName },
    });
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, expiresAtMs, userId };
  }

  /** From now on the key is unknown, as after an IAM key was deactivated. False when it was unknown already. */
  revoke(accessKeyId: string): boolean {
    return this.#identities.delete(accessKeyId);
  }

  /**
   * Who signed this.
   *
   * @throws VendorError with the code EC2 or STS has for a missing, unknown or expired key, a signature that does not fit
   * it, and a time of signing too far from the machine's.
   */
  callerOf(request: SignedRequest, service: Service): Caller {
    const authorization = readAuthorization(request.headers.authorization);
    const { accessKeyId, scope } = authorization;
    if (scope.service !== service) {
      const message = `Credential should be scoped to correct service: '${service}'. `;
      throw new VendorError(403, "SignatureDoesNotMatch", message);
    }
    const identity = this.#identities.get(accessKeyId);
    const token = request.headers["x-amz-security-token"];
    if (identity === undefined || identity.session?.token !== token) throw unknownKey(service);
    this.#signatures.verify(request, { authorization, secretAccessKey: identity.secretAccessKey, service });
    if (identity.session !== undefined && this.#clock.now() >= identity.session.expiresAtMs) throw expired(service);
    return callerFrom(identity, scope.region);
  }
}

function callerFrom({ account, name, userId, denied, session }: Identity, region: string): Caller {
  const partition = partitionOf(region);
  return session === undefined
    ? {
        account,
        region,
        partition,
        userId,
        denied,
        isSession: false,
        arn: `arn:${partition}:iam::${account}:user/${name}`,
      }
    : {
        account,
        region,
        partition,
        userId: `${userId}:${session.name}`,
        denied,
        isSession: true,
        arn: `arn:${partition}:sts::${account}:assumed-role/${name}/${session.name}`,
      };
}

/** Whether a list of denied actions covers this one. */
export function isDenied(denied: readonly string[], action: string): boolean {
  return denied.some((entry) => entry === action || entry === "*" || entry === `${action.split(":")[0]}:*`);
}

function unknownKey(service: Service): VendorError {
  return service === "ec2"
    ? notValidated()
    : new VendorError(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
}

function expired(service: Service): VendorError {
  return service === "ec2"
    ? new VendorError(400, "RequestExpired", "Request has expired.")
    : new VendorError(403, "ExpiredToken", "The security token included in the request is expired");
}

/** The secret of every key of {@link defaultAccounts}: it opens nothing but the process that has it. */
const DEFAULT_SECRET = "not-a-secret";

/** The accounts of a sandbox that was told none: three, each with a working key, one of them with a key that may do nothing. */
export function defaultAccounts(): AccountSettings[] {
  return ["111111111111", "222222222222", "333333333333"].map((id, index) => ({
    id,
    accessKeys: [
      { accessKeyId: `AKIA${id}DEMO`, secretAccessKey: DEFAULT_SECRET, userName: "cloudlink" },
      ...(index === 0
        ? [
            {
              accessKeyId: `AKIA${id}DENY`,
              secretAccessKey: DEFAULT_SECRET,
              userName: "intern",
              denied: ["*"],
            },
          ]
        : []),
    ],
    roles: [
      index === 2
        ? { name: "cloudlink-read", externalId: `external-${id}`, maxSessionSeconds: 43_200 }
        : { name: "cloudlink-read", maxSessionSeconds: 43_200 },
    ],
  }));
}
