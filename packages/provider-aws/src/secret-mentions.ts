/** Shorter than any key of AWS's: what is as short as this stands in a text by chance. */
const SHORTEST = 8;

/** Whether one of `secrets` stands in `text`: as it is, without regard to case, or as programs write what they quote. */
export function mentionsSecret(text: string, secrets: readonly string[]): boolean {
  const folded = text.toLowerCase();
  return secrets.some(
    (secret) => secret.length >= SHORTEST && formsOf(secret).some((form) => folded.includes(form.toLowerCase())),
  );
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toString("hex"),
    ...[0, 1, 2].flatMap((offset) => base64Within(bytes, offset)),
  ];
}

/** The part of a base64 text that these bytes alone decide, where they begin at `offset` of a group of three; in both alphabets. */
function base64Within(bytes: Buffer, offset: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  const inner = encoded.slice(from, to);
  return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
}
