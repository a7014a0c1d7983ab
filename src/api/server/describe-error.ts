import { GantryError } from '../../base/index.ts';

/** Of a part of a path. */
export const longestName = 300;

/** Any error that the server or a handler threw, as one of the catalogue. */
export function describeError(thrown: unknown, limitBytes: number): GantryError {
  if (thrown instanceof GantryError) return thrown;
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string };
  const cause = { cause: thrown };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new GantryError('API_MEDIA_TYPE', {}, cause);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new GantryError('API_BODY_TOO_LARGE', { limit: limitBytes }, cause);
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return new GantryError('API_PATH_TOO_LONG', { limit: longestName }, cause);
  if (code === 'FST_ERR_BAD_URL') return new GantryError('API_REQUEST_INVALID', { problem: 'The path is not well encoded' }, cause);
  if (code === 'FST_ERR_HANDLER_TIMEOUT') return new GantryError('API_HANDLER_TIMED_OUT', {}, cause);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new GantryError('API_REQUEST_INVALID', { problem: message ?? 'it cannot be read' }, cause);
  }
  return GantryError.from(thrown);
}
