/** An error answer of the vendor: what goes out as XML, with AWS's own code and wording. */
export class VendorError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "VendorError";
    this.status = status;
    this.code = code;
  }
}
