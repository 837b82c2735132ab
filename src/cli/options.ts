import { z } from "zod";
import { UsageError } from "../errors.ts";
import { milliseconds, type Duration } from "../workload/duration.ts";

/**
 * Options of the command line, checked: yargs turns `--seed abc` into NaN without a word, so it hands
 * over the words as they were typed and they are read here.
 *
 * @throws UsageError that names every option that is wrong
 */
export function checkOptions<T>(schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(complaint).join("; "));
}

/** A whole number as typed, from `min` to `max`. */
export function wholeNumber(min: number, max = 999_999_999) {
  return z
    .string({ error: "is given more than once" })
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: ({ input }) => `must be a whole number from ${min} to ${max}, not "${String(input)}"`,
    })
    .transform(Number);
}

/** What Kubernetes itself is tested with. */
export const mostNodes = 5000;

/** A number of seconds as typed: `104.25`. */
export const seconds = z
  .string({ error: "is given more than once" })
  .refine((text) => /^\d+(\.\d+)?$/.test(text), {
    error: ({ input }) => `must be a number of seconds, not "${String(input)}"`,
  })
  .transform(Number);

/** Text that is not empty, given once. */
export const word = z.string({ error: "is given more than once" }).min(1, "must not be empty");

/** A length of time as typed, `90s` or `30min`, in milliseconds. */
export const duration = word.transform((text, context) => {
  try {
    return milliseconds(text as Duration);
  } catch {
    context.addIssue(`must be a length of time, as in 30min, not "${text}"`);
    return z.NEVER;
  }
});

function complaint({ path, message }: z.core.$ZodIssue): string {
  return `--${path.join(".")} ${message}`;
}
