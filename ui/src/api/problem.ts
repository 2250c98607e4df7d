import { strings } from "./strings";

/** What went wrong with a request, in words a person can act on. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    readonly status: number | null = null,
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

/** No answer at all: the API is down, restarting, or the page lost its way to it. */
export const UNREACHABLE = "unreachable";

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Reads an error body; a body of another shape still becomes a sentence. */
export function problemFrom(body: unknown, status: number | null): Problem {
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const error = text(fields["error"]);
  // The board says what is wrong in one sentence, where everybody else has a code.
  const sentence = error?.includes(" ") ? error : null;
  const code = (sentence ? null : error) ?? text(fields["reason_code"]) ?? (status ? `http_${status}` : UNREACHABLE);
  const message =
    text(fields["message"]) ??
    text(fields["reason"]) ??
    sentence ??
    (status === null ? strings.noAnswer : strings.failed(status, code));
  return new Problem(code, message, text(fields["hint"]), status, text(fields["field"]));
}

/** Whatever was thrown, as a `Problem`. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) return problemFrom(null, null);
  if (thrown instanceof Error) return new Problem("failed", thrown.message);
  if (typeof thrown === "string") return new Problem("failed", thrown);
  return problemFrom(thrown, null);
}

/** Trying again cannot help these; anything else may be a restart in progress. */
export function isFinal(thrown: unknown): boolean {
  const { status } = asProblem(thrown);
  return status !== null && status < 500 && status !== 429;
}
