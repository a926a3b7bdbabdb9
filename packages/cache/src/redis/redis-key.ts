/** What a key is made of. */
export interface RedisKeyParts {
  /** What all keys begin with; `cloudlink` if left out. */
  readonly prefix: string | undefined;
  readonly parts: readonly string[];
}

/**
 * A key that names `parts` and nothing else, whatever is in them: each is percent-encoded, so that no colon or brace comes out of one.
 * They stand in a hash tag: all that a Cluster keeps of one name is in one slot.
 *
 * @param kind - what it is, with the version of its form: software that writes another form must not read this one.
 */
export function redisKey(kind: string, { prefix = "cloudlink", parts }: RedisKeyParts): string {
  return `${prefix}:${kind}:{${parts.map(encoded).join(":")}}`;
}

function encoded(part: string): string {
  return part.replace(/[^A-Za-z0-9._~-]/gu, (character) =>
    // Half a surrogate pair has no UTF-8. As %u… it is like nothing that encodeURIComponent makes.
    character.isWellFormed() ? encodeURIComponent(character) : `%u${character.charCodeAt(0).toString(16)}`,
  );
}
