import { BlockList, isIP } from "node:net";
import { CloudLinkError, quote } from "@cloudlink/core";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine reaches an address. */
function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** @throws `invalid_argument` (`ErrInvalidSettings`) for an address that others reach too. A name is refused as well: it may come to mean another address. */
export function checkAddress(address: string): void {
  if (isLoopbackAddress(address)) return;
  throw new CloudLinkError({
    reason: "ErrInvalidSettings",
    message: `The server does not listen on ${quote(address)}: it has no authentication yet, and everybody who reaches it may use your accounts. Give 127.0.0.1 or ::1, and put what authenticates in front of it on this machine.`,
    origin: "caller",
  });
}

const hostForm = /^(?:localhost|(?<v4>\d{1,3}(?:\.\d{1,3}){3})|\[(?<v6>[0-9a-f:]+)\])(?::\d{1,5})?$/i;

/**
 * Whether a `Host` names this machine by a name that nobody else can give it. A web page's own name can be made to resolve to 127.0.0.1 after the
 * page was loaded (DNS rebinding): its requests would be same-origin for the browser, and its answers readable. They carry the page's name.
 */
export function isLoopbackHost(host: string): boolean {
  const match = hostForm.exec(host);
  if (match === null) return false;
  const address = match.groups?.v4 ?? match.groups?.v6;
  return address === undefined || isLoopbackAddress(address);
}
