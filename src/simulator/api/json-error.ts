/** Why a text is no JSON, in the words of Go's decoder; `undefined` where it is. */
export function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    const character = position === undefined ? /^Unexpected token '(.)'/s.exec(message)?.[1] : text[Number(position)];
    if (character === undefined) return "unexpected end of JSON input";
    const expected = /^Expected (double-quoted )?property name/.test(message) ? "object key string" : "value";
    return `invalid character ${quoted(character)} looking for beginning of ${expected}`;
  }
}

/** A character as Go's decoder quotes it. */
function quoted(character: string): string {
  const code = character.codePointAt(0)!;
  return code >= 0x20 && code < 0x7f ? `'${character}'` : `'\\u${code.toString(16).padStart(4, "0")}'`;
}
