import { escapeXml } from "../format.ts";

/** Markup that is safe to put into a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Content = Markup | string | number | false | null | undefined | Content[];

/** A template whose values are escaped, unless they are markup themselves; nothing is left for false, null and undefined. */
export function html(literals: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(literals.map((literal, index) => literal + textOf(values[index])).join(""));
}

function textOf(value: Content): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (value === false || value === null || value === undefined) return "";
  return escapeXml(String(value));
}
