import { type ErrorDetails, KeywardError } from '../domain/errors.ts';

/** What can be wrong with a request before it says anything about keys. */
abstract class HttpError extends KeywardError {
  constructor(code: string, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(code, 'invalid', message, details, options);
  }
}

export class MalformedBody extends HttpError {
  constructor(cause: unknown) {
    super('MalformedBody', 'The body is not JSON in UTF-8. Send one JSON object.', {}, { cause });
  }
}

export class UnsupportedMediaType extends HttpError {
  constructor() {
    super('UnsupportedMediaType', 'Send the body as `Content-Type: application/json`.');
  }
}

export class BodyTooLarge extends HttpError {
  constructor(limit: number) {
    super('BodyTooLarge', `The body is larger than ${limit} bytes. Send less.`);
  }
}

export class MethodNotAllowed extends HttpError {
  constructor(allow: readonly string[]) {
    super('MethodNotAllowed', `This path takes ${allow.join(', ')}.`, { allow: allow.join(', ') });
  }
}
