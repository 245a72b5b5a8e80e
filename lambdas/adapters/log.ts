import { Logger } from '@aws-lambda-powertools/logger';

/** Structured log lines. Every line has a stable `code`; ids and counts only, never material, tokens or bodies. */
export const log = new Logger({ serviceName: process.env.POWERTOOLS_SERVICE_NAME ?? 'keyward' });
