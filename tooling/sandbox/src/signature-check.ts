import { createHash, type KeyObject } from "node:crypto";
import type { Service } from "./service.ts";
import { ALGORITHM, type HttpRequest, type SigningScope, signatureOf, signingKeyOf } from "./sigv4.ts";
import { VendorError } from "./vendor-error.ts";

/**
 * How far the request's time may be from the machine's. "In most cases, a request must reach AWS within five minutes of the
 * time stamp in the request" (IAM User Guide, "AWS Signature Version 4 for API requests").
 */
const MAX_SKEW_MINUTES = 5;

/** What an Authorization header says. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly scope: SigningScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * Reads an Authorization header.
 *
 * @throws VendorError MissingAuthenticationToken without one, IncompleteSignature for one that lacks a part.
 */
export function readAuthorization(header: string | undefined): Authorization {
  if (header === undefined) {
    throw new VendorError(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  if (!header.startsWith(ALGORITHM))
    throw incomplete(header, `Unsupported AWS 'algorithm' (only ${ALGORITHM} for now).`);
  const credential = /\bCredential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(header);
  const [, accessKeyId, date, region, service] = credential ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) {
    throw incomplete(header, "Authorization header requires 'Credential' parameter.");
  }
  const [, signedHeaders] = /\bSignedHeaders=([^,\s]+)/.exec(header) ?? [];
  if (signedHeaders === undefined) throw incomplete(header, "Authorization header requires 'SignedHeaders' parameter.");
  const [, signature] = /\bSignature=([^,\s]+)/.exec(header) ?? [];
  if (signature === undefined) throw incomplete(header, "Authorization header requires 'Signature' parameter.");
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: signedHeaders.toLowerCase().split(";"),
    signature,
  };
}

/** Signing keys by secret and scope: four HMACs saved on every request but the first of a day. */
export class SignatureCheck {
  readonly #nowMs: () => number;
  readonly #keys = new Map<string, KeyObject>();

  /** @param nowMs - the machine's time, whatever clock the sandbox's instances live on. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Verifies a signature against the secret that its key should have been signed with.
   *
   * @throws VendorError as the service answers: for EC2 AuthFailure, or RequestExpired when the time is off; for STS
   * SignatureDoesNotMatch with what is wrong.
   */
  verify(
    request: HttpRequest & { readonly headers: RequestTimes },
    on: { readonly authorization: Authorization; readonly secretAccessKey: string; readonly service: Service },
  ): void {
    const { authorization, secretAccessKey, service } = on;
    const { scope, signedHeaders, signature } = authorization;
    const amzDate = readAmzDate(request.headers);
    this.#checkTime(amzDate, service);
    if (!signedHeaders.includes("host")) {
      throw mismatch(service, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    const day = amzDate.slice(0, 8);
    if (scope.date !== day) {
      const message = `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${day}', from '${amzDate}'.`;
      throw mismatch(service, message);
    }
    const key = this.#keyOf(secretAccessKey, scope);
    if (signatureOf(request, { key, scope, amzDate, signedHeaders }) === signature) return;
    const message =
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    throw mismatch(service, message);
  }

  #checkTime(amzDate: string, service: Service): void {
    const nowMs = this.#nowMs();
    const skewMs = MAX_SKEW_MINUTES * 60_000;
    const requestMs = epochMsOf(amzDate);
    if (Math.abs(nowMs - requestMs) <= skewMs) return;
    if (service === "ec2") throw new VendorError(400, "RequestExpired", "Request has expired.");
    const bound = amzDateOf(requestMs < nowMs ? nowMs - skewMs : nowMs + skewMs);
    const now = amzDateOf(nowMs);
    throw mismatch(
      service,
      requestMs < nowMs
        ? `Signature expired: ${amzDate} is now earlier than ${bound} (${now} - ${MAX_SKEW_MINUTES} min.)`
        : `Signature not yet current: ${amzDate} is still later than ${bound} (${now} + ${MAX_SKEW_MINUTES} min.)`,
    );
  }

  #keyOf(secretAccessKey: string, scope: SigningScope): KeyObject {
    const name = `${scope.date}/${scope.region}/${scope.service}/${secretAccessKey}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      // Regions and days come from the caller: the cache is bounded, and refills at the cost of a few hashes.
      if (this.#keys.size >= 1000) this.#keys.clear();
      key = signingKeyOf(secretAccessKey, scope);
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** The headers that say when a request was made. */
interface RequestTimes {
  readonly "x-amz-date"?: string | string[] | undefined;
  readonly date?: string | undefined;
}

function readAmzDate(headers: RequestTimes): string {
  const { "x-amz-date": amzDate, date } = headers;
  if (typeof amzDate === "string" && /^\d{8}T\d{6}Z$/.test(amzDate)) return amzDate;
  const epochMs = amzDate === undefined && date !== undefined ? Date.parse(date) : Number.NaN;
  if (!Number.isNaN(epochMs)) return amzDateOf(epochMs);
  const message =
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, in ISO-8601 basic or RFC 1123 form.";
  throw new VendorError(400, "IncompleteSignature", message);
}

/** `YYYYMMDDThhmmssZ`. */
export function amzDateOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[:-]/g, "")}Z`;
}

function epochMsOf(amzDate: string): number {
  const at = (from: number, to: number) => Number(amzDate.slice(from, to));
  return Date.UTC(at(0, 4), at(4, 6) - 1, at(6, 8), at(9, 11), at(11, 13), at(13, 15));
}

/** EC2 says the same of every signature that it cannot make anything of; STS says what is wrong. */
function mismatch(service: Service, message: string): VendorError {
  return service === "ec2" ? notValidated() : new VendorError(403, "SignatureDoesNotMatch", message);
}

/** EC2's answer to credentials that are unknown or do not fit. */
export function notValidated(): VendorError {
  return new VendorError(401, "AuthFailure", "AWS was not able to validate the provided access credentials");
}

/** AWS repeats the header here; the sandbox repeats a digest, so that nothing a client sent by mistake comes back. */
function incomplete(header: string, problem: string): VendorError {
  const digest = createHash("sha256").update(header).digest("base64");
  const message = `${problem} (Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`;
  return new VendorError(400, "IncompleteSignature", message);
}
