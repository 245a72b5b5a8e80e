/** What a route answers: `body` becomes JSON. */
export interface Answer {
  readonly status: 200 | 202;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
