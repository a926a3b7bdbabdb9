import type { Kind, Lease, Provider, Ref, Scope } from "@cloudlink/core";

/** A resource that is there for as long as the suite runs, and does not change. */
export interface PresentResource {
  readonly ref: Ref;
  /** What is known of its value: each property given here is in it, with this value. */
  readonly value: object;
}

/** A place where resources are, and the right to look there. */
export interface Place {
  readonly scope: Scope;
  /** Asked for before each case. */
  lease(): Lease | Promise<Lease>;
  /** Three at least. All of one scope; there may be more than these. */
  readonly present: readonly PresentResource[];
}

/** Something that is wrong on the vendor's side, until it is disposed of. */
export interface VendorFault extends AsyncDisposable {
  /** What calls have to be made with to meet it, where it is one of credentials. */
  readonly lease?: Lease;
  /** How long the vendor asks to wait, in milliseconds, where it says so: a throttle. */
  readonly afterMs?: number;
}

/** A vendor that takes requests and does not answer them yet. */
export interface HeldVendor extends AsyncDisposable {
  /** Settles when the first request has reached the vendor. */
  readonly arrived: Promise<unknown>;
  /** Settles when the client of a held request has gone away, where the vendor's side can see it. */
  readonly clientGone?: Promise<unknown>;
  /** Lets it answer, those that it holds and those to come. */
  release(): void | Promise<void>;
}

/** Ways to make the vendor misbehave. What a harness leaves out it names in `without`, with the reason. */
export interface VendorFaults {
  hold?(): Promise<HeldVendor>;
  /** Every request is refused because there were too many. */
  throttle?(): Promise<VendorFault>;
  /** The credentials are good, and not allowed to do this. */
  denied?(): Promise<VendorFault>;
  /** The credentials were good once. */
  expired?(): Promise<VendorFault>;
  /** The vendor does not know the credentials. */
  unknownKeys?(): Promise<VendorFault>;
  /** Answers of success with a body that cannot be decoded. */
  brokenBody?(): Promise<VendorFault>;
  /** The connection ends in the middle of an answer. */
  cut?(): Promise<VendorFault>;
  /** The vendor says that it has a fault of its own. */
  serverError?(): Promise<VendorFault>;
  /** The vendor does as it is asked, and not a byte of its answer arrives. */
  answerLost?(): Promise<VendorFault>;
  /** The connection ends before the vendor does anything, and without an answer. */
  cutBefore?(): Promise<VendorFault>;
  /** An error of the vendor's whose text has these secrets in it. */
  echoedSecret?(secrets: readonly string[]): Promise<VendorFault>;
}

/** An action on a resource. */
export interface ActionOn {
  readonly ref: Ref;
  readonly action: string;
}

/** What the cases of actions act upon, and what the vendor knows of it. None of it is among what is `present`. */
export interface ActionGround {
  /** A resource on which the action is possible and would change something; another one each time. */
  target(action: string): Promise<Ref>;
  /** A resource in whose state the action is not possible; `undefined` for an action that is possible in every one. */
  wrongState?(action: string): Promise<Ref | undefined>;
  /** How often the vendor has carried the action out on the resource, whether anybody was told or not. */
  carriedOut(on: ActionOn): number | Promise<number>;
  /** Lets so much of the vendor's time pass: a stand-in turns its clock on, for a real vendor one waits. */
  wait(ms: number): Promise<void>;
}

/** What the suite needs to know, and to be able to do, to check one provider against one vendor. */
export interface Harness extends Place {
  /** A provider as a user would make it. Each case makes its own, and closes it. */
  createProvider(): Provider;
  /** The kind that is checked; one suite for each that the provider has. */
  readonly kind: Kind;
  /** Two at least: ids that the vendor could have issued, and that are not there. */
  readonly absent: readonly Ref[];
  /** Ids that the vendor could not have issued. */
  readonly malformed?: readonly Ref[];
  /** A page size that makes at least three pages of what is there. */
  readonly pageSize: number;
  /** Another account, or another place that the credentials of the first say nothing about. */
  readonly otherPlace?: Place;
  /** How many requests have reached the vendor so far. */
  vendorRequests?(): number | Promise<number>;
  /** `true` for a provider that reads another clock than its context's, because it runs in another process. */
  readonly ownClock?: boolean;
  /** Where the provider has actions. */
  readonly actions?: ActionGround;
  readonly faults: VendorFaults;
  /** Called once, after the last case. */
  close?(): Promise<void>;
}
