/** The name of the error that a call is refused with, or what it resolves to. */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: Error) => error.name);
}
