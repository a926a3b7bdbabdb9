/** Names of vendors' accounts. A ref takes no control characters in one. */
export const ACCOUNTS = [
  ...["a", "b", "a/b", "b/a", "a/", "a%2Fb", "a%252Fb", "a:b", "a,b", "a b", " a", "{a}", "%", '"', "-", "*"],
  // Composed and decomposed, and a sign that compatibility forms make the same of.
  ...["\u00e9", "e\u0301", "\u212b", "\u00c5"],
  ...["🤝", "\u202eab", "__proto__", "constructor", "undefined"],
] as const;

/** Names of credential roles, which may have any characters. */
export const ROLES = ["r", "a/r", "r/a", "r 1", "r%2Fa", "e\u0301", "\u00e9", "constructor", "r\u0000", "\n"] as const;

/** Ids of resources, the same in every account. */
export const IDS = [
  ...["1", "01", "1 1", "1 state", "a/b", "a%2Fb", "a:b", "{1}", '"', "%", "*", "-", " "],
  ...["\u00e9", "e\u0301", "🤝", "\u202e1", "__proto__", "constructor", "toString", "\\u0000"],
] as const;

/** Where a family of tenants' names begins: each is followed by a number, but for the first family of each. */
const stems = [
  ...["a", "t", "__proto__", "constructor", "hasOwnProperty", "null", "%", "%2", "{", "-", "*", "0"],
  ...["\u00e9", "e\u0301", "\u00df", "\ufb01", "\u05e9\u05dc", "\u202e", "👩‍👩‍👧"],
];

/** What is made of a name so that something might take it for the name, or for the name and what comes after it in a key. */
const likenesses: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `${name}/a`,
  (name) => `${name}/a/b`,
  (name) => `${name}/`,
  (name) => `${name}%2Fa`,
  (name) => `${name}%252Fa`,
  (name) => `${name}:a`,
  (name) => `${name},a`,
  (name) => `${name} a`,
  (name) => `${name} 1`,
  (name) => ` ${name}`,
  (name) => `{${name}}`,
  (name) => `"${name}"`,
  (name) => `${name}\n`,
  (name) => `${name}\u0000`,
  (name) => `${name}\u00e9`,
  (name) => `${name}e\u0301`,
  (name) => `${name}/a/r`,
  (name) => encodeURIComponent(name),
  (name) => name.toUpperCase(),
  (name) => name.normalize("NFKD"),
];

/** Tenants whose names are alike stand together. */
export function tenantFamilies(count: number): readonly (readonly string[])[] {
  const taken = new Set<string>();
  const families: string[][] = [];
  for (let number = 0; taken.size < count; number += 1) {
    const stem = stems[number % stems.length] ?? "";
    const name = number < stems.length ? stem : `${stem}${Math.floor(number / stems.length)}`;
    const family: string[] = [];
    for (const likeness of likenesses) {
      const like = likeness(name);
      if (taken.has(like) || taken.size === count) continue;
      taken.add(like);
      family.push(like);
    }
    if (family.length > 0) families.push(family);
  }
  return families;
}
