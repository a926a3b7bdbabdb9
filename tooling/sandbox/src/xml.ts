/** XML as AWS writes it: entities for the five markup characters, numeric references for what XML 1.0 text may not hold bare. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text made safe between two tags. Carriage return, line feed and tab become references, or a parser would normalise them. */
export function escapeXml(text: string): string {
  return /[&<>"'\r\n\t]/.test(text)
    ? text.replace(/[&<>"'\r\n\t]/g, (c) => ENTITIES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`)
    : text;
}

/** `<name>text</name>`, `<name/>` for an empty text, and nothing at all when there is no value. */
export function element(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  return value === "" ? `<${name}/>` : `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** A timestamp as EC2 and STS write it: UTC, milliseconds, `Z`. */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The whitespace of the real service: one element per line, four spaces per level. */
export function indentXml(xml: string): string {
  let depth = 0;
  return xml.replace(
    /<(\/?)([^<>]*?)(\/?)>(?:([^<]+)<\/\2>)?/g,
    (tag, closing: string, _name, empty: string, text?: string) => {
      if (tag.startsWith("<?")) return `${tag}\n`;
      if (closing !== "") depth -= 1;
      const line = `${"    ".repeat(depth)}${tag}\n`;
      if (closing === "" && empty === "" && text === undefined) depth += 1;
      return line;
    },
  );
}
