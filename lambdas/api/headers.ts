/** The headers of an event by lower-case name: gateways keep the case that the client wrote. */
export function headersOf(event: {
  readonly headers: Readonly<Record<string, string | undefined>> | null;
}): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(event.headers ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value] as const],
    ),
  );
}
