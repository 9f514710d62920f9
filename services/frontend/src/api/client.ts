import createClient, { type FetchResponse } from "openapi-fetch";
import { t } from "@/messages";
import type { ErrorBody, paths } from "./schema";

/** The page and the API have one origin. */
export const api = createClient<paths>({ fetch: (request) => globalThis.fetch(request) });

/** What the API answered instead of data; `status` is 0 where it could not be reached at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly field: string | null;

  constructor(
    readonly status: number,
    body: Partial<ErrorBody>,
    /** How long to wait before asking again, where the API says so. */
    readonly retryAfterS: number | null = null,
  ) {
    super(body.message || t("api.answered", { status: String(status) }));
    this.name = "ApiError";
    this.code = body.code ?? `http_${status}`;
    this.hint = body.hint ?? "";
    this.field = body.field ?? null;
  }

  get unreachable() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Any thrown thing as an ApiError, so that every failure has a message and a hint to show. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, {
    code: "unreachable",
    message: t("api.unreachable.message"),
    hint: t("api.unreachable.hint"),
  });
}

/** The body of a response. Throws: ApiError. */
export async function unwrap<T extends Record<string | number, unknown>, O, M extends `${string}/${string}`>(
  pending: Promise<FetchResponse<T, O, M>>,
) {
  const { data, error, response } = await pending.catch((cause: unknown) => {
    throw asApiError(cause);
  });
  if (!response.ok) {
    const wait = Number(response.headers.get("retry-after"));
    throw new ApiError(response.status, isErrorBody(error) ? error : {}, wait || null);
  }
  return data as Exclude<typeof data, undefined>;
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}
