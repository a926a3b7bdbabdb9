/**
 * EC2's wildcards: "An asterisk (*) matches zero or more characters, and a question mark (?) matches zero or one
 * character"; a backslash takes the meaning away; case matters (EC2 user guide, "List and filter your resources").
 *
 * Built as a set of positions that advances character by character: linear in pattern × text for any input.
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const steps = parse(pattern);
  return (text) => {
    let positions = withoutInput(steps, new Set([0]));
    for (const character of text) {
      const next = new Set<number>();
      for (const position of positions) {
        const step = steps[position];
        if (step === undefined) continue;
        if (step.kind === "any") next.add(position);
        else if (step.kind === "optional" || step.character === character) next.add(position + 1);
      }
      if (next.size === 0) return false;
      positions = withoutInput(steps, next);
    }
    return positions.has(steps.length);
  };
}

/** Whether a filter value is more than a literal. */
export function hasWildcard(pattern: string): boolean {
  return /[*?\\]/.test(pattern);
}

type Step =
  | { readonly kind: "any" }
  | { readonly kind: "optional" }
  | { readonly kind: "one"; readonly character: string };

function parse(pattern: string): Step[] {
  const steps: Step[] = [];
  let escaped = false;
  for (const character of pattern) {
    if (!escaped && character === "\\") escaped = true;
    else {
      if (!escaped && character === "*") steps.push({ kind: "any" });
      else if (!escaped && character === "?") steps.push({ kind: "optional" });
      else steps.push({ kind: "one", character });
      escaped = false;
    }
  }
  if (escaped) steps.push({ kind: "one", character: "\\" });
  return steps;
}

function withoutInput(steps: readonly Step[], positions: Set<number>): Set<number> {
  for (const position of positions) {
    const kind = steps[position]?.kind;
    if (kind === "any" || kind === "optional") positions.add(position + 1);
  }
  return positions;
}
